"""Accept what is there today, to be told only of what is new."""

import argparse
from dataclasses import replace

from mlsec_nb import pipeline, triage

from . import options, progress

DEFAULT = ".mlsec-baseline.json"
EPILOG = """\
examples:
  mlsec baseline create notebooks/     accept every finding there is now
  mlsec baseline update                forget what was mended, keep what was accepted, accept what is new
  mlsec baseline show

The file holds no secret: a rule, a path, and a digest under a key of its own. Commit it."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("create", "update", "show"))
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="file, folder or glob (default: this folder)")
    options.describe(parser)


def run(args: argparse.Namespace) -> int:
    config = options.config_of(args)
    path = config.root / (config.baseline or DEFAULT)
    if args.action == "show":
        print(triage.show_baseline(triage.read_baseline(path)))
        return 0
    old = triage.read_baseline(path) if args.action == "update" else triage.new_baseline(path.parent)
    with progress.bar(quiet=args.quiet) as shown:
        report = pipeline.audit(args.targets or ["."], replace(config, baseline=None), shown)
    looked_at = [artifact.path for artifact in report.artifacts]
    accepted = triage.baseline_of(report.findings, old, looked_at)
    triage.write_baseline(path, accepted)
    print(f"{path}: {len(report.new)} findings accepted")
    return 0
