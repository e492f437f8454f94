"""Where in a document an edit goes."""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from mlsec_nb.core import Document, Location, Part, Segment


@dataclass(frozen=True, slots=True)
class Import:
    """An import that a fix needs: what to insert, and where."""

    location: Location
    text: str


def segment_of(document: Document, place: Location) -> Segment | None:
    """The segment that a location stands in."""
    for segment in document.segments:
        there = segment.place
        if (there.cell, there.part, there.member) == (place.cell, place.part, place.member):
            return segment
    return None


def import_for(document: Document, place: Location, module: str) -> Import | None:
    """The import of `module` that the code at `place` still needs; None when it, or a cell above, has it."""
    above = [
        segment
        for segment in document.segments
        if segment.part is Part.CODE and (segment.place.cell or 0) <= (place.cell or 0)
    ]
    if any(_imports(segment.text, module) for segment in above):
        return None
    segment = segment_of(document, place)
    if segment is None:
        return None
    before = segment.text.split("\n")[: _line_for_import(segment.text) - 1]
    offset = sum(len(line) + 1 for line in before)
    return Import(segment.at(offset, offset), f"import {module}\n")


@lru_cache(maxsize=64)  # each of a document's findings asks again
def _imports(text: str, module: str) -> bool:
    """Whether the text imports the module at its top level under its own name."""
    return bool(re.search(rf"(?m)^import[ \t]+(?:[\w.]+[ \t]*,[ \t]*)*{module}[ \t]*(?:$|[,;#])", text))


@lru_cache(maxsize=4)
def _line_for_import(text: str) -> int:
    """The line before which an import goes: after magics, docstring and `__future__`, before the other imports."""
    lines = text.split("\n")
    first = 1
    while first < len(lines) and (lines[first - 1].startswith("%%") or lines[first - 1].startswith("#!")):
        first += 1
    masked = "\n".join("#" if line.lstrip()[:1] in ("%", "!") else line for line in lines)
    try:
        body = ast.parse(masked).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return first
    for node in body:
        is_docstring = node is body[0] and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (is_docstring or is_future):
            break
        first = max(first, (node.end_lineno or node.lineno) + 1)
    else:
        return min(first, len(lines))
    return max(first, node.lineno) if isinstance(node, ast.Import | ast.ImportFrom) else first
