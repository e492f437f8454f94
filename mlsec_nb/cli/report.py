"""Show saved reports again, in another format; several become one."""

import argparse
from pathlib import Path

from mlsec_nb import pipeline
from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io.files import LocalFile
from mlsec_nb.reporters.json import load

from . import output

LIMIT = 1 << 30  # bytes of one report


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="reports that `--format json` wrote")
    parser.add_argument("-f", "--format", metavar="FORMAT", help="terminal (default), html, sarif, markdown …")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report here; the format follows the suffix")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="known and suppressed findings too")


def run(args: argparse.Namespace) -> int:
    report = pipeline.join([load(_text(Path(file))) for file in args.files])
    output.show(report, args.format, args.output, verbose=args.verbose)
    return report.verdict.exit_code


def _text(path: Path) -> str:
    try:
        return LocalFile(str(path)).read(LIMIT).decode("utf-8")
    except (CannotRead, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
