"""Does a key still work? Asked of its vendor, only when the user says so, with a request that changes nothing.

How each vendor is asked is data (`verifying.toml`). The key goes to the address of its own vendor and nowhere else: no
address comes out of what is scanned but a webhook's own, which must lie where the table says; a redirect to another
host is no answer. Nothing of the key or of the answer is kept.
"""

import base64
import hashlib
import re
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote, urlsplit

from mlsec_nb.core import CannotRead
from mlsec_nb.io import network

PAUSE: Final = 0.5  # seconds between two requests to one host
MOST: Final = 200  # requests of one run
PATIENCE: Final = 10.0  # seconds for one answer
_LONGEST: Final = 1 << 16  # bytes of an answer that are read
_SENDABLE: Final = re.compile(r"[\x21-\x7e]{4,4096}")  # what can stand in a header


class Works(StrEnum):
    """What its vendor says of a key."""

    VERIFIED = "verified"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """Whether a key works, and in a few words how that is known; `host` was asked."""

    works: Works
    why: str
    host: str = ""


@cache
def providers() -> Mapping[str, Mapping[str, Any]]:
    """How vendors are asked, by the id of the rule that finds their keys."""
    return tomllib.loads((files(__package__) / "verifying.toml").read_text(encoding="utf-8"))


@dataclass
class Verifier:
    """Asks vendors, each key once, one request after the other; `offline` asks nobody.

    `origin` replaces the scheme and host of every address: for tests against a server that plays the vendors.
    """

    offline: bool = True
    origin: str | None = None
    pause: float = PAUSE
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _said: dict[tuple[str, bytes], Said] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)

    def ask(self, rule: str, secret: str) -> Said:
        """What the vendor says of a key that a rule found."""
        key = rule, hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        known = self._said.get(key)
        if known is None:
            known = self._said[key] = self._ask(rule, secret)
        return known

    def _ask(self, rule: str, secret: str) -> Said:
        table = providers().get(rule)
        if table is None:
            return Said(Works.UNKNOWN, "there is no way to ask its vendor")
        if self.offline:
            return Said(Works.UNKNOWN, "this run is offline")
        if not _SENDABLE.fullmatch(secret) or not secret.startswith(table.get("within", "")):
            return Said(Works.UNKNOWN, "it cannot be sent to its vendor as it stands")
        if len(self._said) >= MOST:
            return Said(Works.UNKNOWN, f"{MOST} keys were asked about, and no more are")
        url = table["url"].replace("{secret}", secret if table["url"] == "{secret}" else quote(secret, safe=":"))
        host = urlsplit(url).hostname or ""
        self._wait(host)
        try:
            answer = network.get(
                self._at(url), offline=False, timeout=PATIENCE, limit=_LONGEST, method=table.get("method", "GET"),
                headers={name: _filled(text, secret) for name, text in table.get("headers", _BEARER).items()},
                body=table["body"].encode() if "body" in table else None,
            )  # fmt: skip
        except CannotRead as error:
            return Said(Works.UNKNOWN, str(error), host)
        if urlsplit(answer.url).netloc != urlsplit(self._at(url)).netloc:
            return Said(Works.UNKNOWN, f"{host} sends to another host", host)
        return _read(answer, table, host)

    def _wait(self, host: str) -> None:
        """One request to a host, then a pause."""
        since = self.clock() - self._asked.get(host, -self.pause)
        if since < self.pause:
            self.sleep(self.pause - since)
        self._asked[host] = self.clock()

    def _at(self, url: str) -> str:
        if self.origin is None:
            return url
        parts = urlsplit(url)
        return f"{self.origin}{parts.path}" + (f"?{parts.query}" if parts.query else "")


_BEARER: Final = {"Authorization": "Bearer {secret}"}
_BASIC: Final = re.compile(r"\{basic(?::(\w+))?\}")


def _filled(text: str, secret: str) -> str:
    def basic(match: re.Match[str]) -> str:
        pair = f"{match[1]}:{secret}" if match[1] else f"{secret}:"
        return base64.b64encode(pair.encode()).decode()

    return _BASIC.sub(basic, text.replace("{secret}", secret))


def _read(answer: network.Response, table: Mapping[str, Any], host: str) -> Said:
    """What an answer means."""
    text = answer.body.decode("utf-8", "replace")
    works: bool | None = {200: True, 401: False}.get(answer.status)
    for row in table.get("answers", ()):
        if row["status"] == answer.status and ("text" not in row or re.search(row["text"], text)):
            works = row.get("works")
            break
    if works:
        return Said(Works.VERIFIED, f"{host} accepts it", host)
    if works is False and table.get("elsewhere"):
        return Said(Works.UNKNOWN, f"{host} does not know it, another installation may", host)
    if works is False:
        return Said(Works.INACTIVE, f"{host} does not accept it", host)
    return Said(Works.UNKNOWN, f"{host} answers {answer.status}, which says neither", host)
