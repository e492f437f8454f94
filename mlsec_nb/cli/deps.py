"""Packages that notebooks, manifests and lock files ask for: where they come from, and what is known of them.

Known vulnerabilities and malicious packages are looked up in the local store (`mlsec advisories update`).
"""

import argparse
from typing import Any

from . import options, scan

EPILOG = """\
examples:
  mlsec deps                              manifests, lock files and the cells of notebooks below this folder
  mlsec deps train.ipynb --environment    what is installed where its kernel runs, too
  mlsec deps requirements.txt --diff old/requirements.txt
  mlsec deps -f cyclonedx -o sbom.json"""


def describe(parser: argparse.ArgumentParser) -> None:
    scan.describe(parser)
    known = parser.add_argument_group("dependencies")
    known.add_argument("--environment", action="store_true", help="what is installed where a notebook's kernel runs")
    known.add_argument("--advisories", metavar="FILE", help="instead of the user's own store")
    known.add_argument("--max-age-days", metavar="N", type=int, help="call an older store stale (default: 30)")
    known.add_argument("--diff", metavar="FILE", help="call known what this other lock file has, and tell what changed")


def run(args: argparse.Namespace) -> int:
    config = options.config_of(args, args.command)
    given: dict[str, Any] = {"advisories": args.advisories, "max-age-days": args.max_age_days,
                             "environment": args.environment or None}  # fmt: skip
    table = {**config.settings("dependencies").options, **{k: v for k, v in given.items() if v is not None}}
    return scan.audit(args, config.with_(tables={**config.tables, "dependencies": table}), before=args.diff)
