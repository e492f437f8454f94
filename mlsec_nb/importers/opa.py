"""OPA and conftest: `opa eval -f json`, the data API, `conftest test -o json` (https://www.openpolicyagent.org)."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlsec_nb.core import Confidence, Location, Severity, Status

from . import grades
from .told import Told, name
from .values import all_have, at, first, has, text

_SEVERITIES = {"deny": Severity.HIGH, "violation": Severity.HIGH, "failures": Severity.HIGH, "warn": Severity.LOW,
               "warnings": Severity.LOW, "exceptions": Severity.HIGH}  # fmt: skip
_RULES = ("deny", "violation", "warn")
_DEEPEST = 20


def is_mine(value: Any) -> bool:
    return (
        all_have(value, "filename", "successes")
        or all_have(value, "filename", "failures")
        or all_have(at(value, "result"), "expressions")
        or has(value, "result", "decision_id")
        or _denies(at(value, "result"))
    )


def _denies(value: Any) -> bool:
    return isinstance(value, Mapping) and any(rule in value for rule in (*_RULES, "allow"))


def read(value: Any, told: Told) -> None:
    """Every denial and warning; a decision that is not one is a gap."""
    if isinstance(value, list):
        told.tool = "conftest"
        for file in told.rows(value):
            _file(file, told)
    elif all_have(at(value, "result"), "expressions"):
        for row in told.rows(value, "result"):
            for one in told.rows(row, "expressions"):
                _decision(one.get("value"), text(one, "text"), told)
    else:
        _decision(value.get("result"), "", told)
    for one in told.rows(value, "errors") if isinstance(value, Mapping) else ():
        told.missed(first(text(one, "message"), "the policy failed"), code="failed")


def _file(file: Mapping[str, Any], told: Told) -> None:
    place = told.place(text(file, "filename"))
    for kind in ("failures", "warnings", "exceptions"):
        for one in told.rows(file, kind):
            query = text(one, "metadata", "query").rpartition("data.")[2]
            status = Status.SUPPRESSED if kind == "exceptions" else Status.NEW
            _told(one, query or f"{text(file, 'namespace')} {kind}", _SEVERITIES[kind], told, place, status)


def _decision(value: Any, query: str, told: Told) -> None:
    if value is True or (isinstance(value, Mapping) and _denies(value) is False and not value):
        return
    if value is False:
        told.found(query or "allow", "The policy does not allow it", severity=Severity.HIGH, confidence=Confidence.HIGH)
        return
    found = list(_denials(value, query))
    for rule, message in found:
        _told(message, rule, _SEVERITIES[rule.rpartition(".")[2]], told)
    if isinstance(value, Mapping) and value.get("allow") is False and not found:
        told.found(f"{query} allow", "The policy does not allow it", severity=Severity.HIGH, confidence=Confidence.HIGH)
    elif not found and not _is_empty(value):
        told.missed("the answer is no decision: neither true, nor false, nor denials", code="unsupported")


def _is_empty(value: Any) -> bool:
    return value == [] or (isinstance(value, Mapping) and (_denies(value) or all(map(_is_empty, value.values()))))


def _denials(value: Any, query: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """What stands in sets of denials, wherever they are below the queried document."""
    last = query.rpartition(".")[2]
    if isinstance(value, list) and last in _RULES:
        yield from ((query, one) for one in value)
    elif isinstance(value, list) and depth == 0:
        yield from (("deny", one) for one in value)
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        for key, inner in value.items():
            yield from _denials(inner, f"{query}.{key}" if query else str(key), depth + 1)


def _told(
    one: Any, rule: str, severity: Severity, told: Told, place: Location | None = None, status: Status = Status.NEW
) -> None:
    words = first(text(one, "msg"), text(one, "message")) if isinstance(one, Mapping) else text([one], 0)
    word = first(text(one, "severity"), text(one, "metadata", "severity")) if isinstance(one, Mapping) else ""
    own = first(text(one, "id"), text(one, "metadata", "id"), rule) if isinstance(one, Mapping) else rule
    where = text(one, "path") if isinstance(one, Mapping) else ""
    told.found(
        own, f"Denied by {name(rule)}" if severity is Severity.HIGH else f"Said by {name(rule)}",
        message=words or "denied without a word", severity=grades.severity(word) if word else severity,
        confidence=Confidence.HIGH, place=place or told.place(where), status=status,
        reason="an exception of the policy" if status is Status.SUPPRESSED else "",
    )  # fmt: skip
