"""The options that every scanning command has, and the config that they and the file make."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlsec_nb import config as configs
from mlsec_nb import executors, importers, reporters
from mlsec_nb.core import Severity, UsageError

# The commands that audit, and the scanner that each of them is; `scan` is all of them.
SCANNING = {
    "scan": (),
    "model": ("models",),
    "deps": ("dependencies",),
    "data": ("data",),
    "iac": ("infrastructure",),
    "api": ("api",),
    "history": ("secrets",),
}


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the common options."""
    output = parser.add_argument_group("output")
    formats = ", ".join(reporters.FORMATS)
    output.add_argument("-f", "--format", metavar="FORMAT", help=f"one of {formats} (default: terminal)")
    output.add_argument("-o", "--output", metavar="FILE", help="write the report here; the format follows the suffix")
    output.add_argument("-q", "--quiet", action="store_true", help="print only findings and gaps, no progress")
    output.add_argument(
        "-v", "--verbose", action="count", default=0, help="say more: known and suppressed findings too"
    )
    choice = parser.add_argument_group("what is looked at")
    choice.add_argument("--only", metavar="SCANNER,…", help="run these scanners only")
    choice.add_argument("--skip", metavar="SCANNER,…", help="leave these scanners out")
    choice.add_argument("--exclude", metavar="GLOB", action="append", help="leave these paths out (can be repeated)")
    verdict = parser.add_argument_group("verdict")
    verdict.add_argument("--fail-on", metavar="SEVERITY", choices=[str(grade) for grade in Severity],
                         help="fail from this severity on: low, medium (default), high, critical")  # fmt: skip
    verdict.add_argument("--allow-gaps", action="store_true", help="pass even when something could not be looked at")
    verdict.add_argument("--baseline", metavar="FILE", help="findings in this file are known and do not fail")
    describe_vex(verdict)
    running = parser.add_argument_group("running")
    running.add_argument("--config", metavar="FILE", help="instead of the nearest mlsec.toml or pyproject.toml")
    running.add_argument("-j", "--jobs", metavar="N", type=int, help="processes (default: one for each core)")
    running.add_argument("--no-cache", action="store_true", help="look at everything again, and remember nothing")
    running.add_argument(
        "--cache-dir", metavar="DIR", help="where results are remembered (default: the user's cache folder)"
    )
    running.add_argument("--verify", action="store_true",
                         help="ask vendors whether keys still work: sends each to its own vendor")  # fmt: skip
    running.add_argument("--offline", action="store_true", default=None, help="forbid the network everywhere")


def describe_vex(group: Any) -> None:
    """Add the option that names VEX documents."""
    group.add_argument("--vex", metavar="FILE", action="append", default=[],
                       help="OpenVEX or CycloneDX: which vulnerabilities do not matter (can be repeated)")  # fmt: skip


def _vex(args: argparse.Namespace, base: configs.Config) -> tuple[str, ...]:
    return (*base.vex, *(str(Path(file).resolve()) for file in args.vex))


def describe_tools(parser: argparse.ArgumentParser) -> None:
    """Add the option that runs other programs too."""
    names = ", ".join(importers.tools())
    parser.add_argument("--with", dest="tools", metavar="TOOL,…", action="append", help=f"run these too: {names}")


def of(parser: argparse.ArgumentParser) -> dict[str, str]:
    """The long options of a parser, with their help."""
    return {
        option: action.help or ""
        for action in parser._actions  # noqa: SLF001 - argparse has no public list of its actions
        for option in action.option_strings
        if option.startswith("--")
    }


def config_file(name: str | None) -> configs.Config:
    """The choices of the file that was named, or of the nearest."""
    return configs.load(Path(name) if name else configs.find(Path.cwd()))


def config_of(args: argparse.Namespace, command: str = "scan") -> configs.Config:
    """The file's choices with the command line's above them; a command that is one scanner runs that one only."""
    base = config_file(args.config)
    if args.jobs is not None and args.jobs < 1:
        raise UsageError("--jobs must be 1 or more")
    tools = tuple(dict.fromkeys(_words(",".join(getattr(args, "tools", None) or ())) or ()))
    chosen = base.with_(
        fail_on=Severity(args.fail_on) if args.fail_on else None,
        allow_gaps=("*",) if args.allow_gaps else None,
        only=_words(args.only) or SCANNING.get(command) or None,
        skip=_words(args.skip),
        exclude=(*base.exclude, *args.exclude) if args.exclude else None,
        baseline=str(Path(args.baseline).resolve()) if args.baseline else None,
        vex=_vex(args, base),
        jobs=1 if args.verify else args.jobs,  # one process asks, so that no vendor is asked twice or too fast
        offline=args.offline,
        tools=tools,
        tables=_tables(args, base),
        cache=_cache(args),
    )
    return chosen.asking() if args.verify or tools else chosen


def _cache(args: argparse.Namespace) -> Path | None:
    """Where results are remembered; nowhere when vendors are asked, whose answers may change."""
    if args.no_cache or args.verify:
        return None
    return Path(args.cache_dir) if args.cache_dir else executors.cache_folder()


def _tables(args: argparse.Namespace, base: configs.Config) -> Mapping[str, Mapping[str, Any]] | None:
    """The tables of the config with what the command line sets above them; `verify` is the command line's alone."""
    tables = _expected(args, base) or base.tables
    own = {key: value for key, value in tables.get("secrets", {}).items() if key != "verify"}
    secrets = {**own, "verify": True} if args.verify else own
    return tables if secrets == tables.get("secrets", {}) else {**tables, "secrets": secrets}


def judging(args: argparse.Namespace) -> configs.Config:
    """The choices by which a report that is there already is judged."""
    base = config_file(args.config)
    return base.with_(
        vex=_vex(args, base),
        fail_on=Severity(args.fail_on) if args.fail_on else None,
        allow_gaps=("*",) if args.allow_gaps else None,
        baseline=str(Path(args.baseline).resolve()) if args.baseline else None,
    )


def _expected(args: argparse.Namespace, base: configs.Config) -> Mapping[str, Mapping[str, Any]] | None:
    """The tables of the config with what `mlsec data` is told to hold data against."""
    files = {name: path for name in ("profile", "against", "checks") if (path := getattr(args, name, None))}
    for path in files.values():
        file, _, after = path.rpartition(":")  # `schemas.py:Users`
        if not Path(path).is_file() and not (after.isidentifier() and Path(file).is_file()):
            raise UsageError(f"{path}: there is no such file")
    given: dict[str, Any] = dict(files)
    own = {key: value for key, value in base.tables.get("data", {}).items() if key not in {"profile", "against"}}
    if label := getattr(args, "label", None):
        given["label"] = label
    if getattr(args, "remotes", False):
        given["remotes"] = True
    return {**base.tables, "data": {**own, **given}} if given else None


def _words(text: str | None) -> tuple[str, ...] | None:
    return tuple(word.strip() for word in text.split(",") if word.strip()) if text else None
