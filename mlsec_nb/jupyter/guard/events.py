"""What a guarded kernel did: loaded, connected, started; bounded, and without arguments that may hold secrets."""

import time
from collections import deque
from dataclasses import dataclass

from mlsec_nb.core import Evidence, Finding, Location, Rule, Severity, mask_text

KEPT = 10_000

RULES = {
    rule.id: rule
    for rule in (
        Rule(
            id="GUARD-UNPICKLE", title="a pickle asked for a dangerous callable", severity=Severity.CRITICAL,
            why="Unpickling calls what the pickle names: this one names what no data needs.",
            fix="Do not load this file; find out who made it. Prefer safetensors or another format without code.",
            references=("CWE-502", "ML06:2023", "AML.T0010"),
        ),
        Rule(
            id="GUARD-LOAD", title="a loader opened a model file that would run code", severity=Severity.CRITICAL,
            why="The scan of the file found what loading it would do.", references=("CWE-502", "AML.T0010"),
            fix="Do not load this file; `mlsec model FILE` shows what it would do.",
        ),
        Rule(
            id="GUARD-UNKNOWN", title="a pickle asked for a callable that mlsec does not know", severity=Severity.LOW,
            why="It may be a class of your own project; it may be anything.", references=("CWE-502",),
            fix="Check where the class comes from; allow it with `guard().allow(…, reason=…)`.",
        ),
        Rule(
            id="GUARD-OUTPUT", title="a secret was masked on its way to an output", severity=Severity.MEDIUM,
            why="Outputs are saved with the notebook and shared with it.", references=("CWE-532",),
            fix="Do not print it; read secrets where they are used.",
        ),
        Rule(
            id="GUARD-CELL", title="a cell was refused", severity=Severity.HIGH,
            why="The check of the cell's text found something at or above the guard's threshold.",
            fix="Mend the cell, or switch the cell guard off for it with a reason.",
        ),
        Rule(
            id="GUARD-CONNECT", title="the kernel opened a connection", severity=Severity.INFO,
            why="What a notebook talks to is worth knowing when it holds data or keys.",
        ),
        Rule(
            id="GUARD-PROCESS", title="the kernel started a process", severity=Severity.INFO,
            why="What a notebook starts runs with your rights.",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `seconds` since the epoch."""

    seconds: float
    rule: str
    subject: str
    action: str  # "blocked", "warned", "masked", "seen"
    path: str = ""


class Log:
    """The last events; appending is atomic, so threads may share it."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque(maxlen=KEPT)

    def add(self, rule: str, subject: str, action: str, path: str = "") -> None:
        self.events.append(Event(time.time(), rule, subject, action, path))

    def findings(self) -> list[Finding]:
        """The events as findings, equal ones as one with their count."""
        counted: dict[tuple[str, str, str, str], int] = {}
        for event in list(self.events):
            key = (event.rule, event.subject, event.action, event.path)
            counted[key] = counted.get(key, 0) + 1
        return [
            Finding(
                rule=RULES[rule], scanner="guard", location=Location(path=path or "<kernel>"),
                evidence=Evidence.fact(mask_text(subject)), details={"count": count, "action": action},
                message=f"{RULES[rule].title}: {action}" + (f" ({count} times)" if count > 1 else ""),
            )
            for (rule, subject, action, path), count in counted.items()
        ]  # fmt: skip
