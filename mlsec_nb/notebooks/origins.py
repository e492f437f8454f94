"""Texts that were put together of JSON values, and how each character is led back to the file."""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from mlsec_nb.core import Location

from .positions import Item, Lines, Name, Nth, Path, Raw, pointer


class Run(NamedTuple):
    """From `start` on, the characters stand one for one at `at` and on in the value at `path`.

    `at` is None for what is not in the value (punctuation, keys' dots): it points to the value's beginning.
    Lines and columns count from `group`.
    """

    start: int
    path: Path
    at: int | None
    group: int


class Composed(Protocol):
    """A text made of values of the file."""

    def text(self) -> str: ...

    def runs(self) -> Iterator[Run]:
        """In ascending order; asked for only when a location is."""
        ...


@dataclass(slots=True)
class Joined:
    """Strings and lists of strings, one behind the other; lines count from the beginning of each part."""

    parts: Sequence[tuple[Path, str | list[str]]]
    between: str = ""

    def text(self) -> str:
        if len(self.parts) == 1:
            value = self.parts[0][1]
            return value if isinstance(value, str) else self.between.join(value)
        return "".join([value if isinstance(value, str) else self.between.join(value) for _, value in self.parts])

    def runs(self) -> Iterator[Run]:
        start = 0
        for path, value in self.parts:
            group = start
            if not value:
                yield Run(start, path, None, group)
            for index, item in enumerate([value] if isinstance(value, str) else value):
                if index and self.between:
                    yield Run(start, (*path, index), None, group)
                    start += len(self.between)
                yield Run(start, path if isinstance(value, str) else (*path, index), 0, group)
                start += len(item)


@dataclass(slots=True)
class Cut:
    """Another text without what a pattern matches."""

    whole: Composed
    pattern: re.Pattern[str]

    def text(self) -> str:
        return self.pattern.sub("", self.whole.text())

    def runs(self) -> Iterator[Run]:
        runs = list(self.whole.runs())
        starts = [run.start for run in runs]
        groups: dict[int, int] = {}
        shown = 0
        for first, last in self._spans():
            index = max(bisect_right(starts, first) - 1, 0)
            while first < last and index < len(runs):
                run = runs[index]
                end = min(last, runs[index + 1].start if index + 1 < len(runs) else last)
                group = groups.setdefault(run.group, shown)
                yield Run(shown, run.path, None if run.at is None else run.at + first - run.start, group)
                shown += end - first
                first, index = end, index + 1  # noqa: PLW2901 - the rest of the span

    def _spans(self) -> Iterator[tuple[int, int]]:
        """What stays, as spans of the whole text."""
        text = self.whole.text()
        done = 0
        for match in self.pattern.finditer(text):
            yield done, match.start()
            done = match.end()
        yield done, len(text)


_dump = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_ESCAPED = re.compile(r"\\(?:u00([0-9a-f]{2})|(.))", re.DOTALL)
_NUMBERS = {int, float, bool, type(None)}
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(slots=True)
class Json:
    """A value as one line of JSON, but strings as they read when decoded; lines count from each string's beginning."""

    path: Path
    value: Any

    def text(self) -> str:
        text = _dump(self.value)
        return _ESCAPED.sub(_unescaped, text) if "\\" in text else text

    def runs(self) -> Iterator[Run]:
        start = 0
        for size, path, at in _json_runs(self.value, self.path):
            yield Run(start, path, at, start)
            start += size


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _LETTERS.get(match[2], match[2])


def _json_runs(value: Any, path: Path) -> Iterator[tuple[int, Path, int | None]]:
    """Length, path and beginning of each piece of `Json.text`."""
    if isinstance(value, str):
        yield 1, path, None
        yield len(value), path, 0
        yield 1, path, None
    elif isinstance(value, dict):
        yield 1, path, None
        for index, (key, item) in enumerate(value.items()):
            name = (*path, Name(key))
            yield (3 if index else 1), name, None  # comma, blank, quote
            yield len(key), name, 0
            yield 3, (*path, key), None  # quote, colon, blank
            yield from _json_runs(item, (*path, key))
        yield 1, path, None
    elif isinstance(value, list) and set(map(type, value)) <= _NUMBERS:
        yield len(_dump(value)), (*path, Item.COUNTED), None
    elif isinstance(value, list):
        yield 1, path, None
        for index, item in enumerate(value):
            if index:
                yield 2, (*path, index), None
            yield from _json_runs(item, (*path, index))
        yield 1, path, None
    else:
        yield len(_dump(value)), path, None


@dataclass(slots=True)
class Leaves:
    """The scalars inside a value as lines `outer.key = "value"`; lines count from each value's beginning."""

    path: Path
    value: Any

    def text(self) -> str:
        lines: list[str] = []
        _tell(self.value, "", lines)
        return "".join(lines)

    def runs(self) -> Iterator[Run]:
        start = 0
        for part, path, at in _leaves(self.value, self.path, ""):
            yield Run(start, path, at, start)
            start += len(part)


