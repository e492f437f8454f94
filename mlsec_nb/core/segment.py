"""A run of text that knows where it stands."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .location import Location


class Part(StrEnum):
    """What a segment is, for scanners that treat code, output and metadata differently."""

    CODE = "code"
    MARKDOWN = "markdown"
    RAW = "raw"
    OUTPUT = "output"
    TRACEBACK = "traceback"
    METADATA = "metadata"
    ATTACHMENT = "attachment"
    TEXT = "text"  # a whole file that is not code


class Origin(Protocol):
    """Where the characters of a segment came from."""

    def at(self, text: str, start: int, end: int) -> Location:
        """The place of `text[start:end]`."""
        ...


class RawMap(Protocol):
    """Line and column (from 1) in the file on disk of one offset of a decoded text."""

    def __call__(self, offset: int) -> tuple[int, int] | None: ...


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset; only LF ends a line, as in editors and SARIF viewers."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@dataclass(frozen=True, slots=True)
class TextOrigin:
    """A text whose own lines are the reader's lines; `raw` tells where it stands in the file on disk."""

    place: Location
    raw: RawMap | None = None

    def at(self, text: str, start: int, end: int) -> Location:
        line, column = line_and_column(text, start)
        end_line, end_column = line_and_column(text, end)
        raw_line, raw_column = (self.raw(start) if self.raw else (line, column)) or (None, None)
        return self.place.with_(
            line=line, column=column, end_line=end_line, end_column=end_column,
            raw_line=raw_line, raw_column=raw_column,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text that knows where it stands; text scanners see nothing else.

    `place` names path, cell, cell id and part, without line. `language` is that of the text ("python",
    "bash", "markdown", "html", "json" …) and `mime` the MIME type of an output part.
    """

    text: str
    part: Part
    place: Location
    origin: Origin
    language: str | None = None
    mime: str | None = None

    def at(self, start: int, end: int) -> Location:
        """The place of `text[start:end]` in the artifact, for the reader and for the raw file."""
        return self.origin.at(self.text, start, end)

    def view(self, text: str, starts: Sequence[int], offsets: Sequence[int], language: str | None = None) -> "Segment":
        """The same place in other clothes (decoded, stripped, joined).

        From `starts[i]` on (ascending, beginning with 0) the view's characters stand one for one at
        `offsets[i]` and on in this segment; a run that was decoded points to its beginning.
        """
        return Segment(text, self.part, self.place, ViewOrigin(self, tuple(starts), tuple(offsets)),
                       language or self.language, self.mime)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ViewOrigin:
    """The map of a view back to the segment that it was made of."""

    parent: Segment
    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    def offset(self, position: int) -> int:
        """The offset in the parent of a position in the view; never beyond the parent's own run."""
        index = max(bisect_right(self.starts, position) - 1, 0)
        offset = self.offsets[index] + position - self.starts[index]
        limit = self.offsets[index + 1] if index + 1 < len(self.offsets) else len(self.parent.text)
        return max(min(offset, limit, len(self.parent.text)), 0)

    def at(self, text: str, start: int, end: int) -> Location:
        del text
        first = self.offset(start)
        last = self.offset(end - 1) + 1 if end > start else first
        return self.parent.at(first, max(min(last, len(self.parent.text)), first))
