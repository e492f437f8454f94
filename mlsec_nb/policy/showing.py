"""Decisions as text, gates and decisions as JSON values."""

from collections.abc import Iterator
from typing import Any

from .decisions import Decision, Message
from .gates import GateReport, State

MARKS = {State.PASSED: "✔", State.FAILED: "✘", State.UNDECIDED: "?", State.NOT_RUN: "–"}


def decision_lines(decision: Decision) -> Iterator[str]:
    """What the policies said."""
    state = {True: State.PASSED, False: State.FAILED, None: State.UNDECIDED}[decision.allowed]
    said = {True: "allowed", False: "denied", None: "undecided"}[decision.allowed]
    yield f"{MARKS[state]} policy: {said}"
    for one in decision.denials:
        yield f"    deny {_message(one)}"
    for one in decision.warnings:
        yield f"    warn {_message(one)}"
    for reason in decision.reasons:
        yield f"    {reason}"
    for line in decision.printed:
        yield f"    print: {line}"


def _message(one: Message) -> str:
    grade = f"[{one.severity}] " if one.severity else ""
    return f"{grade}{one.id + ': ' if one.id else ''}{one.text}"


def tree(report: GateReport) -> dict[str, Any]:
    """A gate as JSON values."""
    return {
        "gate": report.gate,
        "passed": report.verdict.passed,
        "reasons": list(report.verdict.reasons),
        "checks": [
            {"check": one.check, "state": str(one.state), "required": one.required, "findings": one.findings,
             "reasons": list(one.reasons)}
            for one in report.outcomes
        ],
        "subjects": dict(report.subjects),
        "policy": None if report.decision is None else decision_tree(report.decision),
    }  # fmt: skip


def decision_tree(decision: Decision) -> dict[str, Any]:
    """A decision as JSON values."""
    return {
        "allowed": decision.allowed,
        "deny": [_message_tree(one) for one in decision.denials],
        "warn": [_message_tree(one) for one in decision.warnings],
        "reasons": list(decision.reasons),
        "asked": list(decision.asked),
    }


def _message_tree(one: Message) -> dict[str, Any]:
    fields = {"msg": one.text, "rule": one.rule, "id": one.id, "severity": one.severity, "path": one.path}
    return {**{key: value for key, value in fields.items() if value}, **one.details}
