"""Records into the store: a new file beside the old one, which it replaces when all is well."""

import datetime as dt
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from mlsec_nb.core import UsageError

from . import bodies, ranges, severity

SCHEMA: Final = "2"
EPSS_UNIT: Final = 10**5  # EPSS has five digits
_FIRST: Final = 2_000  # records that the dictionary of a new store is learned from
_TABLES: Final = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE record (name TEXT PRIMARY KEY, id INTEGER, modified INTEGER) WITHOUT ROWID;
CREATE TABLE ecosystem (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE package (ecosystem INTEGER, name TEXT, id INTEGER, PRIMARY KEY (ecosystem, name)) WITHOUT ROWID;
CREATE TABLE affected (package INTEGER, record INTEGER, ranges TEXT, PRIMARY KEY (package, record)) WITHOUT ROWID;
CREATE TABLE alias (name TEXT, record INTEGER, PRIMARY KEY (name, record)) WITHOUT ROWID;
CREATE TABLE epss (cve INTEGER PRIMARY KEY, score INTEGER);
CREATE TABLE kev (cve INTEGER PRIMARY KEY, added TEXT, ransomware INTEGER);
{bodies.TABLE};
"""


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
        if self._get("schema") != SCHEMA:
            raise UsageError("the store of advisories is of another version of mlsec; delete it and make it anew")
        self._dictionary: bytes | None = self._get("dictionary")
        self._packing = bodies.Packing(base, self._dictionary or b"")
        self._ecosystems: dict[str, int] = {name: number for number, name in base.execute("SELECT * FROM ecosystem")}
        self._packages: dict[tuple[int, str], int] = {}
        self._next = base.execute("SELECT coalesce(max(id), 0) + 1 FROM package").fetchone()[0]
        self._newest: dict[str, int] = {}
        self.added = self.kept = 0

    def add(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Records of OSV's schema; the first few thousand of a new store make its dictionary."""
        waiting: list[Mapping[str, Any]] = []
        for record in records:
            if self._dictionary is None:
                waiting.append(record)
                if len(waiting) == _FIRST:
                    self._learn(waiting)
                    waiting = []
                continue
            self._one(record)
        if waiting:
            self._learn(waiting)

    def _learn(self, records: list[Mapping[str, Any]]) -> None:
        self._dictionary = bodies.learned(records)
        self._put("dictionary", self._dictionary)
        self._packing = bodies.Packing(self._base, self._dictionary)
        for record in records:
            self._one(record)

    def _one(self, record: Mapping[str, Any]) -> None:
        name = ranges.plain(str(record["id"]))
        modified = _seconds(record.get("modified"))
        old = self._base.execute("SELECT id, modified FROM record WHERE name = ?", (name,)).fetchone()
        if old and old[1] > modified:
            self.kept += 1
            return
        if old:
            self._forget(old[0])
        number = self._packing.put(bodies.Rated(*severity.rated(record), record).line())
        self._base.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (name, number, modified))
        if not record.get("withdrawn"):
            self._named(record, number, modified)
        self.added += 1

    def _forget(self, number: int) -> None:
        """What an earlier record was found by; its body goes when the store is tidied."""
        aliases, affected = self._found_by(bodies.Rated.of(self._packing.line(number)).record)
        self._base.executemany("DELETE FROM alias WHERE name = ? AND record = ?", [(one, number) for one in aliases])
        gone = [(package, number) for _, package in affected]
        self._base.executemany("DELETE FROM affected WHERE package = ? AND record = ?", gone)

    def _named(self, record: Mapping[str, Any], number: int, modified: int) -> None:
        aliases, affected = self._found_by(record)
        for ecosystem, _ in affected:
            self._newest[ecosystem] = max(modified, self._newest.get(ecosystem, 0))
        self._base.executemany("INSERT INTO alias VALUES (?, ?)", [(one, number) for one in aliases])
        rows = [(package, number, ranges.compact(*both)) for (_, package), both in affected.items()]
        self._base.executemany("INSERT INTO affected VALUES (?, ?, ?)", rows)

    def _found_by(self, record: Mapping[str, Any]) -> tuple[list[str], dict[tuple[str, int], ranges.Affected]]:
        """What a record is found by: its aliases and the packages that it is about."""
        merged: dict[tuple[str, int], ranges.Affected] = {}
        for entry in record.get("affected") or []:
            package = entry.get("package") or {}
            if package.get("ecosystem") and package.get("name"):
                ecosystem = ranges.plain(str(package["ecosystem"]))
                identity = ecosystem, self._package(ecosystem, ranges.plain(normal(ecosystem, str(package["name"]))))
                both, old = ranges.told(ecosystem, entry), merged.get(identity, ([], []))
                merged[identity] = (old[0] + both[0], old[1] + both[1])
        return sorted({ranges.plain(str(alias)) for alias in record.get("aliases") or []}), merged

    def _package(self, ecosystem: str, name: str) -> int:
        place = self._ecosystem(ecosystem)
        known = self._packages.get((place, name))
        if known is None:
            found = self._base.execute("SELECT id FROM package WHERE ecosystem = ? AND name = ?", (place, name))
            if row := found.fetchone():
                known = int(row[0])
            else:
                known, self._next = self._next, self._next + 1
                self._base.execute("INSERT INTO package VALUES (?, ?, ?)", (place, name, known))
            self._packages[place, name] = known
        return known

    def _ecosystem(self, name: str) -> int:
        if name not in self._ecosystems:
            self._ecosystems[name] = len(self._ecosystems) + 1
            self._base.execute("INSERT INTO ecosystem VALUES (?, ?)", (self._ecosystems[name], name))
        return self._ecosystems[name]

    def epss(self, rows: Iterable[tuple[str, float, float]]) -> int:
        """Replaces the scores of EPSS: CVE, probability of exploitation in 30 days, percentile."""
        scores = {cve_number(cve): round(score * EPSS_UNIT) for cve, score, _ in rows}
        self._base.execute("DELETE FROM epss")
        self._base.executemany("INSERT INTO epss VALUES (?, ?)", scores.items())
        return len(scores)

    def kev(self, rows: Iterable[tuple[str, str, bool]]) -> int:
        """Replaces the catalogue of known exploited vulnerabilities: CVE, date, whether ransomware uses it."""
        added = {cve_number(cve): (day, ransomware) for cve, day, ransomware in rows}
        self._base.execute("DELETE FROM kev")
        self._base.executemany("INSERT INTO kev VALUES (?, ?, ?)", ((cve, *one) for cve, one in added.items()))
        return len(added)

    def as_of(self, ecosystem: str, day: dt.date) -> None:
        """Notes of which day the records of an ecosystem are."""
        self._put(f"as-of {ecosystem}", day.isoformat())

    def _put(self, name: str, value: str | bytes) -> None:
        self._base.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _get(self, name: str) -> Any:
        found = self._base.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None

    def finish(self) -> None:
        self._packing.flush()
        self._packing.tidy()
        # Records from elsewhere are as old as the last change among them.
        for ecosystem, last in self._newest.items():
            day = dt.datetime.fromtimestamp(last, dt.UTC).date()
            known = self._get(f"as-of {ecosystem}")
            if known is None or known < day.isoformat():
                self.as_of(ecosystem, day)
        self._base.commit()
        self._base.execute("VACUUM")


def _seconds(modified: object) -> int:
    """When a record was changed, in seconds since 1970; 0 for what is no time."""
    try:
        moment = dt.datetime.fromisoformat(re.sub(r"\.\d+", "", str(modified)))
    except ValueError:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp())


def cve_number(name: str) -> int:
    """`CVE-2024-12345` as a number, whose order is theirs; 0 for what is none."""
    found = re.fullmatch(r"CVE-(\d{4})-(\d{4,12})", name)
    return int(found[1]) * 10**12 + int(found[2]) if found else 0


def normal(ecosystem: str, name: str) -> str:
    """A package's name in the one form that its ecosystem compares."""
    if ecosystem.partition(":")[0] == "PyPI":
        return re.sub(r"[-_.]+", "-", name).lower()
    return name
