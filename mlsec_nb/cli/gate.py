"""Run the gates of the pipeline: each stops at what it finds, and does not pass when a check did not run."""

import argparse
import datetime as dt
import json
import os
from collections.abc import Sequence
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
from mlsec_nb.scanners import available

from . import options, output, progress

EPILOG = """\
examples:
  mlsec gate pre-commit
  mlsec gate ci --sign ci.key --evidence-out evidence/ci.json
  mlsec gate deploy
  mlsec gate all -f json

What each gate needs stands in [tool.mlsec.gates.<name>]: checks, optional, targets, fail-on, allow-gaps, policies,
documents, subjects, requires, trust, evidence, data. The key's password is read from MLSEC_KEY_PASSWORD."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "gate", choices=(*gates.NAMES, "all"), metavar="GATE", help="pre-commit, ci, pre-deploy, deploy, all"
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="instead of the gate's own targets")
    parser.add_argument("--sign", metavar="KEY", help="sign the verdict with this private key")
    parser.add_argument("--evidence-out", metavar="FILE", help="where the signed verdict is written")
    parser.add_argument(
        "--report", metavar="FILE", help="write the findings here as well; the format follows the suffix"
    )
    options.describe(parser)


def run(args: argparse.Namespace) -> int:
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
        found = [replace(one.report, verdict=one.verdict) for one in reports if one.report is not None]
        output.write(pipeline.join(found), None, args.report)
    _show(reports, args)
    return running.verdict_of_all(reports).exit_code


def _run(gate: gates.Gate, args: argparse.Namespace, config: Config, now: dt.datetime) -> running.Run:
    targets = args.targets or [os.path.relpath(config.root / target) for target in gate.targets]

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
    if chosen == "terminal" and not args.output:
        print(showing.terminal(reports, color=output.colored()), end="")
        return
    if chosen in ("json", "terminal"):
        trees = [showing.tree(one) for one in reports]
        text = json.dumps(trees[0] if len(trees) == 1 else trees, indent=2, ensure_ascii=False) + "\n"
        text = text if chosen == "json" else showing.terminal(reports)
        if args.output and args.output != "-":
            write_atomic(Path(args.output), text)
        else:
            print(text, end="")
        return
    found = [replace(one.report, verdict=one.verdict) for one in reports if one.report is not None]
    if not found:
        raise UsageError(f"the gate ran no check whose findings {chosen} could show")
    output.show(pipeline.join(found), args.format, args.output, verbose=args.verbose)
