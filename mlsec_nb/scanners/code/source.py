"""A run of code with its positions: AST nodes → offsets → places."""

import ast
import re
from dataclasses import dataclass
from functools import cached_property

from mlsec_nb.core import Location, Segment

from .transform import Piece, Transformed, margin, transform

_SURROGATE = re.compile("[\ud800-\udfff]")


def normal(text: str) -> str:
    """The same characters at the same places, without those that the parser cannot take."""
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    if "\0" in text or "\f" in text:
        text = text.replace("\0", " ").replace("\f", " ")
    return text if text.isascii() else _SURROGATE.sub("?", text.replace("\ufeff", " "))


@dataclass(frozen=True, eq=False)
class Source:
    """The text of one cell or file whose Python stands character for character where the reader sees it.

    It is read by IPython's rules when that is first asked for; `given` is what it is known to be otherwise.
    """

    segment: Segment
    cell: int | None = None
    given: Transformed | None = None

    @cached_property
    def python(self) -> str:
        return self._read.python

    @cached_property
    def pieces(self) -> dict[int, Piece]:
        return self._read.pieces

    @cached_property
    def _read(self) -> Transformed:
        return self.given or transform(normal(self.segment.text))

    @property
    def has_pieces(self) -> bool:
        """Whether something in it is not Python."""
        if self.given is not None:
            return bool(self.given.pieces)
        return ("!" in self.segment.text or "%" in self.segment.text) and bool(self.pieces)

    @cached_property
    def margin(self) -> int:
        """Characters that were taken off every line before it was parsed."""
        return margin(self.python)

    @cached_property
    def starts(self) -> list[int]:
        starts = [0]
        for line in self.python.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def offset(self, line: int, column: int) -> int:
        """The character offset of an AST position (line from 1, column in UTF-8 bytes)."""
        starts = self.starts
        if not 0 < line < len(starts):
            return len(self.segment.text)
        start = starts[line - 1]
        column += self.margin
        text = self.python[start : start + column]
        if not text.isascii():
            text = (
                self.python[start : starts[line] - 1]
                .encode("utf-8", "surrogatepass")[:column]
                .decode("utf-8", "ignore")
            )
            column = len(text)
        return min(start + column, len(self.segment.text))

    def span(self, node: ast.AST) -> tuple[int, int]:
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end_line, end_column = getattr(node, "end_lineno", None), getattr(node, "end_col_offset", None)
        start = self.offset(line, column)
        return start, max(self.offset(end_line or line, column if end_column is None else end_column), start)

    def code(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.segment.text[start:end]

    def at(self, start: int, end: int) -> Location:
        return self.segment.at(start, end)
