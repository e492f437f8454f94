"""Edits of a notebook's or text file's bytes; nothing changes but the characters that have to.

Indentation, order of keys, spelling of escapes, encoding, line ends and the end of the file stay as they are.
"""

import json
from collections.abc import Iterator
from dataclasses import replace as changed
from typing import Any

from mlsec_nb.core import Artifact, Document, Kind, Location, MlsecError, Segment, ViewOrigin
from mlsec_nb.io.files import Memory

from . import encoding
from .broken import RawOrigin
from .ipynb import cells_of
from .origins import Composed, Cut, Joined, JsonOrigin, Run
from .plain import FileOrigin
from .positions import Lines, Path, Raw, loads, pointer
from .reading import read

Splice = tuple[int, int, str]  # what stands from one offset of the file to another becomes a text


class CannotEdit(MlsecError):  # noqa: N818 - reads with `raise`
    """A place is not in the file, or what stands there cannot be written over."""


class Editor:
    """Edits of one file, all told in terms of the file as it was given; `data` gives the result."""

    def __init__(self, data: bytes, path: str, kind: Kind = Kind.NOTEBOOK) -> None:
        self._text, self._encoding, self._mark = encoding.decode(data)
        if encoding.encode(self._text, self._encoding, self._mark) != data:
            raise CannotEdit(f"{path}: its encoding is mixed, it cannot be written back")
        self.document: Document = read(Artifact(path, kind, Memory(data)))
        self._splices: list[Splice] = []

    def replace(self, location: Location, text: str) -> None:
        """What stands from a location to its end becomes a text."""
        segment, start, end = locate(self.document, location)
        self.replace_in(segment, start, end, text)

    def replace_in(self, segment: Segment, start: int, end: int, text: str) -> None:
        """`segment.text[start:end]` becomes a text; the segment is one of this editor's document."""
        while isinstance(segment.origin, ViewOrigin):
            view = segment.origin
            start, end = view.offset(start), view.offset(end - 1) + 1 if end > start else view.offset(start)
            segment = view.parent
        origin = segment.origin
        if isinstance(origin, JsonOrigin):
            self._splices += _in_json(segment, origin, start, end, text, plain=not self._text.isascii())
        elif isinstance(origin, FileOrigin):
            self._splices.append((origin.start + start, origin.start + end, text))
        elif isinstance(origin, RawOrigin):
            last = origin.offset(end - 1) + 1 if end > start else origin.offset(start)
            spelled = json.dumps(text, ensure_ascii=self._text.isascii())[1:-1]
            self._splices.append((origin.offset(start), last, spelled))
        else:
            raise CannotEdit(f"{segment.place}: is no text of this file")

    def clear_outputs(self, cell: int) -> None:
        """A cell has no outputs and was never executed."""
        raw, value = self._json()
        paths = dict(enumerate((path for path, _ in cells_of(value if isinstance(value, dict) else {})), 1))
        if cell not in paths:
            raise CannotEdit(f"{self.document.artifact.path}: has no cell {cell}")
        for key, empty in (("outputs", "[]"), ("execution_count", "null"), ("prompt_number", "null")):
            start = raw.value((*paths[cell], key))
            if start is not None:
                self._splices.append((start, raw.end(start), empty))

    def _json(self) -> tuple[Raw, Any]:
        try:
            return Raw(self._text), loads(self._text)[0]
        except (ValueError, RecursionError):
            raise CannotEdit(f"{self.document.artifact.path}: is no valid JSON, no cell can be emptied") from None

    @property
    def data(self) -> bytes:
        """The bytes after all edits; of edits that overlap the first in the file wins, what it leaves is deleted."""
        pieces: list[str] = []
        done = 0
        for start, end, text in sorted(self._splices):
            if start < done:
                text = ""  # noqa: PLW2901 - inside of what another edit replaces
            pieces += (self._text[done:start], text)
            done = max(done, end)
        pieces.append(self._text[done:])
        return encoding.encode("".join(pieces), self._encoding, self._mark)


def locate(document: Document, location: Location) -> tuple[Segment, int, int]:
    """The segment and span of a location that was given by a segment of this document."""
    for segment in document.segments:
        while isinstance(segment.origin, ViewOrigin):
            segment = segment.origin.parent  # noqa: PLW2901 - locations of views are those of what they were made of
        if segment.place.cell != location.cell:
            continue
        for start, end in _spans(segment, location):
            if _same(segment.at(start, end), location):
                return segment, start, end
    raise CannotEdit(f"{location}: is not there any more")


