"""A run of code with its positions: AST nodes → offsets → places."""

import ast
from dataclasses import dataclass, field
from functools import cached_property

from mlsec_nb.core import Location, Segment

from .transform import Piece, margin


@dataclass(frozen=True, eq=False)
class Source:
    """The text of one cell or file whose Python stands character for character where the reader sees it."""

    segment: Segment
    python: str
    cell: int | None = None
    pieces: dict[int, Piece] = field(default_factory=dict)

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
