"""A server for programs of this machine: loopback only, bounded, one answer for one request.

A page in a browser can reach a loopback port too, and with a name that it makes resolve to 127.0.0.1 it can even read
the answer. So only requests for a loopback name are answered, and none that a page of another origin sends.
"""

import hmac
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mlsec_nb.core import UsageError

Answer = tuple[int, bytes]  # status, JSON text
Respond = Callable[[str, str, bytes], Answer]  # method, path, body
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
_REQUESTS = 16  # at the same time
_SECONDS = 30.0  # of silence


def server(respond: Respond, port: int, *, limit: int = 64 << 20, token: str | None = None) -> ThreadingHTTPServer:
    """A server on 127.0.0.1 (port 0: any free one); with a `token`, only who says it is answered."""
    places = threading.BoundedSemaphore(_REQUESTS)

    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS
        server_version = "mlsec"
        sys_version = ""
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            with places:
                status, body = self._checked()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def _checked(self) -> Answer:
            host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
            if host not in LOOPBACK or self.headers.get("Origin") is not None:
                return self._refused(403, "only programs of this machine are answered")
            said = self.headers.get("Authorization", "")
            if token is not None and not hmac.compare_digest(said.encode(), f"Bearer {token}".encode()):
                return self._refused(401, "the token is missing or wrong")
            length = self.headers.get("Content-Length", "0")
            if self.headers.get("Transfer-Encoding") or not length.isdecimal():
                return self._refused(411, "the length of the body must be said")
            if int(length[:12]) > limit:
                return self._refused(413, f"the body is longer than {limit} bytes")
            return respond(self.command, self.path, self.rfile.read(int(length)))

        def _refused(self, status: int, why: str) -> Answer:
            self.close_connection = True  # the body was not read
            return status, b'{"code": "refused", "message": "' + why.encode() + b'"}'

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815 - the base class wants these names

        def log_message(self, *_: object) -> None:
            """Says nothing: inputs may hold what must not stand in a log."""

    try:
        return ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except (OSError, OverflowError) as error:
        raise UsageError(f"port {port} cannot be had: {getattr(error, 'strerror', None) or error}") from error
