"""osv-scanner: `osv-scanner scan … --format json` (https://google.github.io/osv-scanner/output/)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlsec_nb.core import Location, Severity, purl

from . import grades
from .advisory import Vulnerable, vulnerable
from .told import Told
from .values import all_have, at, first, has, mappings, number, text, texts

_SEVERITIES = {"unknown": Severity.MEDIUM}
_MALICIOUS = "MAL-"


def is_mine(value: Any) -> bool:
    results = at(value, "results")
    return (has(value, "results") and all_have(results, "packages")) or has(value, "results", "experimental_config")


def read(value: Any, told: Told) -> None:
    """Every group of records that tell of the same vulnerability, as the tool counts them."""
    for source in told.rows(value, "results"):
        place = told.place(text(source, "source", "path"))
        for package in told.rows(source, "packages"):
            called, version = text(package, "package", "name"), text(package, "package", "version")
            ecosystem = text(package, "package", "ecosystem")
            told.component(called, version=version, purl=purl(ecosystem, called, version or None), place=place,
                           properties={"licence": " AND ".join(texts(package, "licenses"))})  # fmt: skip
            records = told.rows(package, "vulnerabilities")
            for ids, score in _groups(package, records):
                _told(told, package, [one for one in records if text(one, "id") in ids], ids, score, place)
            for licence in texts(package, "license_violations"):
                told.found("LICENSE", "A licence that is not allowed", severity=Severity.MEDIUM, place=place,
                           message=f"{called}: {licence}")  # fmt: skip


def _groups(
    package: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[list[str], float | None]]:
    seen: set[str] = set()
    for group in mappings(package, "groups"):
        ids = texts(group, "ids")
        if ids:
            seen.update(ids)
            yield ids, number(group, "max_severity")
    yield from (([text(one, "id")], None) for one in records if text(one, "id") not in seen)


def _told(
    told: Told, package: Mapping[str, Any], records: Sequence[Mapping[str, Any]], ids: list[str],
    score: float | None, place: Location,
) -> None:  # fmt: skip
    called, version = text(package, "package", "name"), text(package, "package", "version")
    ecosystem = text(package, "package", "ecosystem")
    words = first(*(text(one, "database_specific", "severity") for one in records))
    severity = grades.severity(words, _SEVERITIES) if words and score is None else None
    vulnerable(told, Vulnerable(
        id=ids[0], package=called, version=version, ecosystem=ecosystem, cvss=score,
        severity=Severity.CRITICAL if ids[0].startswith(_MALICIOUS) else severity,
        summary=first(*(text(one, "summary") for one in records), *(text(one, "details") for one in records)),
        aliases=[*ids[1:], *(alias for one in records for alias in texts(one, "aliases"))],
        fixed=sorted({fixed for one in records for fixed in _fixed(one, called)}),
        purl=purl(ecosystem, called, version or None),
    ), place)  # fmt: skip


def _fixed(record: Mapping[str, Any], called: str) -> Iterator[str]:
    for affected in mappings(record, "affected"):
        if text(affected, "package", "name") == called:
            for ranged in mappings(affected, "ranges"):
                if text(ranged, "type") != "GIT":
                    yield from (fixed for event in mappings(ranged, "events") if (fixed := text(event, "fixed")))
