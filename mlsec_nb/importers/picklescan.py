"""picklescan: what `picklescan -p …` prints; it has no other format (https://github.com/mmaitre314/picklescan)."""

import re
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity

from .told import Told, prose

_SEVERITIES = {"dangerous": Severity.CRITICAL, "suspicious": Severity.MEDIUM, "unknown": Severity.MEDIUM}
_FOUND = re.compile(r"^(?P<path>.+?): (?P<grade>\w+) (?:import|global) '(?P<what>[^']*)' FOUND\s*$")
_INFECTED = re.compile(r"^Infected files: (\d{1,9})\s*$", re.MULTILINE)
_GLOBALS = re.compile(r"^(Dangerous|Suspicious) globals: (\d{1,9})\s*$", re.MULTILINE)
_NAMED = re.compile(r"could not parse (?P<path>.+) as (?P<rest>.+)")
_MISSED = re.compile(r"^(?:WARNING|ERROR): ?(?P<words>.*)$")


def is_mine(value: Any) -> bool:
    return isinstance(value, str) and "SCAN SUMMARY" in value and bool(_INFECTED.search(value))


def read(value: Any, told: Told) -> None:
    """Every import that it names; files that it could not parse are gaps."""
    counts: dict[str, int] = {}
    for row in value.splitlines():
        if match := _FOUND.match(row[:4_000]):
            grade = match["grade"].lower()
            counts[grade] = counts.get(grade, 0) + 1
            path, member = _parts(match["path"])
            told.found(
                f"{grade} import", f"Loading imports what is {grade}", severity=_SEVERITIES.get(grade, Severity.MEDIUM),
                message=f"Loading imports {'.'.join(match['what'].split())}", confidence=Confidence.HIGH,
                place=told.place(path, member=member), references=("CWE-502",),
                shown=Evidence.fact(prose(".".join(match["what"].split()))),
            )  # fmt: skip
        elif match := _MISSED.match(row[:4_000]):
            named = _NAMED.match(match["words"])
            place = told.place(*_parts(named["path"])[:1]) if named else None
            told.missed(
                f"could not be parsed as {named['rest']}" if named else match["words"] or "the tool complained",
                place=place,
            )
    for grade, total in _GLOBALS.findall(value):
        if grade == "Dangerous" and (lost := int(total) - counts.get("dangerous", 0)) > 0:
            told.missed(f"{lost} of {total} dangerous imports stand only in the summary", code="malformed")


def _parts(path: str) -> tuple[str, str]:
    """`model.zip:data.pkl` is a file inside a file."""
    outer, colon, inner = path.rpartition(":")
    return (outer, inner) if colon and len(outer) > 1 and not inner.startswith(("//", "\\")) else (path, "")
