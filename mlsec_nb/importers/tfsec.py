"""tfsec: `tfsec -f json` (https://aquasecurity.github.io/tfsec)."""

from typing import Any

from mlsec_nb.core import Confidence, Evidence, Status

from . import grades
from .told import Told, prose
from .values import all_have, at, first, has, line, number, text, texts

_PASSED, _IGNORED = 1, 2  # numbers that `status` has, 0 is failed


def is_mine(value: Any) -> bool:
    if not has(value, "results"):
        return False
    return all_have(value["results"], "rule_id", "location") or (value["results"] is None and len(value) == 1)


def read(value: Any, told: Told) -> None:
    """Every result that is no pass."""
    for one in told.rows(value, "results"):
        status = number(one, "status")
        if status == _PASSED:
            continue
        where = at(one, "location")
        told.found(
            first(text(one, "rule_id"), text(one, "long_id"), "unnamed"), text(one, "rule_description"),
            message=text(one, "description"), severity=grades.severity(text(one, "severity")),
            confidence=Confidence.HIGH, fix=text(one, "resolution"), why=text(one, "impact"),
            place=told.place(text(where, "filename"), line(where, "start_line"), end=(line(where, "end_line"), None)),
            shown=Evidence.fact(prose(text(one, "resource"))), references=texts(one, "links")[:5],
            status=Status.SUPPRESSED if status == _IGNORED else Status.NEW,
            reason="ignored in the source" if status == _IGNORED else "",
        )  # fmt: skip
