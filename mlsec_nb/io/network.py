"""The network: one request, bounded in time and bytes, on HTTP and nothing else."""

import contextlib
import http.client
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.message import Message
from typing import IO, Self

from mlsec_nb._version import __version__
from mlsec_nb.core import CannotRead

_CHUNK = 1 << 16
_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered, whatever its status; header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def get(
    url: str,
    *,
    offline: bool,
    timeout: float = 30.0,
    limit: int = 64 << 20,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    body: bytes | None = None,
) -> Response:
    """Asks a server; raises `CannotRead` (code "offline", "timeout", "too-big" or "unreadable").

    Proxies are those of the environment. A redirect may change the host, never the scheme from HTTPS to HTTP,
    and takes no credentials along to another host. `timeout` is that of the whole exchange, in seconds.
    """
    data = bytearray()
    answer = _exchange(_Asked(url, method, body, headers or {}), (timeout, limit), data.extend, offline)
    return replace(answer, body=bytes(data))


def download(
    url: str,
    sink: Callable[[bytes], object],
    *,
    offline: bool,
    timeout: float,
    limit: int,
    headers: Mapping[str, str] | None = None,
    socket_path: str | None = None,
) -> Response:
    """The same for what is too big for memory: a body is given to `sink` piece by piece when the status is 200.

    With `socket_path`, a program of this machine is asked through its socket, which is no network.
    """
    return _exchange(_Asked(url, "GET", None, headers or {}, socket_path), (timeout, limit), sink, offline, only=200)


@dataclass(frozen=True, slots=True)
class _Asked:
    url: str
    method: str
    body: bytes | None
    headers: Mapping[str, str]
    socket_path: str | None = None


def _exchange(
    asked: _Asked, bounds: tuple[float, int], sink: Callable[[bytes], object], offline: bool, only: int | None = None
) -> Response:
    timeout, limit = bounds
    scheme, host = _scheme_and_host(asked.url)
    if offline and not asked.socket_path:
        raise CannotRead(f"{host or 'this'} is on the network, and this run is offline", "offline")
    if scheme not in _SCHEMES or not host:
        raise CannotRead("is no HTTP or HTTPS address", "unsupported")
    fields = {"User-Agent": f"mlsec/{__version__}", "Accept-Encoding": "identity", **asked.headers}
    watch = Watch(timeout)
    try:
        request = urllib.request.Request(asked.url, data=asked.body, headers=fields, method=asked.method)
        with watch, _opener(watch, asked.socket_path).open(request, timeout=timeout) as answer:
            if only in (None, answer.status):
                _body(answer, sink, limit, host)
            if watch.rang:
                raise TimeoutError
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.geturl(), answer.status, names, b"")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failed(host, TimeoutError() if watch.rang else error, timeout) from error


def _scheme_and_host(url: str) -> tuple[str, str]:
    try:
        parts = urllib.parse.urlsplit(url)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""


def _body(answer: http.client.HTTPResponse, sink: Callable[[bytes], object], limit: int, host: str) -> None:
    total = 0
    while chunk := answer.read1(_CHUNK):
        total += len(chunk)
        if total > limit:
            raise CannotRead(f"{host} answered with more than {limit:,} bytes, the limit", "too-big")
        sink(chunk)


def _failed(host: str, error: Exception, timeout: float) -> CannotRead:
    """Why a server was not heard, without the address: it may hold credentials."""
    if isinstance(error, _Refused):
        return CannotRead(f"{host} {error.reason}")
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return CannotRead(f"{host} redirects too often, or to what is not HTTP")
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return CannotRead(f"{host} did not answer within {timeout:g} seconds", "timeout")
    words = getattr(cause, "strerror", None) or type(cause).__name__
    return CannotRead(f"{host} cannot be reached: {words}")


class Watch:
    """Ends all connections of an exchange when its time is over: a server that drips must not hold us."""

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _ring(self) -> None:
        self.rang = True
        for connected in self._sockets:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def holds(self, connected: socket.socket) -> None:
        """Takes a connection under watch."""
        self._sockets.append(connected)

    def over(self, connection: type[http.client.HTTPConnection]) -> type[http.client.HTTPConnection]:
        """The same kind of connection, watched from the moment that it stands."""
        sockets = self._sockets

        class Watched(connection):  # type: ignore[valid-type, misc]
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        return Watched


class _Http(urllib.request.HTTPHandler):
    def __init__(self, watch: Watch, socket_path: str | None) -> None:
        super().__init__()
        self._connection = watch.over(_through(socket_path) if socket_path else http.client.HTTPConnection)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)


def _through(path: str) -> type[http.client.HTTPConnection]:
    """A connection to a socket of this machine, whatever the address says."""

    class Local(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            self.sock.connect(path)

    return Local


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._connection = watch.over(http.client.HTTPSConnection)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)


class _Refused(urllib.error.URLError):
    """A redirect that is not followed."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, on HTTP only and never down from HTTPS."""

    max_redirections = 5

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        old, new = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if new.scheme not in _SCHEMES or (old.scheme == "https" and new.scheme != "https"):
            fp.close()
            raise _Refused(f"redirects from {old.scheme} to {new.scheme}")
        following = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        if following and (old.scheme, old.netloc) != (new.scheme, new.netloc):
            following.headers = {k: v for k, v in following.headers.items() if k.lower() not in _CREDENTIALS}
        return following


_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})


class _AnyStatus(urllib.request.HTTPDefaultErrorHandler):
    """An answer is an answer, whatever its status."""

    def http_error_default(  # type: ignore[override]
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, hdrs: Message
    ) -> IO[bytes]:
        del req, code, msg, hdrs
        return fp


def _opener(watch: Watch, socket_path: str | None) -> urllib.request.OpenerDirector:
    """HTTP and HTTPS alone: the usual opener would also read `file:`, `ftp:` and `data:`."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler({} if socket_path else None), _Http(watch, socket_path),
        *(() if socket_path else (_Https(watch), _Redirects())), urllib.request.HTTPErrorProcessor(), _AnyStatus(),
    ):  # fmt: skip
        opener.add_handler(handler)
    return opener
