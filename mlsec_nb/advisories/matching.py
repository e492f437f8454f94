"""Asking the store: which advisories are about a version of a package."""

import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from mlsec_nb.core import CannotRead, Severity

from . import ranges
from .bodies import Bodies, Rated
from .versions import is_known, key
from .writing import EPSS_UNIT, SCHEMA, cve_number, normal


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One flaw, whatever number of records tell of it; `severity` is None when none of them rates it.

    `epss` is the probability that it is exploited within 30 days, `exploited` whether it is known to have been.
    """

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    severity: Severity | None = None
    score: float | None = None
    vector: str = ""
    fixed: tuple[str, ...] = ()
    is_malicious: bool = False
    epss: float | None = None
    exploited: bool = False
    ransomware: bool = False
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """One record about a package, and what it says of its versions."""

    rated: Rated
    ranges: str = ""

    @property
    def name(self) -> str:
        return str(self.rated.record["id"])

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *_words(self.rated.record, "aliases"))


class Store:
    """The store, open for reading; safe to keep for the life of a process."""

    def __init__(self, base: sqlite3.Connection, path: Path, dictionary: bytes) -> None:
        self._base = base
        self.path = path
        self._bodies = Bodies(base, dictionary)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises `CannotRead` (code "no-advisories") when there is none, and when it is not ours."""
        if not path.is_file():
            raise CannotRead("there is no store of advisories; `mlsec advisories update` makes one", "no-advisories")
        try:
            uri = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
            base = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise CannotRead("the store of advisories cannot be opened", "unreadable") from error
        try:
            schema = base.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
            found = base.execute("SELECT value FROM meta WHERE name = 'dictionary'").fetchone()
        except sqlite3.Error as error:
            base.close()
            raise CannotRead("the store of advisories is damaged or none of ours", "unreadable") from error
        if not schema or schema[0] != SCHEMA:
            base.close()
            raise CannotRead("the store of advisories is of another version of mlsec; make it anew", "unreadable")
        return cls(base, path, found[0] if found else b"")

    def close(self) -> None:
        self._base.close()

    def __del__(self) -> None:
        """A scanner keeps its store until it goes itself, and then nobody is left to close it."""
        self._base.close()

    def affecting(self, ecosystem: str, name: str, version: str | None) -> list[Advisory]:
        """The advisories about a version, the worst first; without a version those about every version there is."""
        found = [self._advisory(ecosystem, version, group) for group in grouped(self._rows(ecosystem, name, version))]
        return sorted(found, key=lambda one: (-(one.severity.rank if one.severity else 2), -(one.score or 0), one.id))

    def _rows(self, ecosystem: str, name: str, version: str | None) -> list[_Row]:
        """The records about a version of a package, in the order of their names."""
        hits = self.hits(ecosystem, name, version)
        return sorted((_Row(self._rated(number), text) for number, text in hits), key=lambda row: row.name)

    def hits(self, ecosystem: str, name: str, version: str | None) -> list[tuple[int, str]]:
        """The numbers of the records about a version, and their ranges; no record is read."""
        affected = self._base.execute(
            "SELECT a.record, a.ranges FROM ecosystem e JOIN package p ON p.ecosystem = e.id"
            " JOIN affected a ON a.package = p.id WHERE e.name = ? AND p.name = ?",
            (ecosystem, normal(ecosystem, name)),
        )
        return [(number, text) for number, text in affected if _hit(ecosystem, version, text)]

    def _rated(self, number: int) -> Rated:
        return Rated.of(self._bodies.line(number))

    def _advisory(self, ecosystem: str, version: str | None, group: Sequence[_Row]) -> Advisory:
        names = sorted({name for row in group for name in row.names})
        main = min(group, key=lambda row: _preference(row.name))
        rated = [row.rated for row in group if row.rated.severity] or self._beside(names)
        best = max(rated, key=_badness, default=None)
        upstream = {name for row in group for name in _words(row.rated.record, "upstream")}
        cves = [name for name in (*names, *sorted(upstream)) if name.startswith("CVE-")]
        epss, exploited, ransomware = self._exploitation(cves)
        fixed = {ver for row in group for ver in ranges.fixes(ecosystem, version, row.ranges)} if version else set()
        return Advisory(
            id=main.name, aliases=tuple(name for name in names if name != main.name), summary=self._summary(group),
            severity=best.severity if best else None, score=best.score if best else None,
            vector=best.vector if best else "", fixed=_in_order(ecosystem, fixed), epss=epss, exploited=exploited,
            ransomware=ransomware, is_malicious=any(name.startswith("MAL-") for name in names),
            records=tuple(row.name for row in group),
        )  # fmt: skip

    def _beside(self, names: Iterable[str]) -> list[Rated]:
        """Rated records elsewhere in the store that name the same flaw."""
        query = "SELECT record FROM alias WHERE name = ?1 UNION SELECT id FROM record WHERE name = ?1"
        numbers = {number for name in names for (number,) in self._base.execute(query, (name,))}
        found = map(self._rated, sorted(numbers))
        return [one for one in found if one.severity and not one.record.get("withdrawn")]

    def _exploitation(self, cves: Sequence[str]) -> tuple[float | None, bool, bool]:
        scores, added = [], []
        for cve in cves:
            scores += self._base.execute("SELECT score FROM epss WHERE cve = ?", (cve_number(cve),)).fetchall()
            added += self._base.execute("SELECT ransomware FROM kev WHERE cve = ?", (cve_number(cve),)).fetchall()
        return max((row[0] / EPSS_UNIT for row in scores), default=None), bool(added), any(row[0] for row in added)

    def _summary(self, group: Sequence[_Row]) -> str:
        """The shortest of the records' own summaries, else the first sentence of a description."""
        bodies = [row.rated.record for row in group]
        summaries = sorted(
            (str(body["summary"]) for body in bodies if body.get("summary")), key=lambda text: (len(text), text)
        )
        details = next((str(body["details"]) for body in bodies if body.get("details")), "")
        return " ".join((summaries[0] if summaries else details.partition(". ")[0]).split())[:240]

    @staticmethod
    def in_order(ecosystem: str, versions: Iterable[str]) -> tuple[str, ...]:
        """Versions in the order of their ecosystem."""
        return _in_order(ecosystem, set(versions))

    def record(self, name: str) -> dict[str, Any] | None:
        """The whole record of an id, or None."""
        found = self._base.execute("SELECT id FROM record WHERE name = ?", (name,)).fetchone()
        return dict(self._rated(found[0]).record) if found else None

    def records_affecting(self, ecosystem: str, name: str, version: str) -> list[str]:
        """Ids of the records about a version, each record for itself."""
        return [row.name for row in self._rows(ecosystem, name, version)]

    def as_of(self) -> dict[str, dt.date]:
        """Of which day the records of each ecosystem are."""
        rows = self._base.execute("SELECT name, value FROM meta WHERE name LIKE 'as-of %' ORDER BY name")
        return {name.removeprefix("as-of "): dt.date.fromisoformat(value) for name, value in rows}

    def counts(self) -> dict[str, int]:
        """Records of each ecosystem, and of the tables beside them."""
        rows = self._base.execute(
            "SELECT e.name, count(DISTINCT a.record) FROM ecosystem e JOIN package p ON p.ecosystem = e.id"
            " JOIN affected a ON a.package = p.id GROUP BY e.name ORDER BY e.name"
        )
        found = {str(name): int(count) for name, count in rows}
        for table in ("epss", "kev"):
            found[table.upper()] = int(self._base.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608
        return found


def _hit(ecosystem: str, version: str | None, text: str) -> bool:
    return ranges.always(text) if version is None else ranges.affects(ecosystem, version, text)


def _words(record: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(str(word) for word in record.get(name) or [])


def _badness(row: Rated) -> tuple[int, float]:
    return (row.severity.rank if row.severity else -1), row.score or 0.0


def _preference(name: str) -> tuple[int, str]:
    """The id that people know: of malware its own, then CVE's, then that of the reviewed databases."""
    order = ("MAL-", "CVE-", "GHSA-", "PYSEC-")
    return next((index for index, prefix in enumerate(order) if name.startswith(prefix)), len(order)), name


def _in_order(ecosystem: str, found: set[str]) -> tuple[str, ...]:
    return tuple(sorted(found, key=lambda text: key(ecosystem, text)) if is_known(ecosystem) else sorted(found))


def grouped(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Records that name the same flaw by id or alias; what names other CVEs is another flaw, or a bundle."""
    parent = list(range(len(rows)))
    names: list[set[str]] = [set(row.names) for row in rows]
    owner: dict[str, int] = {}

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for index, row in enumerate(rows):
        for name in row.names:
            other, own = root(owner.setdefault(name, index)), root(index)
            if other != own and _agree(_cves(names[other]), _cves(names[own])):
                parent[own] = other
                names[other] |= names[own]
    groups: dict[int, list[_Row]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(root(index), []).append(row)
    return list(groups.values())


def _agree(left: set[str], right: set[str]) -> bool:
    return not left or not right or left == right


def _cves(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("CVE-")}
