"""Exchanges that are asked exactly so, what TLS says, and the canary."""

import contextlib
import socket
import ssl
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from mlsec_nb.core import CannotRead
from mlsec_nb.io import exchanges
from mlsec_nb.io.canary import listening
from mlsec_nb.io.endpoints import Endpoint
from mlsec_nb.io.exchanges import Closed, exchange, is_loopback, tls


class Answers(BaseHTTPRequestHandler):
    seen: list = []

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, dict(self.headers), body))
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("X-Two", "a")
        self.send_header("X-Two", "b")
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    do_POST = do_MLSEC = do_GET

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(context=None):
    Answers.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http{'s' if context else ''}://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def server_context(authority, name="localhost"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_nothing_is_followed_and_nothing_is_lost():
    with serving() as url:
        answer = exchange(f"{url}/a?b=c", method="MLSEC", body=b"x", headers={"X-Mine": "1"})
    assert (answer.status, answer.body, answer.header("x-two"), answer.text) == (302, b"hello", "a, b", "hello")
    ((method, path, headers, body),) = Answers.seen
    assert (method, path, headers["X-Mine"], body) == ("MLSEC", "/a?b=c", "1", b"x")


def test_over_tls_whoever_answers():
    with serving(server_context(trustme.CA())) as url:
        assert exchange(f"{url}/").status == 302


def test_what_tls_says(monkeypatch):
    authority = trustme.CA()
    with serving(server_context(authority)) as url:
        facts = tls(url)
        assert facts.version == "TLSv1.3"
        assert "unable to get local issuer certificate" in facts.distrust or "self" in facts.distrust
        assert facts.old == ()
        made = ssl.create_default_context
        trusting = made()
        authority.configure_trust(trusting)
        contexts = iter([trusting])
        monkeypatch.setattr(exchanges.ssl, "create_default_context", lambda: next(contexts, None) or made())
        assert tls(url).distrust == ""


def test_old_tls_is_seen():
    context = server_context(trustme.CA())
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with serving(context) as url:
        facts = tls(url)
    assert set(facts.old) | set(facts.untried) == {"TLS 1", "TLS 1.1"}


def test_no_tls_at_all():
    with serving() as url, pytest.raises(CannotRead):
        tls(url.replace("http:", "https:"), timeout=2)
    with serving() as url, pytest.raises(CannotRead):
        exchange(url.replace("http:", "https:"), timeout=2)


def test_a_name_of_this_machine_must_lead_here(monkeypatch):
    class Elsewhere:
        def getpeername(self):
            return ("192.0.2.1", 80)

        def close(self):
            self.closed = True

    reached = Elsewhere()
    monkeypatch.setattr(exchanges.socket, "create_connection", lambda *_, **__: reached)
    with pytest.raises(CannotRead, match="does not lead to this machine"):
        exchange("http://localhost/")
    assert reached.closed


@pytest.mark.parametrize(("host", "is_here"), [
    ("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.1", False),
    ("localhost.example.com", False), ("", False), ("2130706433", False),
])  # fmt: skip
def test_this_machine(host, is_here):
    assert is_loopback(host) is is_here


def test_what_is_no_address():
    for url in ("ftp://localhost/", "http:///x"):
        with pytest.raises(CannotRead) as caught:
            exchange(url)
        assert caught.value.code == "unsupported"


def test_a_server_that_hangs_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close())  # noqa: PLW0108
        thread.start()
        with pytest.raises(Closed):
            exchange(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=2)
        thread.join()


def test_a_canary_knows_its_callers():
    with listening() as canary:
        assert not canary.called("a", 0.01)
        for url in (canary.url("b"), f"http://127.0.0.1:{canary.port}/other/a"):
            with contextlib.suppress(OSError) as _, contextlib.closing(opened(url)):
                pass
        assert canary.called("b", 0)
        assert not canary.called("a", 0.01)


def opened(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return opener.open(url, timeout=2)
    except urllib.error.HTTPError as error:
        return error


def test_an_address_has_nothing_to_read():
    content = Endpoint("http://127.0.0.1/")
    assert (content.size, content.local, content.read(9), content.open().read()) == (0, None, b"", b"")
