"""Schemathesis: `st run … --report json` (https://schemathesis.readthedocs.io)."""

from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity

from . import grades
from .told import Told, prose
from .values import at, first, has, number, text

# Only what breaks a server is a weakness; the rest is a difference from the description.
_SEVERITIES = {"critical": Severity.HIGH, "high": Severity.MEDIUM, "medium": Severity.LOW, "low": Severity.INFO}


def is_mine(value: Any) -> bool:
    return has(value, "schemathesis_version", "failures")


def read(value: Any, told: Told) -> None:
    """Every unique failure; errors of the run, and a run that ended early, are gaps."""
    for one in told.rows(value, "failures"):
        calls = at(one, "operations")
        calls = [_call(call) for call in calls] if isinstance(calls, list) else []
        count = number(one, "count")
        title = first(text(one, "title"), text(one, "type"), "failure")
        told.found(
            first(text(one, "code"), text(one, "type"), "failure"), title,
            message=f"{title}: {', '.join(filter(None, calls[:3]))}" if any(calls) else title,
            severity=grades.severity(text(one, "severity"), _SEVERITIES), confidence=Confidence.HIGH,
            shown=Evidence.fact(prose(" ".join(calls[:3]))), details={"count": int(count)} if count else {},
        )  # fmt: skip
    for one in told.rows(value, "errors"):
        told.missed(first(text(one, "message"), text(one, "title"), text(one, "type"), "an error"), code="failed")
    if value.get("complete") is False:
        told.missed(f"the run ended early: {first(text(value, 'stop_reason'), 'no reason given')}", code="timeout")


def _call(one: Any) -> str:
    if isinstance(one, Mapping):
        return first(text(one, "label"), f"{text(one, 'method')} {text(one, 'path')}".strip())
    return text([one], 0)
