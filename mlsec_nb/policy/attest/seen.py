"""The newest evidence that was ever believed, by gate and digest: older evidence is refused afterwards."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from mlsec_nb.core import UsageError
from mlsec_nb.io.files import write_atomic

from .statement import stamp
from .verify import Verified

Seen = Mapping[tuple[str, str], dt.datetime]


def read_seen(path: Path) -> Seen:
    """Nothing when there is no file yet; a file that cannot be understood is a `UsageError`, not a fresh start."""
    if not path.exists():
        return {}
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return {
            (gate, digest): dt.datetime.fromisoformat(when)
            for gate, held in table.items()
            for digest, when in held.items()
        }
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UsageError(f"{path}: the record of evidence seen before cannot be read") from error


def write_seen(path: Path, seen: Seen, believed: Iterable[Verified]) -> None:
    """Adds what was just believed."""
    times = dict(seen)
    for one in believed:
        for digest in one.evidence.subjects.values():
            key = one.evidence.gate, digest
            times[key] = max(times.get(key, one.evidence.verified_at), one.evidence.verified_at)
    table: dict[str, dict[str, str]] = {}
    for (gate, digest), when in sorted(times.items()):
        table.setdefault(gate, {})[digest] = stamp(when)
    write_atomic(path, json.dumps(table, indent=2) + "\n")