def _spans(segment: Segment, location: Location) -> Iterator[tuple[int, int]]:
    """The spans of a segment that a location may mean: where its lines count from is known for each group of runs."""
    origin = segment.origin
    if isinstance(origin, RawOrigin):
        start, end = _span(origin.lines, (1, 1), location)
        yield origin.position(start), origin.position(end - 1) + 1 if end > start else origin.position(start)
        return
    lines = Lines(segment.text)
    if isinstance(origin, JsonOrigin) and origin.part:
        groups = dict.fromkeys(run.group for run in origin.runs if origin.part(run.path) == location.part)
    else:
        groups = dict.fromkeys([0] if segment.place.part == location.part else [])
    for group in groups:
        yield _span(lines, lines.at(group), location)


def _span(lines: Lines, first: tuple[int, int], location: Location) -> tuple[int, int]:
    """The offsets of a location's ends, whose lines and columns count from a first place."""
    line, column = location.line or 1, location.column or 1
    end_line, end_column = location.end_line or line, location.end_column or column
    ends = [
        lines.offset(first[0] + row - 1, place + (first[1] - 1 if row == 1 else 0))
        for row, place in ((line, column), (end_line, end_column))
    ]
    return ends[0], max(ends)


def _same(found: Location, asked: Location) -> bool:
    return changed(found, path=asked.path, member=asked.member, layer=asked.layer, cell_id=asked.cell_id) == asked


def _in_json(segment: Segment, origin: JsonOrigin, start: int, end: int, text: str, *, plain: bool) -> Iterator[Splice]:
    """The splices that put a text in the place of a span; it goes where the span begins."""
    put = False
    lines = _lines_of(origin.composed)
    for path, first, last, size in _touched(segment, origin.runs, start, end):
        literal = origin.raw.literal(path)
        if not literal:
            continue
        begin, stop = literal.at(first), literal.at(last)
        if not put:
            put = True
            spelled = json.dumps(text, ensure_ascii=not plain)[1:-1]
            if lines and isinstance(path[-1], int) and "\n" in text:
                spelled = _in_lines(origin.raw, path, text, plain=plain, at_end=last == size)
            yield begin, stop, spelled
        elif lines and (first, last) == (0, size) and isinstance(path[-1], int) and path[-1] > 0:
            before = origin.raw.literal((*path[:-1], path[-1] - 1))
            yield before.end if before else begin, literal.end if before else stop, ""  # the whole item
        elif begin < stop:
            yield begin, stop, ""
    if not put:
        raise CannotEdit(f"{segment.at(start, end)}: is no text that can be written over")


def _lines_of(composed: Composed) -> bool:
    """Whether items of a list are the lines of a text, each with its own line end."""
    while isinstance(composed, Cut):
        composed = composed.whole
    return isinstance(composed, Joined) and not composed.between


def _touched(segment: Segment, runs: list[Run], start: int, end: int) -> list[tuple[Path, int, int, int]]:
    """The values that a span touches: path, span inside the value, and the length of the value's run."""
    found = []
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        stop = following.start if following else len(segment.text)
        touched = run.start <= start <= stop if start == end else run.start < end and stop > start
        if run.at is not None and touched:
            first, last = max(start, run.start), min(end, stop)
            found.append((run.path, run.at + first - run.start, run.at + last - run.start, run.at + stop - run.start))
    return found[-1:] if start == end else found  # between two lines, the second is put off


def _in_lines(raw: Raw, path: Path, text: str, *, plain: bool, at_end: bool) -> str:
    """A text of several lines as JSON spells it, each line an item of its own."""
    lines = text.split("\n")
    last = ""
    if at_end and len(lines) > 1 and not lines[-1]:
        lines, last = lines[:-1], "\\n"
    spelled = [json.dumps(line, ensure_ascii=not plain)[1:-1] for line in lines]
    return f'\\n"{_between(raw, path)}"'.join(spelled) + last


def _between(raw: Raw, path: Path) -> str:
    """What stands between two items of the list that a path leads into."""
    *outer, index = path
    assert isinstance(index, int)
    for first in (index, index - 1):
        here, following = raw.literal((*outer, first)), raw.literal((*outer, first + 1))
        if here and following:
            return raw.text[here.end : following.start]
    start = raw.value(path) or 0
    indent = raw.text[raw.text.rfind("\n", 0, start) + 1 : start]
    return ", " if indent.strip() else ",\n" + indent


def problems(data: bytes) -> tuple[str, ...]:
    """Where a notebook does not follow the schema of its version, as JSON pointers; empty when it is valid.

    Only places are told, never values. Raises `CannotEdit` for what is no JSON object.
    """
    from nbformat.validator import iter_validate  # noqa: PLC0415 - takes a second to import

    try:
        value, _ = loads(encoding.decode(data)[0])
        if isinstance(value, dict):
            found = [tuple(error.absolute_path) for error in iter_validate(value)]
            return tuple(pointer(path) or "/" for path in dict.fromkeys(found))
    except (ValueError, RecursionError) as error:
        raise CannotEdit("is no valid JSON") from error
    raise CannotEdit("is no notebook")
