"""Mend what was found: shows the differences, and writes them when told to.

A fix changes only the characters that have to change; indentation, key order and the end of the file stay. What was
written can be taken back to the same byte with --undo.
"""

import argparse
import difflib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlsec_nb import fixes, pipeline
from mlsec_nb.core import Finding, Kind, Report, UsageError, masked
from mlsec_nb.io.files import LocalFile, write_atomic
from mlsec_nb.notebooks.edit import Editor
from mlsec_nb.reporters.text import visible

from . import convert, options, output, pins, progress, walk

WIDTH = 400  # characters of a line in a difference
_MASKS = re.compile(rf"({re.escape(fixes.REDACTED)}|(?:…|\\u2026)\(\d+ characters\))")

EPILOG = """\
examples:
  mlsec fix notebooks/                    what would be changed
  mlsec fix notebooks/ --write            change it
  mlsec fix a.ipynb --rule SECRET-* -i    decide one by one
  mlsec fix models/ --convert --write     pickles of plain arrays as safetensors or npz, beside them
  mlsec fix deploy/ --pin --write         images, actions and hub downloads at what they are today
  mlsec fix --undo                        take the last --write back"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="file, folder or glob (default: this folder)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--diff", action="store_true", help="show what would be changed (default)")
    how.add_argument("--write", action="store_true", help="change the files")
    how.add_argument("--undo", action="store_true", help="take the last --write back")
    how.add_argument("-i", "--interactive", action="store_true", help="decide finding by finding")
    parser.add_argument(
        "--rule", metavar="GLOB", action="append", help="only findings of these rules (can be repeated)"
    )
    parser.add_argument(
        "--convert", action="store_true", help="write pickles that are proved to be plain arrays as safetensors or npz"
    )
    parser.add_argument(
        "--pin", action="store_true", help="pin images, actions and hub downloads to what their names mean today (asks)"
    )
    parser.add_argument("--registry", metavar="HOST", help="where --pin asks for images whose names have no host")
    parser.add_argument("--keep-length", action="store_true", help="redact with as many characters as the secret has")
    options.describe(parser)


def run(args: argparse.Namespace) -> int:
    if args.undo:
        for path in fixes.undo():
            print(f"as it was: {path}")
        return 0
    config = options.config_of(args)
    if args.convert:
        return convert.run(args.targets or ["."], config, write=args.write)
    with progress.bar(quiet=args.quiet) as shown:
        report = pipeline.audit(args.targets or ["."], config, shown)
    findings = _chosen(report, args.rule)
    if args.pin:
        findings = _pinned(report, findings, args.registry, offline=bool(config.offline))
    if args.interactive:
        findings = walk.walk(findings, config)
    files = list(mended(report, findings, keep_length=args.keep_length))
    if args.write or args.interactive:
        return _write(files)
    for one in files:
        _show(one)
    _summary(files, "would be mended; --write does it")
    return 1 if any(one.done or one.left for one in files) else 0


def _chosen(report: Report, globs: list[str] | None) -> list[Finding]:
    from fnmatch import fnmatchcase

    return [f for f in report.new if not globs or any(fnmatchcase(f.rule.id, glob.upper()) for glob in globs)]


def _pinned(report: Report, findings: list[Finding], registry: str | None, *, offline: bool) -> list[Finding]:
    """Those of names that can change, with what they mean today."""
    if offline:
        raise UsageError("--pin asks the network what names mean, and this run is offline")
    names = pins.Names(registry=registry, offline=offline)
    done: list[Finding] = []
    for path, kind, found in _files(report, findings):
        document = Editor(LocalFile(path).read(1 << 30), path, kind).document
        ready, left = fixes.pinned(document, found, names)
        done += ready
        for finding, why in left:
            print(f"  left: {finding.rule.id} {finding.location}: {why}", file=sys.stderr)
    return done


def _files(report: Report, findings: list[Finding]) -> Iterator[tuple[str, Kind, list[Finding]]]:
    """The findings file by file."""
    kinds = {artifact.path: Kind(artifact.kind) for artifact in report.artifacts}
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.location.path, []).append(finding)
    for path, found in by_path.items():
        yield path, kinds[path], found


def mended(report: Report, findings: list[Finding], *, keep_length: bool = False) -> Iterator[fixes.Mended]:
    """The files of the findings as they would be with the findings mended."""
    for path, kind, found in _files(report, findings):
        yield fixes.mend(path, LocalFile(path).read(1 << 30), kind, found, keep_length=keep_length)


def apply(files: Sequence[fixes.Mended]) -> list[fixes.Mended]:
    """Write what changed, and remember how it was; gives the files that changed."""
    changed = [one for one in files if one.after != one.before]
    if changed:
        fixes.remember({one.path: (one.before, one.after) for one in changed})
    for one in changed:
        if LocalFile(one.path).read(1 << 30) != one.before:
            raise UsageError(f"{one.path} changed while it was looked at; it was not written")
        write_atomic(Path(one.path), one.after)
    return changed


def _write(files: list[fixes.Mended]) -> int:
    for one in apply(files):
        print(f"mended: {one.path}")
    _summary(files, "mended; `mlsec fix --undo` takes it back")
    for step in fixes.steps([finding for one in files for finding in one.done]):
        print(f"  • {step}")
    return 1 if any(one.left for one in files) else 0


def _show(one: fixes.Mended) -> None:
    """The difference, with secrets masked where they are known and whatever else may be one."""
    before = one.shown.decode("utf-8", "replace").splitlines()
    after = one.after.decode("utf-8", "replace").splitlines()
    colored = output.colored()
    for line in difflib.unified_diff(before, after, one.path, f"{one.path} (mended)", lineterm="", n=1):
        text = line if line.startswith(("---", "+++", "@@")) else line[:1] + _masked(line[1:])
        code = {"-": "31", "+": "32"}.get(line[:1]) if colored else None
        print(f"\x1b[{code}m{text}\x1b[0m" if code else text)


def _masked(line: str) -> str:
    """A line masked and safe to look at in a terminal; what is a mask already stays."""
    text = "".join(piece if number % 2 else masked(piece) for number, piece in enumerate(_MASKS.split(line)))
    return visible(text if len(text) <= WIDTH else text[: WIDTH - 1] + "…")


def _summary(files: list[fixes.Mended], what: str) -> None:
    done = sum(len(one.done) for one in files)
    left = [(finding, why) for one in files for finding, why in one.left]
    print(f"{done} finding{'' if done == 1 else 's'} {what}", file=sys.stderr)
    for finding, why in left:
        print(f"  left: {finding.rule.id} {finding.location}: {why}", file=sys.stderr)
