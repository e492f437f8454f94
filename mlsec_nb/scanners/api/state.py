"""What was found so far, kept in a file, so that a run that was cut short goes on where it stopped."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from mlsec_nb.core import CannotScan
from mlsec_nb.io.files import write_atomic

from .options import Options
from .story import Told, catalogue, kept, read

_SCHEMA = "mlsec-api-state/1"
_LIMIT = 16 << 20


@dataclass
class Kept:
    """The finished checks of one server by name; with no path nothing is kept."""

    path: Path | None
    base: str
    key: str
    checks: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: str, base: str, options: Options) -> Self:
        """What a file holds of a server; another choice or another version of the rules begins anew."""
        words = repr((base, options.predict, options.body, sorted(options.credentials), sorted(catalogue())))
        key = hashlib.sha256(words.encode()).hexdigest()[:16]
        if not path:
            return cls(None, base, key)
        servers = _servers(Path(path))
        mine = servers.pop(base, {})
        checks = mine.get("checks", {}) if isinstance(mine, dict) and mine.get("key") == key else {}
        return cls(Path(path), base, key, checks, servers)

    def has(self, name: str) -> bool:
        return name in self.checks

    def told(self, name: str) -> list[Told]:
        """What a finished check told; `CannotScan` when the file was tampered with."""
        try:
            return [read(one) for one in self.checks.get(name, [])]
        except (TypeError, ValueError) as error:
            raise _wrong(self.path) from error

    def keep(self, name: str, told: Sequence[Told]) -> None:
        """A check is finished."""
        self.checks[name] = [kept(one) for one in told]
        self._write({**self.others, self.base: {"key": self.key, "checks": self.checks}})

    def close(self) -> None:
        """All checks are finished: the next run begins anew."""
        if self.path is not None and self.others:
            self._write(self.others)
        elif self.path is not None:
            self.path.unlink(missing_ok=True)

    def _write(self, servers: dict[str, Any]) -> None:
        if self.path is not None:
            write_atomic(self.path, json.dumps({"schema": _SCHEMA, "servers": servers}, indent=1) + "\n")


def _servers(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            tree = json.loads(file.read(_LIMIT))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(path) from error
    if not isinstance(tree, dict) or tree.get("schema") != _SCHEMA or not isinstance(tree.get("servers"), dict):
        raise _wrong(path)
    return dict(tree["servers"])


def _wrong(path: Path | None) -> CannotScan:
    return CannotScan(f"{path} holds no state of `mlsec api`", "malformed")
