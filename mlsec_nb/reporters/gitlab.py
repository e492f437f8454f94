"""The report as GitLab Code Quality (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format)."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from mlsec_nb.core import SKIPPED, Finding, Gap, Location, Report, Severity

from .json import encode
from .options import Options
from .places import in_cell, spot
from .text import prose, visible

_GRADES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render(report: Report, options: Options) -> str:
    """The new findings, and as "info" what was not looked at; fingerprints are made unique, or entries would merge."""
    del options
    gaps = [gap for gap in report.gaps if gap.code != SKIPPED]
    return encode([*_numbered(map(_finding, report.new)), *_numbered(map(_gap, gaps))], indent=2) + "\n"


def _numbered(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for entry in entries:
        name = entry["fingerprint"]
        seen[name] += 1
        yield entry if seen[name] == 1 else {**entry, "fingerprint": _digest(name, str(seen[name]))}


def _finding(one: Finding) -> dict[str, Any]:
    evidence = f" ({one.evidence.shown})" if one.evidence.shown else ""
    return {
        "description": visible(in_cell(one.location) + prose(one.message) + evidence),
        "check_name": visible(one.rule.id),
        "fingerprint": one.fingerprint,
        "severity": _GRADES[one.severity],
        "location": _location(one.location),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "description": visible(f"Not looked at: {in_cell(gap.location)}{prose(gap.reason)}"),
        "check_name": visible(f"gap-{gap.code}"),
        "fingerprint": _digest(gap.code, gap.scanner, str(gap.location)),
        "severity": "info",
        "location": _location(gap.location),
    }


def _location(place: Location) -> dict[str, Any]:
    where = spot(place)
    path = visible(place.path).removeprefix("./")
    return {"path": path, "lines": {"begin": where.line if where else 1}}


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:32]
