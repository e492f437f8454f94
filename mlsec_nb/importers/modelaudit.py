"""ModelAudit: `modelaudit … --format json` (https://github.com/promptfoo/modelaudit)."""

import re
from typing import Any

from mlsec_nb.core import Location, Severity

from . import grades
from .told import Told
from .values import at, first, has, text

_SEVERITIES = {"warning": Severity.MEDIUM, "critical": Severity.CRITICAL, "debug": Severity.INFO}
_INSIDE = re.compile(r"(?P<path>.*?)(?::(?P<member>[^:()]*\.[\w]+))?(?: \(pos(?:ition)? \d+\))?\Z")


def is_mine(value: Any) -> bool:
    return has(value, "issues") and (has(value, "bytes_scanned") or has(value, "scanner_names"))


def read(value: Any, told: Told) -> None:
    """Every issue; a check that was skipped, and a scan that failed, is a gap."""
    incomplete: set[Location] = set()
    for one in told.rows(value, "issues"):
        match = _INSIDE.match(text(one, "location"))
        place = told.place(match["path"], member=match["member"] or "") if match else told.here
        told.found(
            first(text(one, "rule_code"), text(one, "type"), text(one, "name"), "issue"),
            first(text(one, "name"), text(one, "type"), "What loading the model would do"),
            message=text(one, "message"), severity=grades.severity(text(one, "severity"), _SEVERITIES), place=place,
            why=text(one, "why"), references=("CWE-502",),
        )  # fmt: skip
        if at(one, "details", "analysis_incomplete") is True and place not in incomplete:
            incomplete.add(place)
            told.missed(f"was not read to its end: {text(one, 'message')}", place=place)
    for one in told.rows(value, "checks"):
        if text(one, "status") == "skipped":
            told.missed(first(text(one, "message"), text(one, "name")), code="skipped",
                        place=told.place(text(one, "location")))  # fmt: skip
    if not incomplete and (value.get("has_errors") is True or value.get("success") is False):
        told.missed("the tool says that something could not be scanned", code="failed")
