"""What is in every layer of container images: packages and what is known of them, secrets, models, notebooks, code.

Targets are archives (`docker save`, `podman save`, OCI), OCI layouts, root filesystems, and images that are with a
registry (docker://HOST/NAME:TAG) or with the daemon of this machine (docker-daemon:NAME:TAG).
Every scanner looks at the files of all layers, those too that a later layer deleted.
"""

import argparse
from typing import Any

from mlsec_nb import pipeline
from mlsec_nb.config import Config

from . import options, output, progress

REGISTRY = "docker://"

EPILOG = """\
examples:
  docker save app:1 -o app.tar && mlsec container app.tar
  mlsec container app.tar --ignore-base --ignore-unfixed --fail-on high
  mlsec container new.tar --diff old.tar     only what the new image brings
  mlsec container app.tar --inventory -f cyclonedx -o app.cdx.json"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="TARGET",
        help="an archive, OCI layout, root filesystem, or image of a registry or daemon",
    )
    chosen = parser.add_argument_group("images")
    chosen.add_argument("--ignore-base", action="store_true", help="leave out what the base image brought")
    chosen.add_argument("--base", metavar="IMAGE", help="which image that is (default: guessed from the history)")
    chosen.add_argument(
        "--ignore-unfixed", action="store_true", help="leave out vulnerabilities that nothing mends yet"
    )
    chosen.add_argument("--inventory", action="store_true", help="packages and configuration only, no files")
    chosen.add_argument("--packaged", action="store_true", help="look at the unchanged files of packages, too")
    chosen.add_argument("--platform", metavar="OS/ARCH", default="",
                        help="for which platform, or all (default: this machine's)")  # fmt: skip
    chosen.add_argument("--diff", metavar="IMAGE", help="call known what this other image has, and tell what changed")
    chosen.add_argument("--advisories", metavar="FILE", help="instead of the user's own store")
    chosen.add_argument("--max-age-days", metavar="N", type=int, help="call an older store stale (default: 30)")
    options.describe_tools(parser)
    options.describe(parser)


def run(args: argparse.Namespace) -> int:
    config = _with(options.config_of(args, args.command), args)
    output.format_of(args.format, args.output)
    with progress.bar(quiet=args.quiet) as shown:
        report = pipeline.images(args.targets, config, shown, base=args.base, before=args.diff,
                                 platform=args.platform)  # fmt: skip
    output.show(report, args.format, args.output, verbose=args.verbose)
    return report.verdict.exit_code


def _with(config: Config, args: argparse.Namespace) -> Config:
    """The config with what was said of images, in the tables of the scanners that it concerns."""
    store = {"advisories": args.advisories, "max-age-days": args.max_age_days}
    own: dict[str, Any] = {
        "ignore-base": args.ignore_base or bool(args.base) or None, "ignore-unfixed": args.ignore_unfixed or None,
        "packaged": args.packaged or None, "contents": False if args.inventory else None,
    }  # fmt: skip
    tables = dict(config.tables)
    for name, given in (("containers", {**store, **own}), ("dependencies", store)):
        tables[name] = {**tables.get(name, {}), **{key: value for key, value in given.items() if value is not None}}
    named = (*args.targets, args.base or "", args.diff or "")
    chosen = config.with_(tables=tables)
    return chosen.asking() if any(target.startswith(REGISTRY) for target in named) else chosen
