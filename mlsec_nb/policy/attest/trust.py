"""Which keys are believed, for which gates, from when to when, and how many of them it takes."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlsec_nb.core import UsageError

from .keys import VerifyingKey


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key and what it is trusted for; `gates` empty means none."""

    key: VerifyingKey
    gates: frozenset[str]
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    revoked: bool = False

    def may_sign(self, gate: str, when: dt.datetime) -> bool:
        in_time = (self.start is None or when >= self.start) and (self.end is None or when < self.end)
        return not self.revoked and gate in self.gates and in_time


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys by id, and how many different ones must have signed, by gate."""

    keys: Mapping[str, TrustedKey]
    thresholds: Mapping[str, int] = field(default_factory=dict)

    def threshold(self, gate: str) -> int:
        return self.thresholds.get(gate, 1)


def load_trust(path: Path) -> Trust:
    """A TOML file:

    ```
    [[key]]
    public = "ci.pub"            # a PEM file beside this one, or the PEM itself
    gates = ["ci", "pre-commit"]
    from = 2026-01-01            # optional
    until = 2027-01-01           # optional: afterwards another key signs
    revoked = false              # true: nothing it ever signed counts
    [threshold]
    ci = 2                       # two different keys
    ```
    """  # noqa: D400, D415 - ends with an example
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    if unknown := set(table) - {"key", "threshold"}:
        raise UsageError(f"{path}: {min(unknown)} is not an option; options are key, threshold")
    listed = table.get("key", [])
    if not isinstance(listed, list) or not listed:
        raise UsageError(f"{path}: there is no [[key]]")
    keys = [_key(path, number, one) for number, one in enumerate(listed, 1)]
    return Trust({one.key.keyid: one for one in keys}, _thresholds(path, table.get("threshold", {})))


def _key(path: Path, number: int, table: Any) -> TrustedKey:
    where = f"{path}: key {number}"
    if not isinstance(table, Mapping) or not isinstance(table.get("public"), str):
        raise UsageError(f"{where} needs public = a PEM file")
    if unknown := set(table) - {"public", "gates", "from", "until", "revoked"}:
        raise UsageError(f"{where}: {min(unknown)} is not an option")
    text = table["public"]
    if "-----BEGIN" not in text:
        try:
            text = (path.parent / text).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{where}: {table['public']} cannot be read") from error
    gates = table.get("gates")
    if not isinstance(gates, list) or not gates or not all(isinstance(gate, str) for gate in gates):
        raise UsageError(f"{where} needs gates = the gates it may sign for")
    revoked = table.get("revoked", False)
    if not isinstance(revoked, bool):
        raise UsageError(f"{where}: revoked must be true or false")
    return TrustedKey(
        VerifyingKey.from_pem(text),
        frozenset(gates),
        _moment(where, table, "from"),
        _moment(where, table, "until"),
        revoked,
    )


def _moment(where: str, table: Mapping[str, Any], name: str) -> dt.datetime | None:
    value = table.get(name)
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    raise UsageError(f"{where}: {name} must be a date (2026-12-31, without quotes)")


def _thresholds(path: Path, table: Any) -> Mapping[str, int]:
    if not isinstance(table, Mapping):
        raise UsageError(f"{path}: threshold must be a table")
    for gate, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise UsageError(f"{path}: threshold.{gate} must be a whole number above 0")
    return dict(table)
