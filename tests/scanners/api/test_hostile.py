"""What is no server, or none that means well: the asking ends soon, with one clear word."""

import contextlib
import socket
import threading
import time

import pytest

from mlsec_nb.core import CannotRead, CannotScan


@contextlib.contextmanager
def listener(answer):
    """A server that answers each connection with what `answer(socket)` does."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)

        def serve():
            threads = []
            while not stop.is_set():
                try:
                    connected, _ = listening.accept()
                except TimeoutError:
                    continue
                threads.append(threading.Thread(target=one, args=(connected,)))
                threads[-1].start()
            for thread in threads:
                thread.join()

        def one(connected):
            with connected, contextlib.suppress(OSError):
                connected.settimeout(2)
                connected.recv(65536)
                answer(connected, stop)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


def told(ask, answer, **options):
    began = time.monotonic()
    with listener(answer) as url:
        with pytest.raises(CannotRead) as caught:
            ask(url, **{"timeout": 0.3, **options})
        assert time.monotonic() - began < 3
        return caught.value.code, str(caught.value)


def hang(connected, stop):
    stop.wait(5)


def drip(connected, stop):
    connected.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not stop.wait(0.05):
        connected.sendall(b"x")


def drip_headers(connected, stop):
    connected.sendall(b"HTTP/1.1 200 OK\r\n")
    while not stop.wait(0.05):
        connected.sendall(b"x")


def endless(connected, stop):
    connected.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not stop.is_set():
        connected.sendall(b"x" * 65536)


def endless_chunks(connected, stop):
    connected.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not stop.is_set():
        connected.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def circle(connected, stop):
    connected.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")


def elsewhere(connected, stop):
    connected.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://example.invalid/\r\nContent-Length: 0\r\n\r\n")


def ssh(connected, stop):
    connected.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")


def nothing(connected, stop):
    pass


def wrong_length(connected, stop):
    connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort")


def forever_100(connected, stop):
    while not stop.is_set():
        connected.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize(("answer", "code", "words"), [
    (hang, "timeout", "did not answer within 0.3 seconds"),
    (drip, "timeout", "does not end its answer"),
    (drip_headers, "timeout", "did not answer within"),
    (endless, "too-big", "answers without an end"),
    (endless_chunks, "too-big", "answers without an end"),
    (circle, "unsupported", "redirects in circles"),
    (elsewhere, "unsupported", "redirects to another address, which was not followed"),
    (ssh, "malformed", "does not answer in HTTP"),
    (nothing, "unreadable", "closed the connection without an answer"),
    (wrong_length, "timeout", "breaks off its answer"),
    (forever_100, "timeout", "did not answer within"),
])  # fmt: skip
def test_one_clear_word(ask, answer, code, words):
    found = told(ask, answer)
    assert found[0] == code
    assert words in found[1]


def test_a_server_that_hangs_later_is_left_soon(ask):
    counted = []

    def later(connected, stop):
        counted.append(1)
        if len(counted) > 4:
            stop.wait(3)
        connected.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    code, words = told(ask, later)
    assert "3 times in a row" in words
    assert len(counted) < 10


def test_nobody_listens(ask):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(CannotRead, match="cannot be reached"):
        ask(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(("url", "words"), [
    ("http://example.com", "say --i-own-this example.com"),
    ("http://0.0.0.0:80", "is not this machine"),
    ("http://169.254.169.254/latest", "is not this machine"),
    ("http://127.0.0.1.example.com", "is not this machine"),
    ("http://u:p@127.0.0.1/", "holds a user or password"),
    ("http:///x", "is no HTTP or HTTPS address"),
    ("http://127.0.0.1:99999/", "is no HTTP or HTTPS address"),
    ("http://[::1", "is no HTTP or HTTPS address"),
    ("http://127.0.0.1/a b", "is no HTTP or HTTPS address"),
])  # fmt: skip
def test_only_what_is_ours_is_asked(ask, url, words):
    with pytest.raises(CannotScan, match=words):
        ask(url)
