"""Records into the store: a new file beside the old one, which it replaces when all is well."""

import datetime as dt
import json
import os
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from mlsec_nb.core import UsageError

from . import ranges, severity

SCHEMA: Final = "1"
DICTIONARY: Final = 32 << 10  # bytes; zlib looks no farther back
_SAMPLE: Final = 2_000  # bytes of each record that the dictionary is made of
_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE record (id INTEGER PRIMARY KEY, name TEXT UNIQUE, modified TEXT, withdrawn INTEGER, severity TEXT,
                     score REAL, vector TEXT, names TEXT, body BLOB);
CREATE TABLE package (id INTEGER PRIMARY KEY, ecosystem TEXT, name TEXT, UNIQUE (ecosystem, name));
CREATE TABLE affected (package INTEGER, record INTEGER, ranges TEXT, PRIMARY KEY (package, record)) WITHOUT ROWID;
CREATE TABLE alias (name TEXT, record INTEGER, PRIMARY KEY (name, record)) WITHOUT ROWID;
CREATE TABLE epss (cve TEXT PRIMARY KEY, score REAL, percentile REAL) WITHOUT ROWID;
CREATE TABLE kev (cve TEXT PRIMARY KEY, added TEXT, ransomware INTEGER) WITHOUT ROWID;
"""
_INSERT: Final = (
    "INSERT INTO record (name, modified, withdrawn, severity, score, vector, names, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


@contextmanager
def writing(path: Path) -> Iterator["Writer"]:
    """A writer on a copy of the store, which becomes the store when nothing was raised."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(beside)) as base:
            if path.exists():
                with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)) as old:
                    old.backup(base)
            writer = Writer(base)
            yield writer
            writer.finish()
        beside.replace(path)
    except sqlite3.Error as error:
        raise UsageError(f"{path}: cannot be written as a store of advisories: {error}") from error
    finally:
        beside.unlink(missing_ok=True)
        beside.with_name(beside.name + "-journal").unlink(missing_ok=True)


