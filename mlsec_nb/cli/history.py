"""Find secrets in every blob of a git history: what was committed once is there for everybody who clones.

Branches, tags, stashes, the reflog and unreachable objects all count; notebooks are read as notebooks. Each leak is
told once, with the commit where it came in, the one where it went out, and whether HEAD still has it.
"""

import argparse
import json
from pathlib import Path

from mlsec_nb import pipeline
from mlsec_nb.core import UsageError
from mlsec_nb.io.files import write_atomic

from . import options, output, progress

EPILOG = """\
examples:
  mlsec history                          the repository we are in
  mlsec history --since v1.2 -f html -o leaks.html
  mlsec history --tips .mlsec-tips.json  only what is new since the last time"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "repository", nargs="?", default=".", metavar="REPO", help="a repository (default: this folder)"
    )
    parser.add_argument("--since", metavar="REV|DATE", help="only what came in after a revision or a date")
    parser.add_argument("--tips", metavar="FILE", help="skip what the tips in this file reach; remember today's there")
    options.describe(parser)


def run(args: argparse.Namespace) -> int:
    config = options.config_of(args, "history")
    known = _read(Path(args.tips)) if args.tips else []
    with progress.bar(quiet=args.quiet) as shown:
        report, tips = pipeline.history(args.repository, config, shown, since=args.since, known=known)
    output.show(report, args.format, args.output, verbose=args.verbose)
    if args.tips:
        write_atomic(Path(args.tips), json.dumps(sorted({*known, *tips}), indent=0).encode())
    return report.verdict.exit_code


def _read(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        tips = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        tips = None
    if not isinstance(tips, list) or not all(isinstance(tip, str) and tip.isalnum() for tip in tips):
        raise UsageError(f"{path}: not a list of tips that `mlsec history --tips` wrote")
    return tips
