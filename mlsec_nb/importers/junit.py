"""JUnit XML, as many scanners and test runners write it (https://llg.cubic.org/docs/junit/).

A test that failed is a finding; one that ended in an error, or was skipped, did not look.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlsec_nb.core import SKIPPED, Severity

from . import grades
from .markup import TEXT
from .told import PUBLIC, Told
from .values import first, line, number, text

_GRADE: Final = re.compile(r"(?i)\b(critical|high|medium|moderate|low|info)\b")
_ORDINARY: Final = re.compile(r"(?i)(?:\w*(?:failure|error|exception|description))?\Z")
_ID: Final = re.compile(r"(?<=\[)[A-Z][A-Z0-9]*(?:[-_][A-Z0-9]+)+(?=\])")
_MAX_DEPTH: Final = 20  # suites in suites


def is_mine(value: Any) -> bool:
    return isinstance(value, Mapping) and ("testsuites" in value or "testsuite" in value)


def read(value: Any, told: Told) -> None:
    """Every test of every suite."""
    for suite in _suites(value, told, 0):
        failed = errors = skipped = 0
        for test in told.rows(suite, "testcase"):
            rows = told.rows(test, "failure")
            failed += bool(rows)
            for row in rows:
                _failed(suite, test, row, told)
            for row in told.rows(test, "error"):
                errors += 1
                told.missed(f"{_named(test)} ended in an error: {_says(row)}", code="failed", place=_place(test, told))
            skipped += "skipped" in test
        if skipped:
            told.missed(f"{skipped} test{'s'[: skipped > 1]} of {_named(suite)} did not run", code=SKIPPED)
        _counted(suite, failed + errors, told)


def _suites(value: Any, told: Told, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _MAX_DEPTH:
        told.missed("suites are nested too deep", code="malformed")
        return
    for outer in told.rows(value, "testsuites"):
        yield from _suites(outer, told, depth + 1)
    for suite in told.rows(value, "testsuite"):
        yield suite
        yield from _suites({"testsuite": suite["testsuite"]} if "testsuite" in suite else {}, told, depth + 1)


def _failed(suite: Mapping[str, Any], test: Mapping[str, Any], row: Mapping[str, Any], told: Told) -> None:
    called, kind = _named(test), text(row, "@type")
    published = _ID.search(called) or PUBLIC.search(f"{called} {kind}")
    own = published[0] if published else first("" if _ORDINARY.match(kind) else kind, text(suite, "@name"), "failure")
    grade = _GRADE.search(f"{kind} {called}")
    told.found(
        own, first(called, own), message=first(_says(row), called), place=_place(test, told),
        severity=grades.severity(grade[1]) if grade else Severity.MEDIUM,
    )  # fmt: skip


def _counted(suite: Mapping[str, Any], found: int, told: Told) -> None:
    """Whether there are as many failures as the suite says."""
    said = sum(int(number(suite, key) or 0) for key in ("@failures", "@errors"))
    if said > found and "testsuite" not in suite:
        told.missed(f"{_named(suite)} says {said} failures and errors, and tells {found}", code="malformed")


def _named(thing: Mapping[str, Any]) -> str:
    return first(text(thing, "@name"), text(thing, "@classname"), "unnamed")


def _says(row: Mapping[str, Any]) -> str:
    return first(text(row, "@message"), text(row, TEXT))


def _place(test: Mapping[str, Any], told: Told) -> Any:
    return told.place(text(test, "@file"), line(test, "@line"))
