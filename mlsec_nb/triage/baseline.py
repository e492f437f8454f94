"""The baseline: what is known and accepted today, so that one is told of what is new."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlsec_nb.config import DEFAULT_KEY
from mlsec_nb.core import CannotRead, Finding, Judged, Status, UsageError
from mlsec_nb.io.files import LocalFile, write_atomic

from .foreign import hashes_table
from .paths import inside

SCHEMA = "mlsec-baseline/1"
_LIMIT = 256 << 20
_KEY = 32  # bytes


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """So many equal findings of a rule in a file; `digest` tells which, to whoever has the text."""

    path: str
    rule: str
    digest: str
    count: int = 1
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is known, under a key of its own; paths are relative to `root`, the folder where the file stands."""

    key: bytes
    entries: tuple[Entry, ...] = ()
    root: Path = field(default=Path(), compare=False)


def new_baseline(root: Path) -> Baseline:
    """An empty baseline with a key of its own, for a file in the folder `root`."""
    return Baseline(secrets.token_bytes(_KEY), root=root)


def digest(finding: Finding, path: str, key: bytes) -> str:
    """What makes a finding the same one tomorrow: not its line, not its cell, not the number of its output."""
    place = finding.location
    words = (finding.rule.id, path, place.member or "", place.part_kind, finding.evidence.digest)
    text = "\0".join(words).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, key=key[:64], digest_size=12).hexdigest()


def baseline_of(judged: Iterable[Judged], old: Baseline, scanned: Iterable[str] | None = None) -> Baseline:
    """The baseline that knows these findings, under the key of an old one whose reasons are kept.

    Suppressed findings need no baseline. `scanned` are the paths that were looked at: entries of other files that are
    still there are kept (None: everything was looked at).
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    for one in judged:
        if one.status is not Status.SUPPRESSED:
            path = inside(one.finding.location.path, old.root)
            counts[path, one.finding.rule.id, digest(one.finding, path, old.key)] += 1
    reasons = {entry.digest: entry.reason for entry in old.entries}
    entries = {words[2]: Entry(*words, count, reasons.get(words[2], "")) for words, count in counts.items()}
    looked_at = None if scanned is None else {inside(path, old.root) for path in scanned}
    for entry in old.entries if looked_at is not None else ():
        if looked_at and entry.path in looked_at:
            continue
        if "://" in entry.path or (old.root / entry.path).exists():
            more = entries[entry.digest].count if entry.digest in entries else 0
            entries[entry.digest] = replace(entry, count=entry.count + more)
    return replace(old, entries=tuple(sorted(entries.values())))


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Writes the file, sorted, one entry a line, so that a change of it can be read."""
    lines = ",\n".join(f"  {json.dumps(_row(entry), ensure_ascii=False)}" for entry in sorted(baseline.entries))
    entries = f"[\n{lines}\n ]" if lines else "[]"
    write_atomic(path, f'{{\n "schema": "{SCHEMA}",\n "key": "{baseline.key.hex()}",\n "entries": {entries}\n}}\n')


def _row(entry: Entry) -> Mapping[str, Any]:
    row = {"path": entry.path, "rule": entry.rule, "digest": entry.digest, "count": entry.count}
    return row | ({"reason": entry.reason} if entry.reason else {})


def read_baseline(path: Path) -> Baseline:
    """A baseline from its file; raises `UsageError`.

    A baseline of detect-secrets gives an empty one: its hashes are compared where the text is, see `read_foreign`.
    """
    root = path.resolve().parent
    try:
        table = json.loads(LocalFile(str(path)).read(_LIMIT))
    except CannotRead as error:
        raise UsageError(f"{path}: the baseline cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: the baseline is not JSON: {error}") from error
    if hashes_table(table):
        return Baseline(DEFAULT_KEY, root=root)
    if not isinstance(table, dict) or table.get("schema") != SCHEMA:
        raise UsageError(f"{path}: is no baseline of this version ({SCHEMA})")
    try:
        key = bytes.fromhex(table["key"])
        entries = tuple(sorted(_entry(row) for row in table["entries"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: the baseline is damaged; make it anew with mlsec baseline create") from error
    if len(key) < 16:
        raise UsageError(f"{path}: the baseline has no key; make it anew with mlsec baseline create")
    return Baseline(key, entries, root)


def _entry(row: Mapping[str, Any]) -> Entry:
    count = row["count"]
    words = (row["path"], row["rule"], row["digest"], row.get("reason", ""))
    if not all(isinstance(word, str) for word in words) or type(count) is not int or count < 1:
        raise TypeError
    return Entry(*words[:3], count, words[3])


def show_baseline(baseline: Baseline) -> str:
    """The entries as a table for people, with the sum."""
    if not baseline.entries:
        return "the baseline is empty"
    rows = [(str(entry.count), entry.rule, entry.path, entry.reason) for entry in sorted(baseline.entries)]
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{count:>{wide[0]}}  {rule:<{wide[1]}}  {path:<{wide[2]}}  {reason}".rstrip()
        for count, rule, path, reason in rows
    ]
    total, files = sum(entry.count for entry in baseline.entries), len({entry.path for entry in baseline.entries})
    words = f"{total} known finding{'s' * (total != 1)} in {files} file{'s' * (files != 1)}"
    return "\n".join([*lines, words])
