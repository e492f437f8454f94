"""The four gates: which checks each of them needs, and what their outcomes come to.

A required check that did not run, failed to run, was left out, or could not look at everything leaves the gate
undecided (exit code 2). Findings and denials win: a gate that has something to stop for says so (exit code 1).
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from mlsec_nb.config import Config
from mlsec_nb.core import NO_ADVISORIES, MlsecError, Report, Severity, UsageError, Verdict

from .decisions import Decision
from .thresholds import verdict

NAMES = ("pre-commit", "ci", "pre-deploy", "deploy")
API = "api"  # the check that needs servers, which no folder holds
_SHARED = ("pipeline", "sources")  # gaps of these concern every check


class State(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"  # it ran, and could not look at everything
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What one gate asks for; `checks` and `optional` are names of scanners."""

    name: str
    checks: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    targets: tuple[str, ...] = (".",)
    fail_on: Severity | None = None
    allow_gaps: tuple[str, ...] | None = None
    policies: tuple[str, ...] = ()
    built_in: bool = False  # the policies that come with mlsec, too
    shape: str = "mlsec"
    documents: Mapping[str, str] = field(default_factory=dict, hash=False)  # places in the input, and files for them
    reports: Mapping[str, str] = field(default_factory=dict, hash=False)  # saved reports that are checks
    requires: tuple[str, ...] = ()  # gates whose signed evidence is needed
    subjects: tuple[str, ...] = ()  # files that the evidence is about
    max_age_hours: float = 24.0 * 7
    trust: str | None = None  # the file that says which keys are trusted
    evidence: tuple[str, ...] = ()  # files and folders of envelopes
    models: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)  # signature and public, by path
    opa: str | None = None  # another authority than our engine: "opa" (the program) or the URL of a decision
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)  # becomes data.mlsec.config


