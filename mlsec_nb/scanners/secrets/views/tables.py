"""Tables in plain text: a cell's value behind the name of its column, as a reader sees them together."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mlsec_nb.core import Segment
from mlsec_nb.scanners.secrets.assignments import WORDS

from .rewriting import Piece, assemble

ROWS: Final = 200  # below one heading
_LONGEST: Final = 4000  # characters of a heading
_HEADING: Final = re.compile(r"^[^\n]*(?:\||,|\t| {2,}|;)[^\n]*$", re.MULTILINE)
_RULE: Final = re.compile(r"[\s|+:=\-─┼╪┌┬┐├┤└┴┘│━┃╇]*")
_COLUMN: Final = re.compile(r"\S+")
Span = tuple[int, int]


def table_views(segment: Segment, names: Sequence[int]) -> Iterator[Segment]:
    """Every table whose heading has a telling name; `names` are the places of such, in order."""
    text = segment.text
    pieces: list[Piece] = []
    rows = _Rows(text)
    end = 0
    for place in names:
        if place < end:
            continue  # on the same line
        start, end = text.rfind("\n", end, place) + 1 or end, text.find("\n", place)
        if end < 0:
            break
        if end < start + _LONGEST and _HEADING.match(text, start, end):
            pieces.extend(_table(text[start:end], rows.below(end + 1)))
    if pieces:
        yield assemble(segment, pieces, "text")


def _is_telling(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in WORDS)


class _Rows:
    """The lines below headings; where every line may be a heading, not each is read below all of them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = text.count("\n") + 10 * ROWS  # each line once, in the mean

    def below(self, place: int) -> Iterator[tuple[int, str]]:
        """The lines from a place on, and where each begins."""
        for _ in range(ROWS):
            if self._left <= 0 or place > len(self._text):
                return
            self._left -= 1
            end = self._text.find("\n", place)
            end = len(self._text) if end < 0 else end
            yield place, self._text[place:end]
            place = end + 1


def _table(line: str, below: Iterable[tuple[int, str]]) -> Iterator[Piece]:
    for separator in ("|", "│", "┃", ",", "\t", ";"):
        if separator in line:
            names = _split(line, separator)
            wanted = [index for index, (a, b) in enumerate(names) if _is_name(line[a:b])]
            for place, row in below if len(names) > 1 and wanted else ():
                if _RULE.fullmatch(row):
                    if row.strip():
                        continue
                    break
                cells = _split(row, separator)
                if len(cells) != len(names):
                    break
                for index in wanted:
                    yield from _said(line[slice(*names[index])], row, cells[index], place)
            return
    yield from _aligned(line, below)


def _split(line: str, separator: str) -> list[Span]:
    spans, place = [], 0
    for cell in line.split(separator):
        left = place + len(cell) - len(cell.lstrip(" \"'`"))
        spans.append((left, max(left, place + len(cell.rstrip(" \"'`\r")))))
        place += len(cell) + len(separator)
    return spans


def _is_name(text: str) -> bool:
    text = text.strip("*")
    return len(text) <= 48 and len(text.split()) <= 3 and _is_telling(text) and bool(re.fullmatch(r"[\w. \-]+", text))


def _aligned(line: str, below: Iterable[tuple[int, str]]) -> Iterator[Piece]:
    """Columns that end (numbers and pandas) or begin where their heading does."""
    names = [match.span() for match in _COLUMN.finditer(line)]
    if not all(re.fullmatch(r"[\w.\-/%]+", line[slice(*name)]) for name in names):
        return
    wanted = [span for span in names if _is_name(line[slice(*span)])]
    if len(names) < 2 or not wanted:
        return
    for place, row in below:
        if not row.strip():
            return
        cells = [match.span() for match in _COLUMN.finditer(row)]
        for name in wanted:
            for cell in cells:
                if cell[1] == name[1] or cell[0] == name[0]:
                    yield from _said(line[slice(*name)], row, cell, place)


def _said(name: str, row: str, cell: Span, place: int) -> Iterator[Piece]:
    value = row[slice(*cell)]
    if value and not value.isspace():
        yield f"\n{name.strip(' *').replace(' ', '_')}: ", place + cell[0]
        yield value, place + cell[0]
        yield "\n", place + cell[1]
