"""The one answer: findings with their status, gaps, components and the verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .component import Component
from .finding import Finding
from .gap import Gap
from .grades import Severity
from .rule import Rule


class Status(StrEnum):
    """What triage made of a finding."""

    NEW = "new"
    KNOWN = "known"  # stands in the baseline
    SUPPRESSED = "suppressed"  # somebody said why it is fine


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding and what triage made of it; `reason` says who decided and why."""

    finding: Finding
    status: Status = Status.NEW
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Passed (True), failed (False), or undecided (None) because something was not looked at; with the reasons."""

    passed: bool | None
    reasons: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        return {True: 0, False: 1, None: 2}[self.passed]


@dataclass(frozen=True, slots=True)
class Audited:
    """An artifact as the report names it."""

    path: str
    kind: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Change:
    """A package of another version than before; `before` is None for one that came, `after` for one that went."""

    name: str
    ecosystem: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that one audit has to say; the same input gives the same report, byte for byte."""

    findings: tuple[Judged, ...] = ()
    gaps: tuple[Gap, ...] = ()
    components: tuple[Component, ...] = ()
    artifacts: tuple[Audited, ...] = ()
    verdict: Verdict = Verdict(None, ("nothing was judged",))
    targets: tuple[str, ...] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict, hash=False)
    version: str = ""
    rules_digest: str = ""
    changes: tuple[Change, ...] = ()  # of the packages, when the audit was held against another one

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that nobody has judged yet."""
        return tuple(judged.finding for judged in self.findings if judged.status is Status.NEW)

    def count(self, findings: Iterable[Finding] | None = None) -> dict[Severity, int]:
        """How many findings (by default the new ones) there are of each severity, the worst first."""
        chosen = self.new if findings is None else tuple(findings)
        return {grade: sum(f.severity is grade for f in chosen) for grade in reversed(Severity)}
