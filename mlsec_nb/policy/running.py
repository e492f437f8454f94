"""A gate from its beginning to its end: checks, documents, evidence, policies, verdict."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mlsec_nb.config import Config
from mlsec_nb.core import MlsecError, Report, UsageError, Verdict
from mlsec_nb.io.files import named

from . import attest, bundles, documents, opa
from .attest import Rejected, Verified, Verifier
from .attest.dsse import LIMIT
from .attest.models import verify_model
from .attest.seen import read_seen, write_seen
from .decisions import Decision, decide
from .gates import Gate, GateReport, Outcome, State, conclude, config_of, judge_all, run_checks

Audit = Callable[[Sequence[str], Config], Report]
SEEN = ".mlsec-seen.json"


@dataclass(frozen=True)
class Run:
    """One run of a gate; `root` is where the paths of its configuration begin."""

    gate: Gate
    config: Config
    known: Collection[str]
    audit: Audit
    now: dt.datetime
    load: Callable[[Path, str | None], Report] | None = None  # reads a saved report, of any tool or of one

    @property
    def root(self) -> Path:
        return self.config.root

    def report(self) -> GateReport:
        """Everything that the gate has to say; a part that fails is an outcome, never an exception."""
        subjects, missing = self._subjects()
        outcomes, report = run_checks(self.gate, self.config, self.known, self.audit)
        missing += self._overlooked(subjects, report)
        document: dict[str, Any] = {"now_ns": int(self.now.timestamp()) * 1_000_000_000, "gate": self.gate.name}
        saved = list(self._saved())
        reports = tuple(one.report for one in saved if one.report is not None)
        if report is not None or reports:
            document |= documents.of_reports((*((report,) if report is not None else ()), *reports))
        document, more = self._documents(document)
        believed, proofs = self._evidence(subjects)
        document = documents.of_evidence(documents.of_subjects(subjects, document),
                                         [one.evidence.predicate() for one in believed])  # fmt: skip
        every = (*outcomes, *saved, *more, *missing, *proofs, *self._signed_models())
        decision = self._decision(document)
        return GateReport(
            gate=self.gate.name, outcomes=every, verdict=conclude(self.gate, every, decision), decision=decision,
            report=report, saved=reports, subjects=subjects,
        )  # fmt: skip

    def _documents(self, document: dict[str, Any]) -> tuple[dict[str, Any], list[Outcome]]:
        outcomes = []
        for place, path in sorted(self.gate.documents.items()):
            try:
                document = documents.placed(document, place, documents.read(self.root / path))
            except MlsecError as error:
                outcomes.append(_not_run(f"document {place}", str(error)))
        return document, outcomes

    def _subjects(self) -> tuple[dict[str, str], list[Outcome]]:
        found: dict[str, str] = {}
        missing = []
        for path in self.gate.subjects:
            try:
                found[path] = sha256_of(self.root / path)
            except OSError as error:
                missing.append(_not_run(f"subject {path}", f"cannot be read: {error.strerror or error}"))
        return found, missing

    def _overlooked(self, subjects: Mapping[str, str], report: Report | None) -> list[Outcome]:
        """Subjects of a gate with checks that no check looked at: evidence about them would say nothing."""
        if report is None or not self.gate.checks:
            return []
        seen = {Path(artifact.path).resolve() for artifact in report.artifacts}
        return [
            _not_run(f"subject {path}", "is none of the files that were looked at")
            for path in subjects
            if (self.root / path).resolve() not in seen
        ]

    def _evidence(self, subjects: Mapping[str, str]) -> tuple[list[Verified], list[Outcome]]:
        """The evidence of the gates before this one about every subject."""
        if not self.gate.requires:
            return [], []
        try:
            verifier, envelopes = self._verifier(), list(self._envelopes())
        except MlsecError as error:
            return [], [_not_run(f"evidence of {name}", str(error)) for name in self.gate.requires]
        believed: list[Verified] = []
        outcomes = []
        for name in self.gate.requires:
            check = f"evidence of {name}"
            reasons, states = [], []
            for digest in subjects.values():
                try:
                    believed.append(verifier.decide(envelopes, gate=name, digest=digest))
                except Rejected as error:
                    reasons.append(str(error))
                    states.append(State.FAILED if error.step == "result" else State.NOT_RUN)
            if not subjects:
                outcomes.append(_not_run(check, "no subjects: the gate does not say which files are deployed"))
            else:
                state = State.FAILED if State.FAILED in states else State.NOT_RUN if states else State.PASSED
                outcomes.append(Outcome(check=check, state=state, reasons=tuple(reasons)))
        if all(one.state is State.PASSED for one in outcomes):
            write_seen(self.root / SEEN, verifier.oldest, believed)
        return believed, outcomes

    def _saved(self) -> Iterator[Outcome]:
        """Checks that ran elsewhere: the API prober, importers of other tools; a report that is too old is none."""
        for name, path in self.gate.reports.items():
            required = name in self.gate.checks
            try:
                tool, file = named(path, self.root)
                age = self.now.timestamp() - file.stat().st_mtime
                if age > self.gate.max_age_hours * 3600:
                    raise UsageError(f"{path} is {age / 3600:.0f} hours old, {self.gate.max_age_hours:g} are allowed")
                assert self.load is not None
                report = self.load(file, tool)
                yield judge_all(name, report, config_of(self.gate, self.config), required=required)
            except (OSError, UnicodeDecodeError, MlsecError) as error:
                reason = f"{path}: {error.strerror or error}" if isinstance(error, OSError) else str(error)
                yield replace(_not_run(name, reason), required=required)

    def _signed_models(self) -> Iterator[Outcome]:
        """Models that carry a signature of their maker: what has changed since stops the gate."""
        for path, files in sorted(self.gate.models.items()):
            check = f"signature of {path}"
            try:
                public = (self.root / files["public"]).read_text(encoding="utf-8")
                count = verify_model(self.root / path, self.root / files["signature"], public)
                said = f"{count} file{'' if count == 1 else 's'} as signed"
                yield Outcome(check=check, state=State.PASSED, reasons=(said,))
            except Rejected as error:
                state = State.NOT_RUN if error.step in ("bundle", "key") else State.FAILED
                yield Outcome(check=check, state=state, reasons=(str(error),))
            except (OSError, UnicodeDecodeError, MlsecError) as error:
                yield _not_run(check, str(error))

    def _verifier(self) -> Verifier:
        if not self.gate.trust:
            raise UsageError(f"gates.{self.gate.name}.trust does not say which keys are trusted")
        return Verifier(
            trust=attest.load_trust(self.root / self.gate.trust),
            now=self.now,
            max_age=dt.timedelta(hours=self.gate.max_age_hours),
            policies={name: frozenset({policy_digest(gate, self.root)}) for name, gate in _needed(self).items()},
            oldest=read_seen(self.root / SEEN),
        )

    def _envelopes(self) -> Iterator[bytes]:
        for path in map(self.root.joinpath, self.gate.evidence):
            files = sorted(path.glob("*.json")) if path.is_dir() else [path]
            for file in files:
                try:
                    data = file.read_bytes()[: LIMIT + 1]
                except OSError as error:
                    raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from error
                yield data

    def _decision(self, document: Mapping[str, Any]) -> Decision | None:
        if self.gate.opa and self.gate.opa != "opa":
            return opa.ask_server(self.gate.opa, document, offline=self.config.is_offline)
        if not (self.gate.policies or self.gate.built_in):
            return None
        if self.gate.opa:
            folders = [str(self.root / path) for path in self.gate.policies]
            return opa.ask_program([*folders, *([str(bundles.BUILT_IN)] if self.gate.built_in else [])], document)
        try:
            policy = bundle_of(self.gate, self.root).policy()
            return decide(policy, document, shape=self.gate.shape, now_ns=int(document["now_ns"]))
        except MlsecError as error:
            return Decision(allowed=None, reasons=(str(error),))


def _needed(run: Run) -> dict[str, Gate]:
    from .gates import load

    every = load(run.config)
    return {name: every[name] for name in run.gate.requires}


def _not_run(check: str, reason: str) -> Outcome:
    return Outcome(check=check, state=State.NOT_RUN, reasons=(reason,))


def bundle_of(gate: Gate, root: Path) -> bundles.Bundle:
    """The policies of a gate, with its own data as `data.mlsec.config`."""
    parts = [bundles.built_in()] if gate.built_in else []
    if gate.policies:
        parts.append(bundles.load([root / path for path in gate.policies]))
    return bundles.join(*parts).with_data({"mlsec": {"config": gate.data}} if gate.data else {})


def policy_digest(gate: Gate, root: Path) -> str:
    """A digest of everything that decides: the gate's choices and its policies, but not where evidence lies."""
    choices = {
        key: value for key, value in asdict(gate).items() if key not in ("targets", "evidence", "trust", "subjects")
    }
    text = json.dumps(choices, sort_keys=True, default=str)
    policies = bundle_of(gate, root).digest if gate.policies or gate.built_in else ""
    return hashlib.sha256(f"{text}\0{policies}".encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """The digest of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def evidence_of(run: Run, report: GateReport, *, version: str) -> attest.Evidence:
    """What can be signed of a gate's report: about the gate's subjects, under its policy."""
    if not report.subjects:
        raise UsageError(f"gates.{run.gate.name}.subjects names no file that can be read: evidence is about bytes")
    for path, digest in report.subjects.items():
        if sha256_of(run.root / path) != digest:
            raise UsageError(f"{path}: has changed while the gate ran")
    checks = [one.check for one in report.outcomes if one.state is State.PASSED]
    made = attest.Evidence(
        gate=run.gate.name, passed=report.verdict.passed, subjects=report.subjects,
        policy=policy_digest(run.gate, run.root), verified_at=run.now, checks=tuple(checks),
        reasons=report.verdict.reasons, version=version,
    )  # fmt: skip
    return made if report.verdict.passed is not None else replace(made, passed=None)


def verdict_of_all(reports: Sequence[GateReport]) -> Verdict:
    """Several gates as one: stopped by the first that stops, undecided by any that is."""
    outcomes = [one.verdict.passed for one in reports]
    passed = False if False in outcomes else None if None in outcomes or not outcomes else True
    return Verdict(passed, tuple(f"{one.gate}: {reason}" for one in reports for reason in one.verdict.reasons))