DEFAULTS: Mapping[str, Gate] = {
    "pre-commit": Gate(name="pre-commit", checks=("secrets", "code"), optional=("models", "dependencies")),
    "ci": Gate(name="ci", checks=("secrets", "code", "models", "dependencies", "containers", "data"),
               fail_on=Severity.HIGH),
    "pre-deploy": Gate(name="pre-deploy", checks=("infrastructure", "api"), fail_on=Severity.HIGH),
    "deploy": Gate(name="deploy", built_in=True, requires=("ci",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one check, and why."""

    check: str
    state: State
    required: bool = True
    reasons: tuple[str, ...] = ()
    findings: int = 0
    report: Report | None = field(default=None, repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """The whole answer of a gate."""

    gate: str
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    decision: Decision | None = None
    report: Report | None = field(default=None, repr=False, hash=False)  # of the checks that ran here
    saved: tuple[Report, ...] = field(default=(), repr=False, hash=False)  # of those that ran elsewhere
    subjects: Mapping[str, str] = field(default_factory=dict, hash=False)  # SHA-256 before the checks, by path

    @property
    def reports(self) -> tuple[Report, ...]:
        """Every report that the gate has judged."""
        return (*((self.report,) if self.report is not None else ()), *self.saved)


def load(config: Config) -> dict[str, Gate]:
    """The gates of `[tool.mlsec.gates]`, each laid over its default; a mistake is a `UsageError` that names the key."""
    table = config.tables.get("gates", {})
    if unknown := set(table) - set(NAMES):
        raise UsageError(f"gates.{min(unknown)} is no gate; gates are {', '.join(NAMES)}")
    return {name: _gate(name, table.get(name, {})) for name in NAMES}


def _gate(name: str, table: Any) -> Gate:
    if not isinstance(table, Mapping):
        raise UsageError(f"gates.{name} must be a table")
    readers: dict[str, Callable[[str, Any], Any]] = {
        "checks": _words, "optional": _words, "targets": _words, "fail_on": _severity, "allow_gaps": _words,
        "policies": _words, "built_in": _flag, "shape": _word, "documents": _strings,
        "reports": _strings, "requires": _words,
        "subjects": _words, "max_age_hours": _hours, "trust": _word, "evidence": _words,
        "opa": _word, "models": _models, "data": _mapping,
    }  # fmt: skip
    given: dict[str, Any] = {}
    for raw, value in table.items():
        key = raw.replace("-", "_")
        if key not in readers:
            raise UsageError(f"gates.{name}.{raw} is not an option; options are {', '.join(sorted(readers))}")
        given[key] = readers[key](f"gates.{name}.{raw}", value)
    gate = replace(DEFAULTS[name], **given)
    if wrong := set(gate.requires) - set(NAMES):
        raise UsageError(f"gates.{name}.requires: {min(wrong)} is no gate")
    if wrong := set(gate.reports) - {*gate.checks, *gate.optional}:
        raise UsageError(f"gates.{name}.reports: {min(wrong)} is none of the gate's checks")
    if both := set(gate.checks) & set(gate.optional):
        gate = replace(gate, optional=tuple(one for one in gate.optional if one not in both))
    return gate


def _words(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise UsageError(f"{key} must be a list of strings")
    return tuple(value)


def _word(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{key} must be a string")
    return value


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{key} must be true or false")
    return value


def _severity(key: str, value: Any) -> Severity:
    try:
        return Severity(value)
    except ValueError:
        raise UsageError(f"{key} must be one of {', '.join(Severity)}") from None


def _hours(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise UsageError(f"{key} must be a number of hours above 0")
    return float(value)


def _strings(key: str, value: Any) -> Mapping[str, str]:
    found = _mapping(key, value)
    if not all(isinstance(one, str) for one in found.values()):
        raise UsageError(f"{key} must be a table of strings")
    return found


def _models(key: str, value: Any) -> Mapping[str, Mapping[str, str]]:
    found = _mapping(key, value)
    for path, table in found.items():
        if set(_strings(f"{key}.{path}", table)) != {"signature", "public"}:
            raise UsageError(f"{key}.{path} needs signature and public, two files")
    return found


def _mapping(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{key} must be a table")
    return value


# running


def config_of(gate: Gate, config: Config) -> Config:
    """The choices under which a gate's checks run: nothing that it requires can be switched off from outside.

    A scan may go on without advisories; a gate that was not told so may not.
    """
    allowed = tuple(code for code in config.allow_gaps if code != NO_ADVISORIES)
    return replace(
        config,
        only=(),
        skip=(),
        fail_on=gate.fail_on or config.fail_on,
        allow_gaps=allowed if gate.allow_gaps is None else gate.allow_gaps,
    )


def is_address(target: str) -> bool:
    """Whether a target is a server that is asked, and no file."""
    return target.lower().startswith(("http://", "https://"))


def api_targets(config: Config) -> list[str]:
    """The servers and descriptions of `[tool.mlsec.api] targets`, paths from where we are."""
    named = _words("api.targets", config.tables.get("api", {}).get("targets", []))
    return [target if is_address(target) else os.path.relpath(config.root / target) for target in named]


def targets_of(gate: Gate, config: Config) -> list[str]:
    """What a gate looks at, paths from where we are; with the servers, when it asks for the check of them."""
    own = [target if is_address(target) else os.path.relpath(config.root / target) for target in gate.targets]
    servers = api_targets(config) if API in (*gate.checks, *gate.optional) and API not in gate.reports else []
    return list(dict.fromkeys([*own, *servers]))


def _has_api(gate: Gate, config: Config) -> bool:
    """Whether a server or a description was named: one that merely lies somewhere decides nothing."""
    return any(is_address(target) for target in gate.targets) or bool(api_targets(config))


def run_checks(
    gate: Gate, config: Config, known: Collection[str], audit: Callable[[Sequence[str], Config], Report]
) -> tuple[tuple[Outcome, ...], Report | None]:
    """Runs the checks with `audit(names, config)` and says what became of each."""
    config = config_of(gate, config)
    live = [name for name in (*gate.checks, *gate.optional) if name not in gate.reports]
    names = [name for name in live if name in known]
    report: Report | None = None
    failed = ""
    if names:
        try:
            report = audit(names, replace(config, only=tuple(names)))
        except MlsecError as error:
            failed = str(error)
    outcomes = []
    for name in live:
        required = name in gate.checks
        if name not in known:
            why = (f"there is no check called {name} here",)
            outcomes.append(Outcome(check=name, state=State.NOT_RUN, required=required, reasons=why))
        elif name == API and not _has_api(gate, config):
            why = ("no server is named: set targets in [tool.mlsec.api], or in the gate's table",)
            outcomes.append(Outcome(check=name, state=State.NOT_RUN, required=required, reasons=why))
        elif report is None:
            outcomes.append(Outcome(check=name, state=State.NOT_RUN, required=required, reasons=(failed,)))
        else:
            outcomes.append(judge(name, report, config, required=required))
    return tuple(outcomes), report


def judge(name: str, report: Report, config: Config, *, required: bool = True) -> Outcome:
    """What a check found, out of the report of all checks."""
    judged = [one for one in report.findings if one.finding.scanner == name]
    gaps = [gap for gap in report.gaps if gap.scanner == name or gap.scanner in _SHARED]
    return judge_all(name, replace(report, findings=tuple(judged), gaps=tuple(gaps)), config, required=required)


def judge_all(name: str, report: Report, config: Config, *, required: bool = True) -> Outcome:
    """The same of a report in which everything belongs to the check."""
    said = verdict(report.findings, report.gaps, config)
    state = {True: State.PASSED, False: State.FAILED, None: State.UNDECIDED}[said.passed]
    return Outcome(
        check=name, state=state, required=required, reasons=said.reasons, findings=len(report.findings),
        report=report,
    )  # fmt: skip


def conclude(gate: Gate, outcomes: Sequence[Outcome], decision: Decision | None = None) -> Verdict:
    """What it all comes to: stopped by a finding or denial, else undecided by whatever is not known, else passed."""
    stopped = [f"{one.check}: {reason}" for one in outcomes if one.state is State.FAILED for reason in one.reasons]
    unknown = [
        f"{one.check} {'is ' if one.state is State.UNDECIDED else ''}{one.state}: {'; '.join(one.reasons)}"
        for one in outcomes
        if one.required and one.state in (State.UNDECIDED, State.NOT_RUN)
    ]
    if decision is not None:
        stopped += [f"policy: {one.text}" for one in decision.denials]
        if decision.allowed is None:
            unknown += [f"policy: {reason}" for reason in decision.reasons] or ["policy: nothing was decided"]
        elif not decision.allowed and not decision.denials:
            stopped.append("policy: not allowed")
    elif gate.policies or gate.built_in or gate.opa:
        unknown.append("policy: was not asked")
    if not outcomes and decision is None:
        unknown.append(f"gate {gate.name} has no checks and no policies")
    if stopped:
        return Verdict(False, (*stopped, *unknown))
    return Verdict(None, tuple(unknown)) if unknown else Verdict(True)