class Writer:
    """Adds records; of two with one id the one that was modified later stays."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        tables = base.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]
        if not tables:
            base.executescript(_TABLES)
            self._put("schema", SCHEMA)
        found = base.execute("SELECT value FROM meta WHERE name = 'dictionary'").fetchone()
        self._dictionary: bytes | None = found[0] if found else None
        self._packages: dict[tuple[str, str], int] = {}
        self.added = self.kept = 0

    def add(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Records of OSV's schema; the first few thousand of a new store make its dictionary."""
        waiting: list[Mapping[str, Any]] = []
        for record in records:
            if self._dictionary is None:
                waiting.append(record)
                if len(waiting) < 2_000:
                    continue
                self._learn(waiting)
                waiting = self._drain(waiting)
                continue
            self._one(record)
        if waiting:
            self._learn(waiting)
            self._drain(waiting)

    def _drain(self, waiting: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        for record in waiting:
            self._one(record)
        return []

    def _learn(self, records: list[Mapping[str, Any]]) -> None:
        """Bodies spread over all that are there, the shortest last: what stands at the end is cheapest to point at."""
        step = max(len(records) // (DICTIONARY // _SAMPLE), 1)
        chosen = sorted((_body(record) for record in records[::step]), key=len, reverse=True)
        self._dictionary = b"".join(body[:_SAMPLE] for body in chosen)[-DICTIONARY:] or b"{}"
        self._put("dictionary", self._dictionary)

    def _one(self, record: Mapping[str, Any]) -> None:
        name = str(record["id"])
        modified = str(record.get("modified") or "")
        old = self._base.execute("SELECT id, modified FROM record WHERE name = ?", (name,)).fetchone()
        if old and old[1] > modified:
            self.kept += 1
            return
        if old:
            for table in ("affected", "alias"):
                self._base.execute(f"DELETE FROM {table} WHERE record = ?", (old[0],))  # noqa: S608 - two names of ours
            self._base.execute("DELETE FROM record WHERE id = ?", (old[0],))
        grade, score, vector = severity.rated(record)
        names = [name, *(str(alias) for alias in record.get("aliases") or [])]
        related = [str(other) for other in record.get("upstream") or []]
        packer = zlib.compressobj(9, zdict=self._dictionary or b"{}")
        body = packer.compress(_body(record)) + packer.flush()
        row = (
            name,
            modified,
            int(bool(record.get("withdrawn"))),
            grade,
            score,
            vector,
            json.dumps([names, related]),
            body,
        )
        cursor = self._base.execute(_INSERT, row)
        aliases = ((alias, cursor.lastrowid) for alias in names)
        self._base.executemany("INSERT OR IGNORE INTO alias VALUES (?, ?)", aliases)
        self._affected(record, cursor.lastrowid or 0)
        self.added += 1

    def _affected(self, record: Mapping[str, Any], number: int) -> None:
        merged: dict[int, list[Any]] = {}
        for entry in record.get("affected") or []:
            package = entry.get("package") or {}
            if package.get("ecosystem") and package.get("name"):
                ecosystem = str(package["ecosystem"])
                identity = self._package(ecosystem, normal(ecosystem, str(package["name"])))
                both = json.loads(ranges.compact(ecosystem, entry))
                old = merged.setdefault(identity, [[], []])
                merged[identity] = [old[0] + both[0], old[1] + both[1]]
        rows = ((package, number, json.dumps(both, separators=(",", ":"))) for package, both in merged.items())
        self._base.executemany("INSERT OR REPLACE INTO affected VALUES (?, ?, ?)", rows)

    def _package(self, ecosystem: str, name: str) -> int:
        known = self._packages.get((ecosystem, name))
        if known is None:
            self._base.execute("INSERT OR IGNORE INTO package (ecosystem, name) VALUES (?, ?)", (ecosystem, name))
            row = self._base.execute("SELECT id FROM package WHERE ecosystem = ? AND name = ?", (ecosystem, name))
            known = self._packages[ecosystem, name] = int(row.fetchone()[0])
        return known

    def epss(self, rows: Sequence[tuple[str, float, float]]) -> int:
        """Replaces the scores of EPSS: CVE, probability of exploitation in 30 days, percentile."""
        self._base.execute("DELETE FROM epss")
        self._base.executemany("INSERT OR REPLACE INTO epss VALUES (?, ?, ?)", rows)
        return len(rows)

    def kev(self, rows: Sequence[tuple[str, str, bool]]) -> int:
        """Replaces the catalogue of known exploited vulnerabilities: CVE, date, whether ransomware uses it."""
        self._base.execute("DELETE FROM kev")
        self._base.executemany("INSERT OR REPLACE INTO kev VALUES (?, ?, ?)", rows)
        return len(rows)

    def as_of(self, ecosystem: str, day: dt.date) -> None:
        """Notes of which day the records of an ecosystem are."""
        self._put(f"as-of {ecosystem}", day.isoformat())

    def newest(self) -> dict[str, dt.date]:
        """The day of the last change in each ecosystem's records: as old as a file from elsewhere may be."""
        rows = self._base.execute(
            "SELECT p.ecosystem, max(r.modified) FROM affected a JOIN record r ON r.id = a.record"
            " JOIN package p ON p.id = a.package GROUP BY p.ecosystem"
        )
        return {str(eco): dt.date.fromisoformat(text[:10]) for eco, text in rows if re.match(r"\d{4}-\d\d-\d\d", text)}

    def _put(self, name: str, value: str | bytes) -> None:
        self._base.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def finish(self) -> None:
        for ecosystem, day in self.newest().items():
            known = self._base.execute("SELECT value FROM meta WHERE name = ?", (f"as-of {ecosystem}",)).fetchone()
            if known is None or known[0] < day.isoformat():
                self.as_of(ecosystem, day)
        self._base.commit()
        self._base.execute("VACUUM")


def _body(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False, default=str).encode("utf-8", "replace")


def normal(ecosystem: str, name: str) -> str:
    """A package's name in the one form that its ecosystem compares."""
    if ecosystem.partition(":")[0] == "PyPI":
        return re.sub(r"[-_.]+", "-", name).lower()
    return name
