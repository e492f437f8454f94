"""A listener on this machine that notes who calls: what shows that a server fetches the addresses it is given."""

import contextlib
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mlsec_nb.core import CannotScan

_MOST = 1000  # calls that are noted


@dataclass
class Canary:
    """An address of this machine that nobody calls but who was given it; it answers 404 to everybody."""

    port: int
    word: str = field(default_factory=lambda: secrets.token_hex(8))
    _calls: list[str] = field(default_factory=list)
    _rang: threading.Event = field(default_factory=threading.Event)

    def url(self, name: str) -> str:
        """An address to give away under a name."""
        return f"http://127.0.0.1:{self.port}/{self.word}/{name}"

    def note(self, path: str) -> None:
        if path.startswith(f"/{self.word}/") and len(self._calls) < _MOST:
            self._calls.append(path)
            self._rang.set()

    def called(self, name: str, seconds: float) -> bool:
        """Whether somebody called the address of that name, now or within so many seconds."""
        wanted = f"/{self.word}/{name}"
        if not any(path.startswith(wanted) for path in self._calls):
            self._rang.clear()
            self._rang.wait(seconds)
        return any(path.startswith(wanted) for path in self._calls)


@contextlib.contextmanager
def listening() -> Iterator[Canary]:
    """A canary for as long as the block runs; raises `CannotScan` when no port can be had."""
    canary = Canary(0)

    class Handler(BaseHTTPRequestHandler):
        timeout = 5.0

        def _answer(self) -> None:
            canary.note(self.path)
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = _answer  # noqa: N815 - the base class wants these names

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    except OSError as error:
        raise CannotScan(f"no port to listen on can be had: {error.strerror}", "failed") from error
    canary.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield canary
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
