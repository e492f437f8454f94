"""Patterns of paths in git's language, as ignore files, excludes and the ignores of the config are written.

Language: https://git-scm.com/docs/gitignore. A pattern becomes a regular expression that needs no more than quadratic
time, for an ignore file may be hostile: the shortest match of what stands between two stars is always enough.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

_STAR, _STARS, _SLASH = object(), object(), object()
_Token = str | object  # the regular expression of one character, or one of the three above
_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9",
    "graph": r"\x21-\x7e", "lower": "a-z", "print": r"\x20-\x7e", "punct": r"!-\/:-@\[-`{-~",
    "space": r" \t\n\r\f\v", "upper": "A-Z", "xdigit": "0-9a-fA-F",
}  # fmt: skip


class _NoPatternError(ValueError):
    """A pattern that can match nothing."""


@dataclass(frozen=True, slots=True)
class _Glob:
    regex: str
    ignores: bool
    folders_only: bool
    whole_path: bool  # otherwise the last name alone


@dataclass(frozen=True, slots=True)
class Globs:
    """Patterns in the order in which they were written; the last one that matches decides."""

    globs: tuple[_Glob, ...]
    gate: re.Pattern[str]  # matches whatever any of them matches, as path or as name

    @classmethod
    def of(cls, lines: Iterable[str], *, strict: bool = False) -> Self:
        """The patterns of some lines; one that can match nothing is left out or, when `strict`, a `ValueError`."""
        globs: list[_Glob] = []
        for line in lines:
            try:
                if glob := _glob(line):
                    globs.append(glob)
            except _NoPatternError:
                if strict:
                    raise ValueError(f"{line!r} is no pattern that could match a path") from None
        names = [glob.regex for glob in globs if not glob.whole_path]
        paths = [glob.regex for glob in globs if glob.whole_path]
        gate = "|".join([*(f"(?:.*/)?(?:{name})" for name in names), *paths]) or "(?!)"
        return cls(tuple(reversed(globs)), re.compile(gate, re.DOTALL))

    def says(self, path: str, *, folder: bool) -> bool | None:
        """True: ignored; False: expressly not; None: no word about it. Of the path itself, not of what it lies in."""
        if not self.gate.fullmatch(path):
            return None
        name = path[path.rfind("/") + 1 :]
        for glob in self.globs:
            if (folder or not glob.folders_only) and _compiled(glob.regex).fullmatch(path if glob.whole_path else name):
                return glob.ignores
        return None

    def hold(self, path: str) -> bool:
        """True when a file, or a folder that it lies in, is ignored."""
        ends = [at for at, char in enumerate(path) if char == "/"]
        if any(self.says(path[:end], folder=True) for end in ends if end):
            return True
        return bool(self.says(path, folder=False))


@lru_cache(maxsize=8192)  # most patterns never come past the gate
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.DOTALL)


def _glob(line: str) -> _Glob | None:
    """The pattern of one line, None for a blank line or comment."""
    line = line.removesuffix("\n").removesuffix("\r")
    if not line or line.startswith("#"):
        return None
    line = _without_trailing_spaces(line)
    ignores = not line.startswith("!")
    line = line if ignores else line[1:]
    folders_only = line.endswith("/")
    line = line[:-1] if folders_only else line
    if not line:
        if ignores and not folders_only:
            return None
        raise _NoPatternError
    whole = "/" in line
    parts = _components(_tokens(line.removeprefix("/")))
    regex = _path_regex(parts) if whole else _name_regex(parts[0])
    return _Glob(regex, ignores, folders_only, whole)


def _without_trailing_spaces(line: str) -> str:
    end = len(line)
    while end and line[end - 1] == " ":
        end -= 1
    if end == len(line):
        return line
    escapes = len(line[:end]) - len(line[:end].rstrip("\\"))
    return line[: end + escapes % 2]


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            stars = at
            while text[at : at + 1] == "*":
                at += 1
            yield _STARS if at > stars else _STAR
        elif char == "?":
            yield "[^/]"
        elif char == "[":
            shape, at = _bracket(text, at)
            yield shape
        elif char == "\\":
            if at == len(text):
                raise _NoPatternError
            yield _SLASH if text[at] == "/" else re.escape(text[at])
            at += 1
        else:
            yield _SLASH if char == "/" else re.escape(char)


def _bracket(text: str, at: int) -> tuple[str, int]:
    """A set of characters and where it ends; `]` may come first, and a range the wrong way round is empty."""
    negated = text[at : at + 1] in {"!", "^"}
    at += negated
    members: list[str] = []
    last: str | None = None
    first = True
    while first or text[at : at + 1] != "]":
        first = False
        if named := re.compile(r"\[:([^\]]*):\]").match(text, at):
            if named[1] not in _CLASSES:
                raise _NoPatternError
            members.append(_CLASSES[named[1]])
            last, at = None, named.end()
            continue
        if text[at : at + 1] == "-" and last is not None and text[at + 1 : at + 2] not in {"", "]"}:
            char, at = _escaped(text, at + 1)
            members += [f"{re.escape(last)}-{re.escape(char)}"] if last <= char else []
            last = None
            continue
        last, at = _escaped(text, at)
        members.append(re.escape(last))
    return f"(?!/)[{'^' if negated else ''}{''.join(members)}]", at + 1


def _escaped(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] == "\\":
        at += 1
    if at >= len(text):
        raise _NoPatternError
    return text[at], at + 1


def _components(tokens: Iterable[_Token]) -> list[list[_Token]]:
    parts: list[list[_Token]] = [[]]
    for token in tokens:
        if token is _SLASH:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _name_regex(tokens: list[_Token]) -> str:
    """One name; what stands between two stars is taken at its first place and never tried again."""
    chunks = [""]
    for token in tokens:
        if token is _STAR or token is _STARS:
            chunks.append("")
        else:
            chunks[-1] += str(token)
    if len(chunks) == 1:
        return chunks[0]
    return chunks[0] + "".join(f"(?>[^/]*?{chunk})" for chunk in chunks[1:-1]) + "[^/]*" + chunks[-1]


def _path_regex(parts: list[list[_Token]]) -> str:
    """A path; `**` alone between slashes is any number of folders, and again the first place is enough."""
    runs: list[list[str]] = [[]]
    for part in parts:
        if part == [_STARS]:
            runs.append([])
        else:
            runs[-1].append(_name_regex(part))
    head, *rest = ["/".join(run) for run in runs]
    if not rest:
        return head
    middle = "".join(f"(?>(?:[^/]+/)*?{run}/)" for run in rest[:-1] if run)
    return (f"{head}/" if head else "") + middle + (f"(?:[^/]+/)*{rest[-1]}" if rest[-1] else ".+")
