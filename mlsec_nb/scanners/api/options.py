"""What the user says of servers: whose they are, how much may be asked, what to ask with."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlsec_nb.config import Settings
from mlsec_nb.core import UsageError
from mlsec_nb.io.exchanges import is_loopback

from .story import NAME

_NUMBERS = {"requests": 1, "seconds": 0, "timeout": 0, "rate": 0}
_WORDS = ("predict", "body", "state", "engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices of `[tool.mlsec.api]`; `credentials` are headers whose values come from the environment."""

    own: tuple[str, ...] = ()
    requests: int = 200
    seconds: float = 120.0
    timeout: float = 5.0
    rate: float | None = None
    sent: int = 32 << 20  # bytes
    credentials: Mapping[str, str] = field(default_factory=dict, hash=False)
    predict: str = ""
    body: str = ""
    state: str = ""
    engine: str = ""
    offline: bool = False


def options_of(settings: Settings) -> Options:
    """The options of a table; a mistake is a `UsageError` that names the key."""
    given: dict[str, Any] = {}
    for raw, value in settings.options.items():
        key = raw.replace("-", "_")
        if key in _NUMBERS:
            given[key] = _number(key, value)
        elif key in _WORDS:
            given[key] = _word(key, value)
        elif key in {"own", "targets"}:
            given[key] = _words(key, value)
        elif key == "credentials":
            given[key] = _credentials(value)
        else:
            known = sorted({*_NUMBERS, *_WORDS, "own", "targets", "credentials"})
            raise UsageError(f"{NAME}.{raw} is not an option; options are {', '.join(known)}")
    given.pop("targets", None)  # whoever starts the scan reads them
    if given.get("engine", "") not in ("", "schemathesis"):
        raise UsageError(f"{NAME}.engine must be schemathesis")
    return Options(**given, offline=settings.offline)


def _number(key: str, value: Any) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
    if not good or value < _NUMBERS[key]:
        raise UsageError(f"{NAME}.{key} must be a number above 0")
    return int(value) if key == "requests" else float(value)


def _word(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{NAME}.{key} must be a string")
    return value


def _words(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise UsageError(f"{NAME}.{key} must be a list of strings")
    return tuple(value)


def _credentials(value: Any) -> Mapping[str, str]:
    """Headers by name out of the variables of the environment that hold them."""
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise UsageError(f"{NAME}.credentials must be a table: header = name of a variable of the environment")
    for header, variable in value.items():
        text = os.environ.get(variable, "")
        if not text or not text.isprintable() or not header.replace("-", "").isalnum():
            raise UsageError(f"{NAME}.credentials.{header}: the variable {variable} holds nothing that can be sent")
    return {header: os.environ[variable] for header, variable in value.items()}


def checked(url: str, own: tuple[str, ...]) -> str:
    """The address to begin with, without its query; `UsageError` when it must not be asked."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise UsageError("is no HTTP or HTTPS address")
    if parts.username or parts.password:
        raise UsageError("holds a user or password: take it out, and give it with --credential")
    if not is_loopback(host) and host.lower() not in {one.lower().strip("[]") for one in own}:
        raise UsageError(f"{host} is not this machine: say --i-own-this {host} if you may test it")
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def sample(options: Options) -> bytes | None:
    """The body that the user gave for predictions; `UsageError` when the file cannot be read."""
    if not options.body:
        return None
    try:
        with Path(options.body).open("rb") as file:
            return file.read(1 << 20)
    except OSError as error:
        raise UsageError(f"{options.body}: cannot be read: {error.strerror or error}") from error
