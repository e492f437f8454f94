"""Where a value of a JSON text stands: walks along one path, and only when asked."""

import json
import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from json.decoder import scanstring  # type: ignore[attr-defined]  # the C scanner of string literals
from typing import Any, TypeAlias

from mlsec_nb.core import mask_text


@dataclass(frozen=True, slots=True)
class Nth:
    """One of several members with the same key, counted from 0; a bare key means the last."""

    key: str
    index: int


@dataclass(frozen=True, slots=True)
class Name:
    """The key of a member itself, not its value."""

    step: "str | Nth"


class Item(Enum):
    """An item of a list of numbers, which one is told by the commas before it in the text."""

    COUNTED = "counted"


Step: TypeAlias = str | int | Nth | Name | Item
Path: TypeAlias = tuple[Step, ...]

_BLANK = re.compile(r"[ \t\n\r]*")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL
)  # fmt: skip
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_scan = json.JSONDecoder(strict=False).scan_once  # type: ignore[attr-defined]  # (text, start) -> (value, end)


def pointer(path: Path) -> str:
    """A path as a JSON pointer (RFC 6901), fit to be shown."""
    return "".join("/" + _word(step).replace("~", "~0").replace("/", "~1") for step in path)


def _word(step: Step) -> str:
    while isinstance(step, Name | Nth):
        step = step.step if isinstance(step, Name) else step.key
    return shown(step) if isinstance(step, str) else str(step)


@lru_cache(4096)
def shown(key: str) -> str:
    """A key as it may be shown in a location: somebody may have written a secret there."""
    return mask_text(key, 80)


