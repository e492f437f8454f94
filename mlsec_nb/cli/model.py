"""What loading model files would do, without loading them: step by step, with their tensors and where they come from.

Targets are files, folders or globs of models of any format; archives and compressed files are looked into.
"""

import argparse

from . import options, scan

EPILOG = """\
examples:
  mlsec model checkpoint.pt
  mlsec model new.pt --diff old.pt       only what the new model brings: steps, tensors, facts
  mlsec model models/ -f html -o models.html
  mlsec model models/ -f cyclonedx -o ml-bom.json"""


def describe(parser: argparse.ArgumentParser) -> None:
    scan.describe(parser)
    chosen = parser.add_argument_group("models")
    chosen.add_argument("--bytes", action=argparse.BooleanOptionalAction, default=None,
                        help="search all bytes of tensors for programs (default: of those up to 64 MiB)")  # fmt: skip
    chosen.add_argument("--diff", metavar="MODEL", help="call known what this other model has, and tell what changed")


def run(args: argparse.Namespace) -> int:
    config = options.config_of(args, args.command)
    if args.bytes is not None:
        table = {**config.settings("models").options, "bytes": args.bytes}
        config = config.with_(tables={**config.tables, "models": table})
    return scan.audit(args, config, before=args.diff, loading=True)
