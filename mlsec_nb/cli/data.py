"""Whether data is what its pins promise and its profile expects, and what hides in it.

Targets are files, folders or globs; every file of pins (DVC, Git LFS, checksum lists) below them is checked against the
bytes that lie there.
"""

import argparse

from . import scan

EPILOG = """\
examples:
  mlsec data data/                                  pins, and what the text of the data holds
  mlsec profile train.parquet -o train.profile.json
  mlsec data new.parquet --profile train.profile.json
  mlsec data test.csv --against train.csv --fail-on high"""

run = scan.run


def describe(parser: argparse.ArgumentParser) -> None:
    scan.describe(parser)
    parser.add_argument("--label", metavar="COLUMN", help="the column that holds the labels (default: by its name)")
    parser.add_argument(
        "--checks",
        metavar="FILE[:NAME]",
        help="a suite of Great Expectations, a schema of pandera (YAML, JSON, Python), a model of Pydantic "
        "(Python is read and not run), a Table Schema or a JSON Schema",
    )
    parser.add_argument(
        "--remotes",
        action="store_true",
        help="verify pinned data in DVC's cache too, and in remotes that are folders of this machine",
    )
    expected = parser.add_argument_group("what is expected").add_mutually_exclusive_group()
    expected.add_argument("--profile", metavar="FILE", help="hold every table against this profile (`mlsec profile`)")
    expected.add_argument("--against", metavar="DATA", help="hold every table against this other data")
