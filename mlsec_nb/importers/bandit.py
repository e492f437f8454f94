"""Bandit: `bandit -f json` (https://bandit.readthedocs.io)."""

from typing import Any

from mlsec_nb.core import Severity

from . import grades
from .told import Told, of_secret
from .values import first, has, line, number, text

_SEVERITIES = {"undefined": Severity.MEDIUM}


def is_mine(value: Any) -> bool:
    return has(value, "results", "metrics", "errors")


def read(value: Any, told: Told) -> None:
    """Every result; every file that could not be read is a gap."""
    for one in told.rows(value, "results"):
        cwe = number(one, "issue_cwe", "id")
        message = text(one, "issue_text")
        row = line(one, "line_number")
        column = line(one, "col_offset", shift=1)
        told.found(
            first(text(one, "test_id"), "unnamed"), text(one, "test_name").replace("_", " "), message=message,
            severity=grades.severity(text(one, "issue_severity"), _SEVERITIES),
            confidence=grades.confidence(text(one, "issue_confidence")),
            place=told.place(text(one, "filename"), row, column, (row, line(one, "end_col_offset", shift=1))),
            shown="" if of_secret(message) else _line(text(one, "code"), row),
            references=[*([f"CWE-{cwe:.0f}"] if cwe else []), text(one, "more_info")],
        )  # fmt: skip
    for one in told.rows(value, "errors"):
        told.missed(first(text(one, "reason"), "could not be read"), place=told.place(text(one, "filename")))


def _line(code: str, row: int | None) -> str:
    """The line itself out of the lines around it, each of which begins with its number."""
    for one in code.splitlines():
        number_, _, words = one.partition(" ")
        if number_ == str(row):
            return words
    return ""
