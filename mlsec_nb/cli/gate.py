"""Run the gates of the pipeline: each stops at what it finds, and does not pass when a check did not run."""

import argparse
import datetime as dt
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from mlsec_nb import pipeline
from mlsec_nb._version import __version__
from mlsec_nb.config import Config
from mlsec_nb.core import Report, UsageError
from mlsec_nb.io.files import write_atomic
from mlsec_nb.policy import attest, gates, running, showing
from mlsec_nb.policy.attest.dsse import PAYLOAD_TYPE
from mlsec_nb.reporters.stages import Check, Stage, terminal
from mlsec_nb.scanners import available

from . import options, output, progress

EPILOG = """\
examples:
  mlsec gate pre-commit
  mlsec gate ci --sign ci.key --evidence-out evidence/ci.json
  mlsec gate deploy
  mlsec gate all
  mlsec gate all -o gates.html

What each gate needs stands in [tool.mlsec.gates.<name>]: checks, optional, targets, fail-on, allow-gaps, policies,
documents, subjects, requires, trust, evidence, data. The key's password is read from MLSEC_KEY_PASSWORD."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "gate",
        choices=(*gates.NAMES, "all"),
        metavar="GATE",
        nargs="?",
        default="all",
        help="pre-commit, ci, pre-deploy, deploy, all (default)",
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="instead of the gate's own targets")
    parser.add_argument("--sign", metavar="KEY", help="sign the verdict with this private key")
    parser.add_argument("--evidence-out", metavar="FILE", help="where the signed verdict is written")
    parser.add_argument(
        "--report", metavar="FILE", help="write the findings here as well; the format follows the suffix"
    )
    options.describe(parser)


def run(args: argparse.Namespace) -> int:
    output.format_of(args.format, args.output)
    reports = answers(args)
    _show(reports, args)
    return running.verdict_of_all(reports).exit_code


def answers(args: argparse.Namespace) -> list[gates.GateReport]:
    """Run the gates that were asked for; signs and writes what was asked for besides."""
    config = options.config_of(args)
    every = gates.load(config)
    chosen = [every[name] for name in (gates.NAMES if args.gate == "all" else (args.gate,))]
    if bool(args.sign) != bool(args.evidence_out) or (args.sign and len(chosen) > 1):
        raise UsageError("--sign and --evidence-out go together, with one gate")
    now = dt.datetime.now(dt.UTC)
    runs = [_run(gate, args, config, now) for gate in chosen]
    reports = [one.report() for one in runs]
    if args.sign:
        _sign(runs[0], reports[0], args)
    if args.report:
        output.write(joined(reports), None, args.report, stages=stages(reports))
    return reports


def joined(reports: Sequence[gates.GateReport]) -> Report:
    """What all checks of these gates found, with the verdict of the gates."""
    found = [report for one in reports for report in one.reports]
    names = tuple(one.gate for one in reports)
    whole = pipeline.join(found) if found else Report(version=__version__)
    return replace(whole, verdict=running.verdict_of_all(reports), targets=whole.targets or names)


def stages(reports: Sequence[gates.GateReport]) -> tuple[Stage, ...]:
    """The gates as one view shows them; what the policies decided is a check like the others."""
    return tuple(
        Stage(name=one.gate, passed=one.verdict.passed, checks=(*map(_check, one.outcomes), *_policy(one)))
        for one in reports
    )


def _check(one: gates.Outcome) -> Check:
    found = one.report.new if one.report is not None else ()
    return Check(name=one.check, state=str(one.state), required=one.required, reasons=one.reasons, findings=found)


def _policy(report: gates.GateReport) -> Iterator[Check]:
    if report.decision is not None:
        state = {True: gates.State.PASSED, False: gates.State.FAILED, None: gates.State.UNDECIDED}
        _, *said = showing.decision_lines(report.decision)
        yield Check(name="policy", state=str(state[report.decision.allowed]), reasons=tuple(map(str.strip, said)))


def _run(gate: gates.Gate, args: argparse.Namespace, config: Config, now: dt.datetime) -> running.Run:
    targets = args.targets or gates.targets_of(gate, config)

    def audit(names: Sequence[str], chosen: Config) -> Report:
        del names
        with progress.bar(quiet=args.quiet) as shown:
            return pipeline.audit(targets, chosen, shown)

    if args.targets:
        gate = replace(gate, targets=tuple(args.targets))
    return running.Run(gate, config, frozenset(available()), audit, now, partial(pipeline.read, config=config))


def _sign(run: running.Run, report: gates.GateReport, args: argparse.Namespace) -> None:
    password = os.environ.get("MLSEC_KEY_PASSWORD")
    key = attest.SigningKey.from_pem(
        Path(args.sign).read_text(encoding="utf-8"), password.encode() if password else None
    )
    evidence = running.evidence_of(run, report, version=__version__)
    write_atomic(Path(args.evidence_out), key.sign(attest.make_statement(evidence), PAYLOAD_TYPE).text())


def _show(reports: Sequence[gates.GateReport], args: argparse.Namespace) -> None:
    chosen = output.format_of(args.format, args.output)
    view = stages(reports)
    if chosen not in ("json", "terminal"):
        if chosen != "html" and all(one.report is None for one in reports):
            raise UsageError(f"the gate ran no check whose findings {chosen} could show")
        output.show(joined(reports), args.format, args.output, verbose=args.verbose, stages=view)
        return
    if chosen == "json":
        trees = [showing.tree(one) for one in reports]
        text = json.dumps(trees[0] if len(trees) == 1 else trees, indent=2, ensure_ascii=False) + "\n"
    else:
        is_screen = not args.output
        text = terminal(view, color=is_screen and output.colored(), width=output.width() if is_screen else 100)
    if args.output and args.output != "-":
        write_atomic(Path(args.output), text)
    else:
        output.text(text)
