"""Checkov: `checkov -o json`, one framework or a list of them (https://www.checkov.io)."""

from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Status

from . import grades
from .advisory import Vulnerable, vulnerable
from .told import Told, prose
from .values import all_have, at, first, has, line, number, text, texts


def is_mine(value: Any) -> bool:
    return (
        has(value, "check_type", "results")
        or all_have(value, "check_type", "results")
        or has(value, "checkov_version", "failed")  # of a run that had nothing to look at
    )


def read(value: Any, told: Told) -> None:
    """Every failed and every skipped check; files that it could not parse are gaps."""
    for part in told.rows(value) if isinstance(value, list) else [value]:
        for one in told.rows(part, "results", "failed_checks"):
            _check(one, told, Status.NEW)
        for one in told.rows(part, "results", "skipped_checks"):
            _check(one, told, Status.SUPPRESSED)
        for path in texts(part, "results", "parsing_errors"):
            told.missed("could not be parsed", code="malformed", place=told.place(path.lstrip("/")))


def _check(one: Mapping[str, Any], told: Told, status: Status) -> None:
    first_line, last_line = line(one, "file_line_range", 0), line(one, "file_line_range", 1)
    place = told.place(text(one, "file_path").lstrip("/"), first_line, end=(last_line, None))
    reason = "skipped in the source: " + first(text(one, "check_result", "suppress_comment"), "(no reason given)")
    reason = reason if status is Status.SUPPRESSED else ""
    word = text(one, "severity")
    if known := at(one, "vulnerability_details"):
        vulnerable(told, Vulnerable(
            id=text(known, "id"), package=text(known, "package_name"), version=text(known, "package_version"),
            severity=grades.severity(word) if word else None, cvss=number(known, "cvss"),
            summary=text(known, "description").partition(". ")[0], status=status, reason=reason,
        ), place)  # fmt: skip
        return
    own = first(text(one, "check_id"), text(one, "bc_check_id"), "unnamed")
    told.found(
        own, first(text(one, "check_name"), own), severity=grades.severity(word), confidence=Confidence.HIGH,
        place=place, shown=Evidence.fact(prose(text(one, "resource"))), references=[text(one, "guideline")],
        status=status, reason=reason, details={"resource": prose(text(one, "resource"))},
    )  # fmt: skip
