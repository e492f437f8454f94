"""A document as runs of Python: which cells and files are Python, and what in them is not."""

import re
from collections.abc import Iterator

from mlsec_nb.core import Cell, Document, Kind, Part, Segment

from .parsing import Broken, is_automagic, normal, parse
from .source import Source
from .transform import Piece, Transformed, blank, transform

PYTHON = frozenset({"python", "python3", "python2", "ipython", "ipython3", "sage", "sagemath", "xpython", "pyspark"})
AUTOMAGIC = re.compile(r"^(?:pip3?|conda|uv)[ \t]+\w", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")


def is_python(document: Document, segment: Segment) -> bool:
    language = (segment.language or document.language or "").lower()
    if language:
        return language in PYTHON or language.startswith("python")
    return document.artifact.kind is Kind.NOTEBOOK


def code_cells(document: Document) -> list[Cell]:
    return [cell for cell in document.cells if cell.kind == "code"]


def python_sources(document: Document) -> list[Source]:
    """Every code cell that the kernel would run as Python, in document order; or the file, if it is Python."""
    if document.cells or document.artifact.kind is Kind.NOTEBOOK:
        return [
            source_of(cell.source, cell.number) for cell in code_cells(document) if is_python(document, cell.source)
        ]
    return [
        Source(segment, normal(segment.text))
        for segment in document.segments
        if segment.part in {Part.CODE, Part.TEXT} and (segment.language or "").lower() in PYTHON
    ]


def source_of(segment: Segment, cell: int | None = None) -> Source:
    """A cell's text as Python of the same length, with the pieces that are not Python."""
    text = normal(segment.text)
    shown = transform(text)
    return Source(segment, shown.python, cell, dict(shown.pieces))


def words(sources: list[Source]) -> frozenset[str]:
    """Every identifier that stands in the code; what no rule can be about is never parsed."""
    found: set[str] = set()
    for source in sources:
        found.update(_WORD.findall(source.segment.text))
    return frozenset(found)


def automagic(source: Source, broken: Broken) -> Iterator[Piece]:
    """Lines of a broken run that IPython runs as magics without `%` ("pip install x", "ls data")."""
    text = source.python[broken.start : broken.end]
    position = broken.start
    for line in text.split("\n"):
        if is_automagic(line):
            name, _, argument = line.partition(" ")
            offset = position + len(name) + 1
            yield Piece(name, argument, position, offset, position + len(line))
        position += len(line) + 1


def executed_order(cells: list[Cell]) -> list[int] | None:
    """Cell numbers by execution count when that differs from their order in the document, else None."""
    ran = [(cell.execution_count, cell.number) for cell in cells if cell.execution_count is not None]
    if [number for _, number in sorted(ran)] == [number for _, number in ran]:
        return None
    never = [cell.number for cell in cells if cell.execution_count is None]
    return [number for _, number in sorted(ran)] + never


__all__ = [
    "Transformed",
    "automagic",
    "blank",
    "code_cells",
    "executed_order",
    "is_python",
    "parse",
    "python_sources",
    "source_of",
    "words",
]
