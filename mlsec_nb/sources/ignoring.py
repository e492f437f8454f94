"""Whose ignore rules hold where: those of git's files, from the outside in, and the user's own."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mlsec_nb.core import CannotRead, Globs, UsageError
from mlsec_nb.io.files import LocalFile

_LIMIT = 64 << 10  # bytes of an ignore file; one that is bigger ignores nothing


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one file; `base` is the folder that they are relative to, with a trailing separator."""

    base: str
    globs: Globs
    source: str

    def says(self, path: str, *, folder: bool) -> bool | None:
        """What the rules say of an absolute path, see `Globs.says`."""
        if not path.startswith(self.base):
            return None
        return self.globs.says(path[len(self.base) :].replace(os.sep, "/"), folder=folder)

    def hold(self, path: str) -> bool:
        """True when they say yes to an absolute path or to a folder that it lies in."""
        return path.startswith(self.base) and self.globs.hold(path[len(self.base) :].replace(os.sep, "/"))


@dataclass(frozen=True, slots=True)
class Ignored:
    """A stack of rules, the outermost first; the innermost that has a word decides."""

    stack: tuple[Rules, ...] = ()

    def with_(self, *rules: Rules | None) -> "Ignored":
        return Ignored((*self.stack, *(rule for rule in rules if rule)))

    def by(self, path: str, *, folder: bool) -> str | None:
        """What ignores an absolute path, or None."""
        for rules in reversed(self.stack):
            if (said := rules.says(path, folder=folder)) is not None:
                return rules.source if said else None
        return None


def read_rules(folder: str, name: str = ".gitignore") -> Rules | None:
    """The rules of a file in a folder; None when there is no such file or it cannot be read."""
    try:
        data = LocalFile(os.path.join(folder, name)).read(_LIMIT)
    except CannotRead:
        return None
    return Rules(_base(folder), _globs(data), name)


@lru_cache(maxsize=64)  # many folders hold copies of the same file
def _globs(data: bytes) -> Globs:
    return Globs.of(data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").split("\n"))


def rules_of(lines: Iterable[str], folder: str, source: str) -> Rules | None:
    """The user's own patterns, relative to a folder; a mistake in one is a `UsageError`."""
    if not (lines := tuple(lines)):
        return None
    try:
        return Rules(_base(folder), Globs.of(lines, strict=True), source)
    except ValueError as error:
        raise UsageError(f"{source}: {error}") from error


def _base(folder: str) -> str:
    return folder if folder.endswith(os.sep) else folder + os.sep


def outer(folder: str) -> tuple[str | None, Ignored]:
    """The repository that a folder lies in, and the rules that hold there because of the folders above it.

    Where they ignore the folder itself, it was named all the same: then they are as good as gone.
    """
    above = [folder]
    while not is_repository(above[-1]):
        parent = os.path.dirname(above[-1])
        if parent == above[-1]:
            return None, Ignored()
        above.append(parent)
    found = Ignored().with_(excluded_by_git(above[-1]), *(read_rules(place) for place in reversed(above[1:])))
    gone = any(found.by(place, folder=True) for place in above[:-1])
    return above[-1], Ignored() if gone or len(above) == 1 else found


def is_repository(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, ".git"))


def excluded_by_git(folder: str) -> Rules | None:
    """`.git/info/exclude`: rules that a clone does not share."""
    rules = read_rules(os.path.join(folder, ".git", "info"), "exclude")
    return Rules(_base(folder), rules.globs, ".git/info/exclude") if rules else None
