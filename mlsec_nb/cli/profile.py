"""Keep a table in numbers, so that later data can be held against it.

A profile is small, holds no cell (only counts, moments, extremes of numbers and digests of categories), and is the same
text for the same data: commit it, and review its changes.
"""

import argparse
from pathlib import Path

from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io.files import LocalFile, write_atomic

EPILOG = """\
examples:
  mlsec profile train.parquet -o train.profile.json
  mlsec data new.parquet --profile train.profile.json"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="a table: CSV, TSV, JSON lines, Parquet, Arrow")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the profile here (default: print it)")


def run(args: argparse.Namespace) -> int:
    from mlsec_nb.scanners.data.profile import dump
    from mlsec_nb.scanners.data.scanner import measured

    if not Path(args.data).is_file():
        raise UsageError(f"{args.data}: there is no such file")
    try:
        made = measured(LocalFile(args.data), args.data)
    except CannotRead as error:
        raise UsageError(f"{args.data}: {error}") from error
    if args.output:
        write_atomic(args.output, dump(made))
        print(f"{args.output}: {made.rows:,} rows, {len(made.columns)} columns")
    else:
        print(dump(made), end="")
    return 0
