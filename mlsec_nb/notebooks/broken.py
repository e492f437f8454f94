"""Notebooks whose JSON does not parse: what stands in them is read all the same.

`mend` writes over what does not fit (and only there), so that every offset stays that of the file; `recovered` is for
what is beyond mending.
"""

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from mlsec_nb.core import Location, Part, Segment

from .positions import Lines

# An escape, or the seam between two lines of a text as notebooks write it: "…\n",⏎    "…
_PIECE = re.compile(
    r"""
    (?P<seam>\\n",[ \t]*\r?\n[ \t]*")
    |\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})
    |\\u(?P<hex>[0-9a-fA-F]{4})
    |\\(?P<one>["\\/bfnrt])
    """,
    re.VERBOSE,
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(slots=True, eq=False)
class RawOrigin:
    """The way back from a decoded file, or spans of it, to the file; lines are those of the file."""

    place: Location
    text: str = field(repr=False)
    lines: Lines
    spans: list[tuple[int, int]]
    _starts: "array[int]" = field(init=False, repr=False, default_factory=lambda: array("q"))
    _offsets: "array[int]" = field(init=False, repr=False, default_factory=lambda: array("q"))

    def at(self, text: str, start: int, end: int) -> Location:
        del text
        line, column = self.lines.at(self.offset(start))
        end_line, end_column = self.lines.at(self.offset(end - 1) + 1 if end > start else self.offset(start))
        return self.place.with_(
            line=line, column=column, end_line=end_line, end_column=end_column, raw_line=line, raw_column=column,
        )  # fmt: skip

    def offset(self, position: int) -> int:
        """The offset in the file of a position in the text."""
        if not self._starts:
            self._index()
        run = max(bisect_right(self._starts, position) - 1, 0)
        limit = self._offsets[run + 1] if run + 1 < len(self._offsets) else len(self.text)
        return min(self._offsets[run] + position - self._starts[run], limit)

    def position(self, offset: int) -> int:
        """The position in the text of an offset in the file."""
        if not self._starts:
            self._index()
        run = max(bisect_right(self._offsets, offset) - 1, 0)
        limit = self._starts[run + 1] if run + 1 < len(self._starts) else len(self.text)
        return min(self._starts[run] + offset - self._offsets[run], limit)

    def _index(self) -> None:
        shown = 0
        for first, last in self.spans:
            done = first
            self._add(shown, first)
            for match in _PIECE.finditer(self.text, first, last):
                shown += match.start() - done
                self._add(shown, match.start())
                shown += len(_decoded(match))
                done = match.end()
                self._add(shown, done)
            shown += last - done + 1
            self._add(shown - 1, last)

    def _add(self, start: int, offset: int) -> None:
        self._starts.append(start)
        self._offsets.append(offset)


def recovered(path: str, text: str, spans: list[tuple[int, int]] | None = None) -> Segment:
    """The file (or spans of it, a line each) with JSON's escapes decoded and lines joined, wherever strings begin."""
    spans = [(0, len(text))] if spans is None else spans
    place = Location(path=path)
    shown = "\n".join([_PIECE.sub(_decoded, text[first:last]) for first, last in spans])
    return Segment(shown, Part.TEXT, place, RawOrigin(place, text, Lines(text), spans))


def _decoded(match: re.Match[str]) -> str:
    if match["seam"]:
        return "\n"
    if match["high"]:
        return chr(0x10000 + ((int(match["high"], 16) - 0xD800) << 10) + int(match["low"], 16) - 0xDC00)
    if match["hex"]:
        return chr(int(match["hex"], 16))
    return _LETTERS.get(match["one"], match["one"])