class Lines:
    """Line and column, from 1, of the offsets of one text; only LF ends a line."""

    __slots__ = ("_ends", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: array[int] | None = None

    def at(self, offset: int) -> tuple[int, int]:
        if self._ends is None:
            self._ends = array("q", (match.start() for match in re.finditer("\n", self._text)))
        line = bisect_left(self._ends, offset)
        return line + 1, offset - (self._ends[line - 1] if line else -1)

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, within the text."""
        self.at(0)
        assert self._ends is not None
        start = self._ends[min(line - 2, len(self._ends) - 1)] + 1 if line > 1 and self._ends else 0
        return min(start + max(column - 1, 0), len(self._text))


@dataclass(slots=True)
class Literal:
    """A string literal: where its decoded characters stand. `start` is that of its opening quote."""

    text: str = field(repr=False)
    start: int
    end: int
    _decoded: "array[int]" = field(init=False, repr=False)
    _raw: "array[int]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._decoded, self._raw = array("q", [0]), array("q", [self.start + 1])
        saved = 0
        for match in _ESCAPE.finditer(self.text, self.start + 1, self.end - 1):
            saved += match.end() - match.start() - 1
            self._decoded.append(match.end() - self.start - 1 - saved)
            self._raw.append(match.end())

    def at(self, offset: int) -> int:
        """The offset in the file of a decoded character; that of the closing quote for the end."""
        run = bisect_right(self._decoded, offset) - 1
        return min(self._raw[run] + offset - self._decoded[run], self.end - 1)


class Raw:
    """A JSON text that tells where the value at a path stands; what was found on the way is kept."""

    def __init__(self, text: str, shown: str | None = None) -> None:
        """`text` is what is walked; `shown` is the file as it is, of the same length, when `text` was mended."""
        self.text = text
        self.lines = Lines(text if shown is None else shown)
        self._members: dict[int, dict[Step, int]] = {}
        self._items: dict[int, array[int]] = {}
        self._literals: dict[int, Literal] = {}

    def value(self, path: Path) -> int | None:
        """The offset of the first character of the value at a path; None when there is none."""
        place: int | None = self._blank(0)
        for step in path:
            if place is None or self.text[place : place + 1] not in {"{", "["}:
                return None
            place = self._member(place, step)
        return place

    def literal(self, path: Path) -> Literal | None:
        """The string literal at a path; None when something else stands there."""
        start = self.value(path)
        if start is None or self.text[start : start + 1] != '"':
            return None
        if start not in self._literals:
            if len(self._literals) > 64:  # few are asked for again and again, some are large
                self._literals.clear()
            self._literals[start] = Literal(self.text, start, scanstring(self.text, start + 1, False)[1])
        return self._literals[start]

    def place(self, path: Path, offset: int | None) -> int:
        """The offset in the file of a character of the value at a path, or of the value, or of what should hold it."""
        if offset is not None and (literal := self.literal(path)):
            return literal.at(offset)
        for size in range(len(path), 0, -1):
            if (start := self.value(path[:size])) is not None:
                return start
        return 0

    def end(self, start: int) -> int:
        """The offset behind the value that starts at an offset."""
        if self.text[start : start + 1] == '"':
            return int(scanstring(self.text, start + 1, False)[1])
        try:
            return int(_scan(self.text, start)[1])
        except (RecursionError, ValueError, StopIteration):
            return self._end_of_deep(start)

    def _end_of_deep(self, start: int) -> int:
        """The same without recursion, for nesting too deep and numbers too long for the decoder."""
        if self.text[start : start + 1] not in {"{", "["}:
            return re.compile(r"[^,\]}\s]*").match(self.text, start).end()  # type: ignore[union-attr]
        depth = 0
        for match in _STRUCTURE.finditer(self.text, start):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match.group(), 0)
            if not depth:
                return match.end()
        return len(self.text)

    def _blank(self, start: int) -> int:
        return _BLANK.match(self.text, start).end()  # type: ignore[union-attr]

    def _member(self, start: int, step: Step) -> int | None:
        if self.text[start] == "{":
            if start not in self._members:
                self._members[start] = self._object(start)
            return self._members[start].get(step)
        if start not in self._items:
            self._items[start] = self._array(start)
        items = self._items[start]
        return items[step] if isinstance(step, int) and 0 <= step < len(items) else None

    def _array(self, start: int) -> "array[int]":
        found = array("q")
        place = self._blank(start + 1)
        while self.text[place : place + 1] not in {"]", ""}:
            found.append(place)
            place = self._blank(max(self.end(place), place + 1))
            if self.text[place : place + 1] == ",":
                place = self._blank(place + 1)
        return found

    def _object(self, start: int) -> dict[Step, int]:
        found: dict[Step, int] = {}
        seen: dict[str, int] = {}
        place = self._blank(start + 1)
        while self.text[place : place + 1] == '"':
            key, end = scanstring(self.text, place + 1, False)
            value = self._blank(self._blank(end) + 1)  # behind the colon
            index = seen.get(key, 0)
            seen[key] = index + 1
            found[key] = found[Nth(key, index)] = value
            found[Name(key)] = found[Name(Nth(key, index))] = place
            place = self._blank(self.end(value))
            if self.text[place : place + 1] == ",":
                place = self._blank(place + 1)
        return found


class Shadowing(dict[str, Any]):
    """A JSON object with duplicate keys: the last of each key as in any dict, the others in `shadowed`."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        seen: dict[str, int] = {}
        every: list[tuple[Nth, Any]] = []
        for key, value in pairs:
            every.append((Nth(key, seen.get(key, 0)), value))
            seen[key] = seen.get(key, 0) + 1
        self.shadowed = [(nth, value) for nth, value in every if nth.index < seen[nth.key] - 1]


def loads(text: str) -> tuple[Any, bool]:
    """The value of a JSON text, and whether there is a `Shadowing` in it; raises ValueError or RecursionError."""
    shadowings = 0

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal shadowings
        value = dict(found)
        if len(value) == len(found):
            return value
        shadowings += 1
        return Shadowing(found)

    try:
        value = json.loads(text, object_pairs_hook=pairs, strict=False)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of more digits than Python converts
        value = json.loads(text, object_pairs_hook=pairs, strict=False, parse_int=_whole)
    return value, shadowings > 0


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 4000 else float("inf")  # `sys.get_int_max_str_digits` allows 4,300
