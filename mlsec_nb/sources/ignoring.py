"""Ignore rules in git's language (https://git-scm.com/docs/gitignore), from files and from the user."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pathspec import GitIgnoreSpec

from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io.files import LocalFile

_LIMIT = 4 << 20  # bytes of an ignore file


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one file; `base` is the folder that they are relative to, with a trailing separator."""

    base: str
    spec: GitIgnoreSpec
    source: str

    def says(self, path: str) -> bool | None:
        """True: ignored; False: expressly not; None: no word about it. Folders end with a slash."""
        if not path.startswith(self.base):
            return None
        return self.spec.check_file(path[len(self.base) :].replace(os.sep, "/")).include


@dataclass(frozen=True, slots=True)
class Ignored:
    """A stack of rules, the outermost first; the innermost that has a word decides."""

    stack: tuple[Rules, ...] = ()

    def with_(self, *rules: Rules | None) -> "Ignored":
        return Ignored((*self.stack, *(rule for rule in rules if rule)))

    def by(self, path: str) -> str | None:
        """What ignores an absolute path (folders end with a separator), or None."""
        for rules in reversed(self.stack):
            if (said := rules.says(path)) is not None:
                return rules.source if said else None
        return None


def read_rules(folder: str, name: str = ".gitignore") -> Rules | None:
    """The rules of a file in a folder; None when there is no such file or it cannot be read."""
    try:
        data = LocalFile(os.path.join(folder, name)).read(_LIMIT)
    except CannotRead:
        return None
    lines = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").splitlines()
    return Rules(_base(folder), GitIgnoreSpec(_patterns(lines)), name)


def rules_of(lines: Iterable[str], folder: str, source: str) -> Rules | None:
    """The user's own patterns, relative to a folder; a mistake in one is a `UsageError`."""
    if not (lines := tuple(lines)):
        return None
    try:
        return Rules(_base(folder), GitIgnoreSpec.from_lines(lines), source)
    except (ValueError, re.error) as error:
        raise UsageError(f"{source}: {error}") from error


def _patterns(lines: list[str]) -> list[Any]:
    """Like git, a line that is no pattern matches nothing."""
    patterns: list[Any] = []
    for line in lines:
        try:
            patterns += GitIgnoreSpec.from_lines([line]).patterns
        except (ValueError, re.error):
            continue
    return patterns


def _base(folder: str) -> str:
    return folder if folder.endswith(os.sep) else folder + os.sep


def outer(folder: str) -> Ignored:
    """The rules that hold in a folder because of the folders above it, up to the root of its repository."""
    above = [folder]
    while not is_repository(above[-1]):
        parent = os.path.dirname(above[-1])
        if parent == above[-1]:
            return Ignored()
        above.append(parent)
    root = above[-1]
    found = Ignored().with_(excluded_by_git(root), *(read_rules(place) for place in reversed(above[1:])))
    return Ignored() if root == folder or found.by(_base(folder)) else found


def is_repository(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, ".git"))


def excluded_by_git(folder: str) -> Rules | None:
    """`.git/info/exclude`: rules that a clone does not share."""
    rules = read_rules(os.path.join(folder, ".git", "info"), "exclude")
    return Rules(_base(folder), rules.spec, ".git/info/exclude") if rules else None
