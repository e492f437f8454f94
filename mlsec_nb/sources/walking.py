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
from .tracked import tracked

NAME = "sources"
_LAYOUT = ("oci-layout", "index.json")  # https://github.com/opencontainers/image-spec/blob/main/image-layout.md
_LINK = "is a link to a folder: name the folder itself to have it looked at"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to audit: where it is, and how it is shown; `folder` is one that is a single thing."""

    path: str
    shown: str
    folder: LocalFolder | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a glob asks for: what `rules` match, and the folders that lead there."""

    rules: Rules
    leading: Rules


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


def skipped_folder(name: str) -> str | None:
    """Why a folder of this name is left out by default, or None."""
    return _defaults()[0].get(name)


class _Tracked:
    """What one repository tracks, read when it is first asked for."""

    def __init__(self, repository: str) -> None:
        self._repository = repository
        self._paths: frozenset[str] | None = None

    def __contains__(self, real: str) -> bool:
        if self._paths is None:
            self._paths = tracked(self._repository)
        return real in self._paths


@dataclass(slots=True)
class _Folder:
    """One folder that is being walked: what is still to come of it, and what was left out so far.

    `by` ignores all of it but what `tracked` holds.
    """

    path: str  # as typed, joined with names
    real: str  # absolute, without links
    ignored: Ignored
    tracked: _Tracked | None
    by: str | None
    entries: list[os.DirEntry[str]] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """All that a folder holds, as entries and gaps; `seen` holds the real paths that were given before.

    What a glob does not ask for is no gap.
    """

    root: str
    exclude: Ignored
    wanted: Wanted | None
    seen: set[str]
    _links: list[tuple[str, str]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Entry | Gap]:
        top = os.path.realpath(self.root)
        repository, ignored = outer(top)
        first = self._entered(_Folder(self.root, top, ignored, _Tracked(repository) if repository else None, None))
        stack = [first] if isinstance(first, _Folder) else []
        if first and not isinstance(first, _Folder):
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

    def _entered(self, folder: _Folder) -> _Folder | Entry | Gap | None:
        """The folder with its entries and its own rules; or the one thing that it is, or why it is not walked."""
        path, real = folder.path, folder.real
        try:
            with os.scandir(path) as found:
                folder.entries = sorted(found, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            return _gap(path, f"the folder cannot be listed: {why(error)}")
        names = {entry.name for entry in folder.entries}
        if names.issuperset(_LAYOUT) and self._wants(real):
            return self._first_time(real, Entry(path, shown(os.path.normpath(path)), LocalFolder(real)))
        if path != self.root and (marker := next((mark for mark in _defaults()[1] if mark in names), None)):
            return _gap(path, _defaults()[1][marker], SKIPPED)
        if is_repository(real):
            folder.ignored, folder.by = Ignored().with_(excluded_by_git(real)), None
            folder.tracked = _Tracked(real)
        if ".gitignore" in names:
            folder.ignored = folder.ignored.with_(read_rules(real))
        return folder

    def _met(self, folder: _Folder, entry: os.DirEntry[str]) -> _Folder | Entry | Gap | None:
        path = entry.name if folder.path == "." else os.path.join(folder.path, entry.name)
        real = os.path.join(folder.real, entry.name)
        try:
            link = entry.is_symlink()
            if link and os.path.isdir(real):
                return _gap(path, _LINK, SKIPPED) if self._wants(real) else None
            if entry.is_dir(follow_symlinks=False):
                return self._folder(folder, path, real) if self._leads(real) else None
            if not self._wants(real):
                return None
            if not link and not entry.is_file(follow_symlinks=False):
                return _gap(path, f"is {not_a_file(entry.stat(follow_symlinks=False).st_mode)}, not a file")
        except OSError as error:
            return _gap(path, why(error))
        by, of_git = self._left_out_by(folder, real, is_folder=False)
        if by and not (of_git and _holds(folder, real)):
            folder.left_out.setdefault(by, []).append(entry.name)
            return None
        if link:  # waits for the end, so that a file goes by its own name when it has one here
            self._links.append((path, real))
            return None
        return self._first_time(real, Entry(path, shown(os.path.normpath(path))))

    def _folder(self, folder: _Folder, path: str, real: str) -> _Folder | Entry | Gap | None:
        if reason := skipped_folder(os.path.basename(path)):
            return _gap(path, reason, SKIPPED)
        by, of_git = self._left_out_by(folder, real, is_folder=True)
        if by and not (of_git and _holds(folder, real)):
            return _gap(path, f"the folder is left out by {by}", SKIPPED)
        return self._entered(_Folder(path, real, folder.ignored, folder.tracked, by))

    def _left_out_by(self, folder: _Folder, real: str, *, is_folder: bool) -> tuple[str | None, bool]:
        """What leaves something out, and whether that is git."""
        if by := self.exclude.by(real, folder=is_folder):
            return by, False
        return folder.by or folder.ignored.by(real, folder=is_folder), True

    def _wants(self, real: str) -> bool:
        return self.wanted is None or self.wanted.rules.hold(real)

    def _leads(self, real: str) -> bool:
        return self.wanted is None or bool(self.wanted.leading.says(real, folder=True)) or self._wants(real)

    def _first_time(self, real: str, entry: Entry) -> Entry | None:
        if real in self.seen:
            return None
        self.seen.add(real)
        return entry

    def _linked(self) -> Iterator[Entry]:
        for path, link in self._links:
            if entry := self._first_time(os.path.realpath(link), Entry(path, shown(os.path.normpath(path)))):
                yield entry


def _holds(folder: _Folder, real: str) -> bool:
    return folder.tracked is not None and real in folder.tracked


def _left_out(folder: _Folder) -> Iterator[Gap]:
    for by, names in sorted(folder.left_out.items()):
        some = ", ".join(shown(name) for name in names[:3]) + (", …" if len(names) > 3 else "")
        many = f"{len(names)} files are" if len(names) > 1 else "1 file is"
        yield _gap(folder.path, f"{many} left out by {by}: {some}", SKIPPED)


def _gap(path: str, reason: str, code: str = "unreadable") -> Gap:
    return Gap(location=Location(path=shown(os.path.normpath(path))), scanner=NAME, reason=reason, code=code)
