"""Audit everything that is found at the targets: notebooks, code, models, data, manifests, images.

Targets are files, folders, globs, URLs of stores (s3://, gs://, az://, hf://, github://, zip://…) or `-` for standard
input; the default is this folder. Files that `.gitignore` names are left out unless they are named themselves.
"""

import argparse
import sys

from mlsec_nb import pipeline
from mlsec_nb.config import Config

from . import nbqa, options, output, progress

EPILOG = """\
examples:
  mlsec scan notebooks/ train.ipynb
  mlsec scan --fail-on high --baseline .mlsec-baseline.json
  mlsec scan -f sarif -o mlsec.sarif
  mlsec scan s3://models/releases "s3://notebooks/**/*.ipynb"
  git show HEAD:a.ipynb | mlsec scan - --stdin-filename a.ipynb"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="file, folder, glob, URL or - (default: this folder)"
    )
    parser.add_argument("--stdin-filename", metavar="NAME", help="what standard input is called and read as")
    options.describe_tools(parser)
    options.describe(parser)


def run(args: argparse.Namespace) -> int:
    return audit(args, options.config_of(args, args.command))


def audit(args: argparse.Namespace, config: Config, *, before: str | None = None,
          loading: bool = False) -> int:  # fmt: skip
    """The run itself, for commands that have options of their own.

    It is held against `before`, another target; `loading` tells what loading each model would do.
    """
    output.format_of(args.format, args.output)
    with progress.bar(quiet=args.quiet) as shown:
        report = pipeline.audit(args.targets or ["."], config, shown, stdin_filename=args.stdin_filename)
        if before:
            report = pipeline.against(pipeline.audit([before], config), report, config)
    if args.format == "nbqa":
        sys.stdout.write(nbqa.lines(report))
    else:
        output.show(report, args.format, args.output, verbose=args.verbose, loading=loading)
    return report.verdict.exit_code
