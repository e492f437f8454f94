"""Patterns of tools written in Go, as Python reads them (https://github.com/google/re2/wiki/Syntax)."""

import re
from typing import Final

_CLASSES: Final = {
    "[:alnum:]": "A-Za-z0-9", "[:alpha:]": "A-Za-z", "[:digit:]": "0-9", "[:lower:]": "a-z", "[:upper:]": "A-Z",
    "[:xdigit:]": "0-9A-Fa-f", "[:word:]": r"\w", "[:space:]": r"\s", "[:punct:]": r"!-/:-@\[-`{-~",
}  # fmt: skip
_FLAGS: Final = re.compile(r"\(\?(?P<flags>-?[imsxU]+(?:-[imsU]+)?)\)")
_CODE_POINT: Final = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


def translate(pattern: str) -> str:
    """The same pattern for `re`: named classes, the end of text, and flags that hold to the end of their group."""
    for name, members in _CLASSES.items():
        pattern = pattern.replace(name, members)
    pattern = _CODE_POINT.sub(lambda match: f"\\U{int(match[1], 16):08x}", pattern).replace(r"\z", r"\Z")
    return _scoped(pattern)


def _scoped(pattern: str) -> str:
    """Every `(?i)` that is not at the beginning as a group of its own."""
    done = 0
    while flags := _FLAGS.search(pattern, done):
        text = flags["flags"].replace("U", "")
        if flags.start() == 0 and "-" not in text:
            done = flags.end()
            continue
        end = _end_of_group(pattern, flags.end())
        parts = _alternatives(pattern[flags.end() : end])
        scoped = "|".join(f"(?{text}:{part})" if text else part for part in parts)
        pattern = pattern[: flags.start()] + scoped + pattern[end:]
        done = flags.start() + 1
    return pattern


def _end_of_group(pattern: str, start: int) -> int:
    depth, place, in_class = 0, start, False
    while place < len(pattern):
        mark = pattern[place]
        if mark == "\\":
            place += 1
        elif in_class:
            in_class = mark != "]"
        elif mark == "[":
            in_class = True
            place += pattern[place + 1 : place + 2] == "]" or (pattern[place + 1 : place + 3] == "^]") * 2
        elif mark == "(":
            depth += 1
        elif mark == ")":
            if depth == 0:
                return place
            depth -= 1
        place += 1
    return len(pattern)


def _alternatives(pattern: str) -> list[str]:
    """The parts between the bars that are not inside a group or class."""
    parts, start, place = [], 0, 0
    while place < len(pattern):
        mark = pattern[place]
        if mark == "\\":
            place += 1
        elif mark == "(":
            place = _end_of_group(pattern, place + 1)
        elif mark == "[":
            place = pattern.find("]", place + 2)
            place = len(pattern) if place < 0 else place
        elif mark == "|":
            parts.append(pattern[start:place])
            start = place + 1
        place += 1
    return [*parts, pattern[start:]]
