"""Asks a server within a budget: so many requests, bytes and seconds, not too fast, and never anybody else."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from mlsec_nb.core import CannotRead, CannotScan
from mlsec_nb.io.exchanges import Closed, Exchange, exchange, is_loopback

from .options import Options

LIMIT: Final = 1 << 20  # bytes of an answer
POLITE: Final = 10.0  # requests a second, of a server that is not on this machine
PATIENT: Final = 5.0  # seconds that a server may ask us to wait
_FAILURES: Final = 3  # one after the other, then nobody is asked any more
_HOPS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Spent(CannotScan):
    """The budget is used up, or the server does not answer any more: the rest is not looked at."""


@dataclass
class Asker:
    """Asks the server at `base`; raises `Spent` when it is time to stop, `CannotRead` when one question failed."""

    base: str
    options: Options
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    requests: int = 0
    sent: int = 0
    limited: bool = False  # a 429 was seen, or a header that tells of a limit
    credentials: Mapping[str, str] = field(default_factory=dict)
    _failures: int = 0
    _waited: int = 0
    _known: dict[str, Exchange] = field(default_factory=dict)
    _began: float = 0.0
    _last: float = float("-inf")

    def __post_init__(self) -> None:
        self._began = self.clock()
        self.credentials = self.credentials or self.options.credentials

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""

    @property
    def is_local(self) -> bool:
        return is_loopback(self.host)

    @property
    def left(self) -> int:
        """How many requests the budget still allows."""
        return max(self.options.requests - self.requests, 0)

    def get(self, path: str) -> Exchange:
        """A GET without credentials; asked once, and followed to where it leads on the same server."""
        if path not in self._known:
            self._known[path] = self._followed(path)
        return self._known[path]

    def _followed(self, path: str) -> Exchange:
        seen = {self.url(path)}
        answer = self.ask("GET", path, bare=True)
        for _ in range(_HOPS):
            target = self.target_of(answer, path)
            if answer.status not in _REDIRECTS or not self.is_own(target) or target in seen:
                return answer
            seen.add(target)
            path = urlsplit(target)._replace(scheme="", netloc="", fragment="").geturl()
            answer = self._asked("GET", target, {}, None)
        return answer

    def target_of(self, answer: Exchange, path: str) -> str:
        """The address that a redirect names."""
        return urljoin(self.url(path), answer.header("location"))

    def seen_limit(self) -> bool:
        """Whether an answer told of a limit by now."""
        return self.limited

    def known(self) -> list[tuple[str, Exchange]]:
        """Every path that `get` has asked, with the answer."""
        return list(self._known.items())

    def is_own(self, url: str) -> bool:
        """Whether an address is one of the server that is asked."""
        mine, other = urlsplit(self.base), urlsplit(url)
        return (mine.scheme, mine.netloc) == (other.scheme, other.netloc)

    def url(self, path: str) -> str:
        """The address of a path below the base."""
        return self.base + path

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, *,
        bare: bool = False, fast: bool = False,
    ) -> Exchange:  # fmt: skip
        """One question; with the user's credentials unless it is `bare`, without a pause when it is `fast`."""
        fields = {**({} if bare else self.credentials), **(headers or {})}
        return self._asked(method, self.url(path), fields, body, fast=fast)

    def _asked(
        self, method: str, url: str, fields: Mapping[str, str], body: bytes | None, *, fast: bool = False
    ) -> Exchange:
        self._check(len(body or b""))
        if not fast:
            self._pause()
        self._last = self.clock()
        self.requests += 1
        self.sent += len(body or b"")
        try:
            answer = exchange(url, method=method, headers=fields, body=body, timeout=self.options.timeout, limit=LIMIT)
        except CannotRead as error:
            self._failed(error)
            raise
        self._failures = 0
        self._note(answer)
        if answer.status == 429 and not fast and self._wait(answer):
            return self._asked(method, url, fields, body)
        return answer

    def _check(self, size: int) -> None:
        if not self.left:
            raise Spent(f"the budget of {self.options.requests} requests is used up (--requests)", "timeout")
        if self.sent + size > self.options.sent:
            raise Spent(f"the budget of {self.options.sent >> 20} MiB to send is used up", "timeout")
        if self.clock() - self._began > self.options.seconds:
            raise Spent(f"the budget of {self.options.seconds:g} seconds is used up (--seconds)", "timeout")

    def _pause(self) -> None:
        rate = self.options.rate
        if rate is None:
            rate = 0.0 if self.is_local else POLITE
        if rate and (pause := self._last + 1 / rate - self.clock()) > 0:
            self.sleep(pause)

    def _failed(self, error: CannotRead) -> None:
        """A server that hangs or is gone is not asked a hundred times more."""
        self._failures += 0 if isinstance(error, Closed) else 1
        if self._failures >= _FAILURES:
            raise Spent(f"{error}, {_FAILURES} times in a row; nothing more was asked", error.code) from error

    def _note(self, answer: Exchange) -> None:
        told = any("ratelimit" in name.replace("-", "") for name, _ in answer.headers)
        self.limited = self.limited or told or answer.status == 429

    def _wait(self, answer: Exchange) -> bool:
        """Waits as long as the server asks for, if that is not long; then the question may be asked again."""
        asked = answer.header("retry-after")
        seconds = float(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 1.0
        if seconds > PATIENT or self._waited >= _FAILURES:
            raise Spent("the server answers 429: its limit of requests does not let more be asked now", "timeout")
        self._waited += 1
        self.sleep(seconds)
        return True


def is_success(answer: Exchange | None) -> bool:
    return answer is not None and 200 <= answer.status < 300


def json_of(answer: Exchange) -> Any:
    """The JSON of an answer, or None when it is none."""
    import json

    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
