"""A folder and all below it, in the order of the names, with a gap for whatever is left out."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mlsec_nb.core import SKIPPED, Gap, Location
from mlsec_nb.io.files import LocalFolder, not_a_file, why

from .ignoring import Ignored, Rules, excluded_by_git, is_repository, outer, read_rules

NAME = "sources"
_LAYOUT = ("oci-layout", "index.json")  # https://github.com/opencontainers/image-spec/blob/main/image-layout.md


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to audit: where it is, and how it is shown; `folder` is one that is a single thing."""

    path: str
    shown: str
    folder: LocalFolder | None = None


def shown(path: str) -> str:
    """A path as a report may show it: forward slashes, and nothing that a terminal or UTF-8 would choke on."""
    path = path.replace(os.sep, "/")
    if path.isascii() and path.isprintable():
        return path
    clean = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in clean)


@cache
def _defaults() -> tuple[Mapping[str, str], Mapping[str, str]]:
    table = tomllib.loads(Path(__file__).with_name("skipped.toml").read_text(encoding="utf-8"))
    return table["folders"], table["markers"]


@dataclass(slots=True)
class _Folder:
    """One folder that is being walked: what is still to come of it, and what was left out so far."""

    path: str  # as typed, joined with names
    real: str  # absolute, without links
    ignored: Ignored
    entries: list[os.DirEntry[str]]
    left_out: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """All that a folder holds, as entries and gaps; `seen` holds the real paths that were given before.

    `wanted` is a glob: what it does not match is not asked for, and so is no gap.
    """

    root: str
    exclude: Ignored
    wanted: Rules | None
    seen: set[str]
    _links: list[tuple[str, str]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Entry | Gap]:
        top = os.path.realpath(self.root)
        first = self._entered(self.root, top, outer(top))
        stack = [first] if isinstance(first, _Folder) else []
        if not isinstance(first, _Folder):
            yield first
        while stack:
            folder = stack[-1]
            if not folder.entries:
                yield from _left_out(stack.pop())
                continue
            met = self._met(folder, folder.entries.pop())
            if isinstance(met, _Folder):
                stack.append(met)
            elif met is not None:
                yield met
        yield from self._linked()

    def _entered(self, path: str, real: str, ignored: Ignored) -> "_Folder | Entry | Gap":
        try:
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            return _gap(path, f"the folder cannot be listed: {why(error)}")
        names = {entry.name for entry in entries}
        if names.issuperset(_LAYOUT) and self._wants(real + os.sep):
            return Entry(path, shown(os.path.normpath(path)), LocalFolder(os.path.abspath(path)))
        if path != self.root and (marker := next((mark for mark in _defaults()[1] if mark in names), None)):
            return _gap(path, _defaults()[1][marker], SKIPPED)
        if is_repository(real):
            ignored = Ignored().with_(excluded_by_git(real))
        if ".gitignore" in names:
            ignored = ignored.with_(read_rules(real))
        return _Folder(path, real, ignored, entries)

    def _met(self, folder: _Folder, entry: os.DirEntry[str]) -> "_Folder | Entry | Gap | None":
        path = entry.name if folder.path == "." else os.path.join(folder.path, entry.name)
        real = os.path.join(folder.real, entry.name)
        try:
            link = entry.is_symlink()
            if link and os.path.isdir(real):
                reason = "is a link to a folder: name the folder itself to have it looked at"
                return _gap(path, reason, SKIPPED) if self._wants(real + os.sep) else None
            if entry.is_dir(follow_symlinks=False):
                return self._folder(folder, path, real)
            if not link and not entry.is_file(follow_symlinks=False):
                what = not_a_file(entry.stat(follow_symlinks=False).st_mode)
                return _gap(path, f"is {what}, not a file") if self._wants(real) else None
        except OSError as error:
            return _gap(path, why(error))
        if not self._wants(real) or real in self.seen:
            return None
        if by := self._left_out_by(folder, real):
            folder.left_out.setdefault(by, []).append(entry.name)
            return None
        if link:  # waits for the end, so that a file goes by its own name when it has one here
            self._links.append((path, real))
            return None
        self.seen.add(real)
        return Entry(path, shown(os.path.normpath(path)))

    def _folder(self, folder: _Folder, path: str, real: str) -> "_Folder | Entry | Gap | None":
        if reason := _defaults()[0].get(os.path.basename(path)):
            return _gap(path, reason, SKIPPED)
        if by := self._left_out_by(folder, real + os.sep):
            return _gap(path, f"the folder is left out by {by}", SKIPPED)
        return self._entered(path, real, folder.ignored)

    def _left_out_by(self, folder: _Folder, real: str) -> str | None:
        return self.exclude.by(real) or folder.ignored.by(real)

    def _wants(self, real: str) -> bool:
        return self.wanted is None or bool(self.wanted.says(real))

    def _linked(self) -> Iterator[Entry]:
        for path, link in self._links:
            real = os.path.realpath(link)
            if real not in self.seen:
                self.seen.add(real)
                yield Entry(path, shown(os.path.normpath(path)))


def _left_out(folder: _Folder) -> Iterator[Gap]:
    for by, names in sorted(folder.left_out.items()):
        some = ", ".join(shown(name) for name in names[:3]) + (", …" if len(names) > 3 else "")
        many = f"{len(names)} files are" if len(names) > 1 else "1 file is"
        yield _gap(folder.path, f"{many} left out by {by}: {some}", SKIPPED)


def _gap(path: str, reason: str, code: str = "unreadable") -> Gap:
    return Gap(location=Location(path=shown(os.path.normpath(path))), scanner=NAME, reason=reason, code=code)