def _tell(value: Any, name: str, lines: list[str]) -> None:
    """What `_leaves` gives, without the way back: most texts are never asked for it."""
    if isinstance(value, str):
        lines.append(f'{name} = "{value}"\n' if name else f'"{value}"\n')
    elif isinstance(value, dict) and value:
        for key, item in value.items():
            _tell(item, f"{name}.{key}" if name else key, lines)
    elif isinstance(value, list) and value:
        if _in_lines(value):
            _tell("".join(value), name, lines)
        else:
            for item in value:
                _tell(item, name, lines)
    elif name or value is not None:
        lines.append(f"{name} = {_scalar(value)}\n" if name else f"{_scalar(value)}\n")


_WORDS = {None: "null", True: "true", False: "false"}


def _scalar(value: Any) -> str:
    """A value that holds no others as JSON: `_dump` makes an encoder for each."""
    if value is None or value is True or value is False:
        return _WORDS[value]
    return repr(value) if type(value) is int else _dump(value)


def _in_lines(value: list[Any]) -> bool:
    """Whether a list is a text in lines, as notebooks write it."""
    return all(isinstance(item, str) for item in value) and any(item.endswith("\n") for item in value)


def _leaves(value: Any, path: Path, name: str) -> Iterator[tuple[str, Path, int | None]]:
    """Text, path and beginning of each piece."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key), f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value:
        if _in_lines(value):
            yield from _line(Joined([(path, value)]), path, name)
        else:
            for index, item in enumerate(value):
                yield from _leaves(item, (*path, index), name)
    elif isinstance(value, str):
        yield from _line(Joined([(path, value)]), path, name)
    elif name or value is not None:
        yield from _named(path, name)
        yield _dump(value) + "\n", path, None


def _line(text: Joined, path: Path, name: str) -> Iterator[tuple[str, Path, int | None]]:
    yield from _named(path, name)
    yield '"', path, None
    whole = text.text()
    runs = [*text.runs(), Run(len(whole), path, None, 0)]
    for run, following in pairwise(runs):
        yield whole[run.start : following.start], run.path, run.at
    yield '"\n', path, None


def _named(path: Path, name: str) -> Iterator[tuple[str, Path, int | None]]:
    """The name of a leaf; its last word is the key as it stands in the file."""
    if not name:
        return
    step = path[-1]
    if isinstance(step, str | Nth):
        key = step.key if isinstance(step, Nth) else step
        yield name[: len(name) - len(key)], (*path[:-1], Name(step)), None
        yield key, (*path[:-1], Name(step)), 0
    else:
        yield name, path, None
    yield " = ", path, None


@dataclass(slots=True, eq=False)
class JsonOrigin:
    """The way back from a composed text to the notebook's file."""

    place: Location
    raw: Raw
    composed: Composed
    part: Callable[[Path], str] | None = None  # where the part depends on the value
    _runs: list[Run] | None = field(default=None, repr=False)
    _lines: Lines | None = field(default=None, repr=False)

    @staticmethod
    def _counted(run: Run, text: str, offset: int) -> Run:
        """The run with the path of the very number of a list (an empty list has one path more than it needs)."""
        if not run.path or run.path[-1] is not Item.COUNTED:
            return run
        return run._replace(path=(*run.path[:-1], text.count(", ", run.start, offset)))

    @property
    def runs(self) -> list[Run]:
        """All runs of the text, in its order; at least one."""
        if self._runs is None:
            self._runs = list(self.composed.runs()) or [Run(0, (), None, 0)]
        return self._runs

    def run(self, offset: int) -> Run:
        """The run in which a character of the text stands."""
        return self.runs[max(bisect_right(self.runs, offset, key=_start) - 1, 0)]

    def at(self, text: str, start: int, end: int) -> Location:
        try:
            run = self._counted(self.run(start), text, start)
        except RecursionError:  # read at the edge of what Python nests, and asked from deeper inside a program
            return self.place
        lines = self._lines = self._lines or Lines(text)
        line, column = _within(lines, run.group, start)
        end_line, end_column = _within(lines, run.group, end)
        raw_line, raw_column = self.raw.lines.at(
            self.raw.place(run.path, None if run.at is None else run.at + start - run.start)
        )
        return self.place.with_(
            part=self.part(run.path) if self.part else self.place.part,
            line=line, column=column, end_line=end_line, end_column=end_column,
            raw_line=raw_line, raw_column=raw_column,
        )  # fmt: skip


def _start(run: Run) -> int:
    return run.start


def _within(lines: Lines, group: int, offset: int) -> tuple[int, int]:
    """Line and column of an offset, counted from the beginning of its group."""
    first, indent = lines.at(group)
    line, column = lines.at(max(offset, group))
    return line - first + 1, column if line > first else column - indent + 1


def at_pointer(part: str, base: int) -> Callable[[Path], str]:
    """Parts such as `metadata /papermill/parameters`: a name and the pointer below the first `base` steps."""
    return partial(_with_pointer, part, base)


def _with_pointer(part: str, base: int, path: Path) -> str:
    return f"{part} {pointer(path[base:])}" if len(path) > base else part
