"""One exchange with a server, exactly as asked: nothing is followed, repaired or unpacked, everything is bounded.

For servers that are tested. There is no proxy in between, and what TLS says of itself is told, not required.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mlsec_nb._version import __version__
from mlsec_nb.core import CannotRead

from .network import Watch

_CHUNK = 1 << 16
_OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a server answered; header names are in lower case, repeated ones are kept.

    `cut` says why the body is not whole: "too-big", "timeout" or "closed"; empty when it is.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    seconds: float = 0.0
    cut: str = ""

    def header(self, name: str) -> str:
        """All values of a header with commas between; empty when there is none."""
        return ", ".join(value for key, value in self.headers if key == name)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Closed(CannotRead):
    """The server ended the connection without an answer."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name: `localhost` or an address of the loopback network."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def exchange(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10.0,
    limit: int = 1 << 20,
) -> Exchange:
    """Asks once; raises `CannotRead` (code "timeout", "malformed", "unreadable" or "unsupported").

    `timeout` is that of the whole exchange in seconds, `limit` that of the body in bytes.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise CannotRead("is no HTTP or HTTPS address", "unsupported")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = {"User-Agent": f"mlsec/{__version__}", "Accept": "*/*", "Connection": "close", **(headers or {})}
    began = time.monotonic()
    with Watch(timeout) as watch, _said(watch, host, timeout), _connected(url, timeout, watch) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have refused before the end
            connection.request(method, target, body=body, headers=fields)
        answer = connection.getresponse()
        if watch.rang:  # what looks like the end of the headers was ours
            answer.close()
            raise TimeoutError
        with answer:
            data, cut = _body(answer, limit, watch)
        names = tuple((name.lower(), value) for name, value in answer.getheaders())
        return Exchange(answer.status, names, data, time.monotonic() - began, cut)
    raise AssertionError  # pragma: no cover - `_said` ends every other way


@contextlib.contextmanager
def _said(watch: Watch, host: str, timeout: float) -> Iterator[None]:
    """Why there was no answer, in words without the address."""
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        if watch.rang or isinstance(error, TimeoutError):
            raise CannotRead(f"{host} did not answer within {timeout:g} seconds", "timeout") from error
        if isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
            raise Closed(f"{host} closed the connection without an answer") from error
        if isinstance(error, http.client.HTTPException):
            raise CannotRead(f"{host} does not answer in HTTP", "malformed") from error
        words = getattr(error, "strerror", None) or type(error).__name__
        raise CannotRead(f"{host} cannot be reached: {words}") from error


def _body(answer: http.client.HTTPResponse, limit: int, watch: Watch) -> tuple[bytes, str]:
    data = bytearray()
    try:
        while len(data) <= limit and (chunk := answer.read1(_CHUNK)):
            data += chunk
    except (OSError, http.client.HTTPException, ValueError):
        return bytes(data[:limit]), "timeout" if watch.rang else "closed"
    if watch.rang:
        return bytes(data[:limit]), "timeout"
    return bytes(data[:limit]), "too-big" if len(data) > limit else "closed" if answer.length else ""


@contextlib.contextmanager
def _connected(url: str, timeout: float, watch: Watch) -> Iterator[http.client.HTTPConnection]:
    parts = urlsplit(url)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    connection.default_port = 443 if is_tls else 80  # what Host leaves out
    connected = _reached(host, port, timeout)
    try:
        watch.holds(connected)
        if is_tls:
            connected = _unchecked().wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
            watch.holds(connected)
            connected.do_handshake()
        connection.sock = connected
        yield connection
    finally:
        connection.close()
        connected.close()


def _reached(host: str, port: int, timeout: float) -> socket.socket:
    """A connection; a name of this machine must lead to this machine."""
    connected = socket.create_connection((host, port), timeout=timeout)
    if is_loopback(host) and not is_loopback(connected.getpeername()[0]):
        connected.close()
        raise CannotRead(f"{host} does not lead to this machine", "unsupported")
    return connected


def _unchecked() -> ssl.SSLContext:
    """TLS with whoever answers: the server is what is tested, and its certificate is judged apart."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without the authorities, which take long to load
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True, slots=True)
class Tls:
    """What a server offers: its best version, why its certificate is not trusted (or ""), old versions it accepts.

    `untried` are old versions that this machine cannot speak any more.
    """

    version: str
    distrust: str
    old: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()


def tls(url: str, *, timeout: float = 10.0) -> Tls:
    """Looks at the TLS of a server in a few handshakes; raises `CannotRead` when there is none."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    distrust = ""
    try:
        version = _handshake(host, port, ssl.create_default_context(), timeout)
    except ssl.SSLCertVerificationError as error:
        distrust = error.verify_message or "it cannot be verified"
        with Watch(timeout) as watch, _said(watch, host, timeout):
            version = _handshake(host, port, _unchecked(), timeout)
    except OSError as error:
        raise CannotRead(f"{host} does not answer in TLS: {getattr(error, 'reason', type(error).__name__)}") from error
    old, untried = [], []
    for wanted in _OLD:
        name = wanted.name.replace("_", ".").replace("TLSv", "TLS ")
        try:
            _handshake(host, port, _ancient(wanted), timeout)
            old.append(name)
        except (ssl.SSLError, ValueError) as error:
            if isinstance(error, ValueError) or getattr(error, "reason", "") in _OURS:
                untried.append(name)
        except OSError:
            continue  # the server hung up: an answer, too
    return Tls(version, distrust, tuple(old), tuple(untried))


_OURS = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE", "UNSUPPORTED_PROTOCOL", "INTERNAL_ERROR")


def _ancient(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = _unchecked()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that they are old is the point
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _handshake(host: str, port: int, context: ssl.SSLContext, timeout: float) -> str:
    with Watch(timeout) as watch:
        connected = _reached(host, port, timeout)
        watch.holds(connected)
        with context.wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False) as secured:
            watch.holds(secured)
            secured.do_handshake()
            return secured.version() or ""
