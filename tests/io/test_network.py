import contextlib
import http.server
import io
import socket
import ssl
import threading
import time

import pytest
import trustme

from mlsec_nb.core import CannotRead
from mlsec_nb.io.network import _Redirects, get


class Answers(http.server.BaseHTTPRequestHandler):
    seen: list = []

    def do_GET(self):
        self.seen.append(
            (self.command, self.path, dict(self.headers), self.rfile.read(int(self.headers.get("Content-Length", 0))))
        )
        where = self.path
        if where.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", where[4:])
            self.end_headers()
            return
        if where == "/slow":
            time.sleep(0.5)
        self.send_response(404 if where == "/none" else 200)
        self.send_header("X-Thing", "yes")
        self.end_headers()
        body = b"x" * 5000 if where == "/long" else b"hello"
        if where == "/drip":
            for _ in range(8):
                self.wfile.write(b"x")
                time.sleep(0.1)
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Answers.seen = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def failed(url, **options):
    with pytest.raises(CannotRead) as caught:
        get(url, **{"offline": False} | options)
    return caught.value.code, str(caught.value)


def test_an_answer_whatever_its_status(server):
    answer = get(f"{server}/a?b=c", offline=False, headers={"X-Mine": "1"})
    assert (answer.status, answer.body, answer.headers["x-thing"], answer.url) == (
        200,
        b"hello",
        "yes",
        f"{server}/a?b=c",
    )
    assert Answers.seen[0][2]["X-Mine"] == "1"
    assert Answers.seen[0][2]["User-Agent"].startswith("mlsec/")
    assert get(f"{server}/none", offline=False).status == 404
    assert get(f"{server}/p", offline=False, method="POST", body=b"data").status == 200
    assert Answers.seen[-1][0] == "POST"
    assert Answers.seen[-1][3] == b"data"


def test_offline_asks_nobody(server):
    assert failed(f"{server}/a", offline=True) == ("offline", "127.0.0.1 is on the network, and this run is offline")
    assert not Answers.seen


def test_only_http(server):
    for url in ("file:///etc/passwd", "ftp://host/x", "data:,x", "http://", "nonsense", "https:///x"):
        assert failed(url)[0] == "unsupported"
    for target in ("file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"):
        code, reason = failed(f"{server}/to/{target}")
        assert code == "unreadable"
        assert "redirects" in reason


def test_redirects(server):
    assert get(f"{server}/to//a", offline=False, headers={"Authorization": "Bearer x"}).body == b"hello"
    assert Answers.seen[-1][2]["Authorization"] == "Bearer x"
    other = server.replace("127.0.0.1", "localhost")
    get(f"{server}/to/{other}/a", offline=False, headers={"Authorization": "Bearer x", "X-Mine": "1"})
    assert "Authorization" not in Answers.seen[-1][2]
    assert Answers.seen[-1][2]["X-Mine"] == "1"
    code, reason = failed(f"{server}/to//to//to//to//to//to//to//to//to//a")
    assert "too often" in reason


def test_never_down_from_https():
    from urllib.request import Request

    with pytest.raises(OSError, match="redirects from https to http"):
        _Redirects().redirect_request(Request("https://a/"), io.BytesIO(), 302, "", {}, "http://a/")


def test_too_much_and_too_slow(server):
    assert failed(f"{server}/long", limit=4999)[0] == "too-big"
    assert get(f"{server}/long", offline=False, limit=5000).body == b"x" * 5000
    assert failed(f"{server}/slow", timeout=0.2)[0] == "timeout"
    assert failed(f"{server}/drip", timeout=0.3)[0] == "timeout"


def test_a_server_that_is_not_there_and_nothing_of_the_address_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, reason = failed(f"http://user:s3cr3t@127.0.0.1:{port}/?key=s3cr3t", timeout=2)
    assert code == "unreadable"
    assert reason.startswith("127.0.0.1 cannot be reached: ")
    assert "s3cr3t" not in reason
    assert "s3cr3t" not in failed(f"http://127.0.0.1:{port}/a b s3cr3t")[1]
    assert failed("http://[::1/")[0] == "unsupported"


def test_nonsense_instead_of_http():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def answer():
            talking, _ = listening.accept()
            with talking:
                talking.recv(1000)
                talking.sendall(b"SSH-2.0-x\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert (
            "cannot be reached: BadStatusLine"
            in failed(f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout=2)[1]
        )
        thread.join()


def test_a_server_that_drips_its_headers_does_not_hold_us():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def drip():
            talking, _ = listening.accept()
            with talking, contextlib.suppress(OSError):
                talking.sendall(b"HTTP/1.1 200 OK\r\n")
                for number in range(80):
                    talking.sendall(f"X-{number}: y\r\n".encode())
                    time.sleep(0.1)

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        assert failed(f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout=0.5)[0] == "timeout"
        assert time.monotonic() - began < 4
        thread.join()


def test_https_is_verified_and_watched(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as serving:
        serving.socket = context.wrap_socket(serving.socket, server_side=True)
        serving.handle_error = lambda *_: None
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        address = f"https://localhost:{serving.server_port}"
        assert "cannot be reached" in failed(f"{address}/a", timeout=5)[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
            assert get(f"{address}/a", offline=False, timeout=5).body == b"hello"
            assert failed(f"{address}/drip", timeout=0.4)[0] == "timeout"
        serving.shutdown()
        thread.join()


def test_the_proxy_of_the_environment_is_asked(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server)
    monkeypatch.setenv("no_proxy", "direct.invalid")
    assert get("http://some.invalid/x", offline=False).body == b"hello"
    assert Answers.seen[-1][1] == "http://some.invalid/x"
    assert failed("http://direct.invalid/x", timeout=2)[0] in {"unreadable", "timeout"}
