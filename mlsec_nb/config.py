"""The user's choices as frozen values; read from `[tool.mlsec]` of pyproject.toml, or from mlsec.toml.

This room knows no scanner by name: a table `[tool.mlsec.<scanner>]` is handed to that scanner as it is, and the
scanner says what it does not understand.
"""

import datetime as dt
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from .core import NO_ADVISORIES, SKIPPED, Severity, UsageError

DEFAULT_KEY = b"mlsec: no key of its own; see SECURITY.md"
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one artifact may cost; whatever is over a limit becomes a `Gap`."""

    text_bytes: int = 256 * MIB  # a text file or notebook, in memory
    depth: int = 6  # archives inside archives, decoded runs inside decoded runs
    members: int = 200_000  # of one archive
    unpacked_bytes: int = 8 << 30  # of one archive, all levels together
    ratio: int = 1_000  # unpacked to packed bytes of one member
    seconds: float = 300.0  # of one scanner on one artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """A rule that is accepted in some paths, with a reason and perhaps an end date."""

    paths: tuple[str, ...]
    rules: tuple[str, ...]
    reason: str
    expires: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a scanner gets to know: its own options, the limits, the key of digests, whether it may use the network."""

    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = Limits()
    key: bytes = DEFAULT_KEY
    offline: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All choices of one run; the command line replaces what the file says."""

    fail_on: Severity = Severity.MEDIUM
    allow_gaps: tuple[str, ...] = (SKIPPED, NO_ADVISORIES)  # a gate takes the second one out
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    baseline: str | None = None
    jobs: int = 0  # 0: one for each core
    offline: bool | None = None  # None: nobody said, so only what is about the network may ask it
    limits: Limits = Limits()
    ignores: tuple[Ignore, ...] = ()
    vex: tuple[str, ...] = ()  # documents that say which vulnerabilities do not matter; relative to `root`
    tools: tuple[str, ...] = ()  # other programs that are run too: never said by a file, which may be a stranger's
    key: bytes = DEFAULT_KEY
    root: Path = Path()  # where the config file stands: its paths are relative to it
    cache: Path | None = None  # the folder of earlier results; no file names one
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def is_offline(self) -> bool:
        """Whether the network is closed, as it is unless somebody opened it."""
        return self.offline is not False

    def asking(self) -> "Config":
        """The same with the network open, unless the file or the command line closed it."""
        return self if self.offline else replace(self, offline=False)

    def settings(self, name: str) -> Settings:
        """What the scanner (or gate, or policy) called `name` gets to know."""
        return Settings(options=self.tables.get(name, {}), limits=self.limits, key=self.key, offline=self.is_offline)

    def with_(self, **changes: Any) -> "Config":
        """The same with what was given on the command line; None means not given."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})


def find(start: Path) -> Path | None:
    """The nearest mlsec.toml or pyproject.toml with `[tool.mlsec]`, from `start` up to the root of its repository."""
    for folder in (start, *start.parents):
        for name in ("mlsec.toml", "pyproject.toml"):
            path = folder / name
            if path.is_file() and (name == "mlsec.toml" or b"[tool.mlsec" in path.read_bytes()):
                return path
        if (folder / ".git").exists():
            return None
    return None


def load(path: Path | None) -> Config:
    """The config in a file (None: all defaults); a mistake in it is a `UsageError` that names the key."""
    if path is None:
        return Config()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    if path.name == "pyproject.toml":
        table = table.get("tool", {}).get("mlsec", {})
    return _Reader(str(path)).config(table, path.resolve().parent)


@dataclass(frozen=True)
class _Reader:
    """Checks every value of the table where it is read."""

    path: str

    def config(self, table: Mapping[str, Any], root: Path) -> Config:
        known: dict[str, Callable[[str, Any], Any]] = {
            "fail_on": self._severity, "allow_gaps": self._words, "only": self._words, "skip": self._words,
            "exclude": self._words, "baseline": self._word, "jobs": self._number, "offline": self._flag,
            "limits": self._limits, "ignore": self._ignores, "vex": self._words,
        }  # fmt: skip
        values: dict[str, Any] = {}
        tables: dict[str, Mapping[str, Any]] = {}
        for raw, value in table.items():
            name = raw.replace("-", "_")
            if name in known:
                values["ignores" if name == "ignore" else name] = known[name](raw, value)
            elif isinstance(value, Mapping):
                tables[raw] = value
            else:
                raise self._wrong(raw, f"is not an option; options are {', '.join(sorted(known))}")
        return Config(root=root, tables=tables, **values)

    def _wrong(self, name: str, what: str) -> UsageError:
        return UsageError(f"{self.path}: {name} {what}")

    def _severity(self, name: str, value: Any) -> Severity:
        try:
            return Severity(value)
        except ValueError:
            raise self._wrong(name, f"must be one of {', '.join(Severity)}") from None

    def _words(self, name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self._wrong(name, "must be a list of strings")
        return tuple(value)

    def _word(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self._wrong(name, "must be a string")
        return value

    def _flag(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._wrong(name, "must be true or false")
        return value

    def _number(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._wrong(name, "must be a whole number, 0 or more")
        return value

    def _limits(self, name: str, value: Any) -> Limits:
        allowed = {item.name for item in fields(Limits)}
        if not isinstance(value, Mapping):
            raise self._wrong(name, "must be a table")
        given = {key.replace("-", "_"): number for key, number in value.items()}
        if unknown := set(given) - allowed:
            raise self._wrong(f"{name}.{min(unknown)}", f"is not a limit; limits are {', '.join(sorted(allowed))}")
        for key, number in given.items():
            if isinstance(number, bool) or not isinstance(number, int | float) or number <= 0:
                raise self._wrong(f"{name}.{key}", "must be a number above 0")
        return Limits(**given)

    def _ignores(self, name: str, value: Any) -> tuple[Ignore, ...]:
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise self._wrong(name, "must be an array of tables ([[tool.mlsec.ignore]])")
        return tuple(self._ignore(f"{name}[{number}]", item) for number, item in enumerate(value))

    def _ignore(self, name: str, item: Mapping[str, Any]) -> Ignore:
        if unknown := set(item) - {"paths", "rules", "reason", "expires"}:
            raise self._wrong(f"{name}.{min(unknown)}", "is not an option; options are paths, rules, reason, expires")
        if not item.get("reason"):
            raise self._wrong(name, "needs a reason")
        expires = item.get("expires")
        if expires is not None and type(expires) is not dt.date:
            raise self._wrong(f"{name}.expires", "must be a date (2026-12-31, without quotes)")
        return Ignore(
            paths=self._words(f"{name}.paths", item.get("paths", ["**"])),
            rules=self._words(f"{name}.rules", item.get("rules", ["*"])),
            reason=self._word(f"{name}.reason", item["reason"]),
            expires=expires,
        )


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options given in Python, lists as tuples and severities by name; an unknown one is a `UsageError`."""
    known = {item.name for item in fields(Config)}
    if unknown := sorted(set(options) - known):
        raise UsageError(f"no option is called {unknown[0]!r}; options are {', '.join(sorted(known))}")
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }
    for name in ("only", "skip", "exclude", "allow_gaps", "tools", "vex"):
        if isinstance(values.get(name), str):
            values[name] = (values[name],)
    if "fail_on" in values:
        try:
            values["fail_on"] = Severity(str(values["fail_on"]))
        except ValueError:
            raise UsageError(f"fail_on must be one of {', '.join(Severity)}") from None
    return values
