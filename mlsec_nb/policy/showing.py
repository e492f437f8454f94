"""Gates and decisions as text and as JSON values."""

from collections.abc import Iterator, Sequence
from typing import Any

from .decisions import Decision, Message
from .gates import GateReport, Outcome, State

MARKS = {State.PASSED: "✔", State.FAILED: "✘", State.UNDECIDED: "?", State.NOT_RUN: "–"}
_COLORS = {State.PASSED: "32", State.FAILED: "31", State.UNDECIDED: "33", State.NOT_RUN: "33"}
_WORDS = {True: ("PASSED", "32"), False: ("STOPPED", "31"), None: ("UNDECIDED", "33")}


def terminal(reports: Sequence[GateReport], *, color: bool = False) -> str:
    """The gates one below the other, each check with what became of it."""
    return "\n".join(line for report in reports for line in _gate(report, color=color)) + "\n"


def _gate(report: GateReport, *, color: bool) -> Iterator[str]:
    word, shade = _WORDS[report.verdict.passed]
    yield f"{_painted(word, shade, color=color):<9} gate {report.gate}"
    for one in report.outcomes:
        yield from _outcome(one, color=color)
    if report.decision is not None:
        yield from decision_lines(report.decision, color=color, indent="  ")
    if not report.outcomes and report.decision is None:
        yield "  – nothing was checked"


def _outcome(one: Outcome, *, color: bool) -> Iterator[str]:
    mark = _painted(MARKS[one.state], _COLORS[one.state], color=color)
    note = "" if one.required else " (optional)"
    count = f", {one.findings} finding{'' if one.findings == 1 else 's'}" if one.findings else ""
    yield f"  {mark} {one.check}{note}: {one.state}{count}"
    for reason in one.reasons:
        yield f"      {reason}"


def decision_lines(decision: Decision, *, color: bool = False, indent: str = "") -> Iterator[str]:
    """What the policies said."""
    state = {True: State.PASSED, False: State.FAILED, None: State.UNDECIDED}[decision.allowed]
    said = {True: "allowed", False: "denied", None: "undecided"}[decision.allowed]
    yield f"{indent}{_painted(MARKS[state], _COLORS[state], color=color)} policy: {said}"
    for one in decision.denials:
        yield f"{indent}    deny {_message(one)}"
    for one in decision.warnings:
        yield f"{indent}    warn {_message(one)}"
    for reason in decision.reasons:
        yield f"{indent}    {reason}"
    for line in decision.printed:
        yield f"{indent}    print: {line}"


def _message(one: Message) -> str:
    grade = f"[{one.severity}] " if one.severity else ""
    return f"{grade}{one.id + ': ' if one.id else ''}{one.text}"


def _painted(text: str, shade: str, *, color: bool) -> str:
    return f"\x1b[{shade}m{text}\x1b[0m" if color else text


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
