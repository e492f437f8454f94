"""A document as runs of Python: which cells and files are Python, and what in them is not."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

from mlsec_nb.core import Cell, Document, Kind, Part, Segment

from .parsing import Broken, is_automagic
from .source import Source, normal
from .transform import Piece, Transformed, blank

PYTHON = frozenset({"python", "python3", "python2", "ipython", "ipython3", "sage", "sagemath", "xpython", "pyspark"})
AUTOMAGIC = re.compile(r"^(?:pip3?|conda|uv)[ \t]+\w", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")
_APART = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}


def python_language(language: str) -> bool:
    """Whether a kernel's language is Python under one of its names ("ipython3", "python_glue_session")."""
    return language in PYTHON or language.startswith("python")


def is_python(document: Document, segment: Segment) -> bool:
    language = (segment.language or document.language or "").lower()
    if language:
        return python_language(language)
    return document.artifact.kind is Kind.NOTEBOOK


def code_cells(document: Document) -> list[Cell]:
    return [cell for cell in document.cells if cell.kind == "code"]


def python_sources(document: Document) -> list[Source]:
    """Every code cell (or the file) that is Python or shell, in document order."""
    if document.cells or document.artifact.kind is Kind.NOTEBOOK:
        found = [_source(document, cell.source, cell.number) for cell in code_cells(document)]
    else:
        found = [_source(document, item, None) for item in document.segments if item.part in {Part.CODE, Part.TEXT}]
    return [source for source in found if source is not None]


def _source(document: Document, segment: Segment, cell: int | None) -> Source | None:
    if is_python(document, segment):
        return Source(segment, cell, None if cell is not None else Transformed(normal(segment.text), {}))
    return shell_source(segment, cell) if shell_language(segment.language or document.language or "") else None


_MAGIC_LANGUAGES = {
    "html": "html", "HTML": "html", "javascript": "javascript", "js": "javascript", "svg": "svg", "SVG": "svg",
    "markdown": "markdown", "md": "markdown", "R": "r", "julia": "julia", "scala": "scala", "sql": "sql",
    "bigquery": "sql", "bq": "sql", "perl": "perl", "ruby": "ruby", "rb": "ruby", "latex": "latex", "java": "java",
    "kotlin": "kotlin", "groovy": "groovy", "node": "javascript",
}  # fmt: skip
_FILES = {".html": "html", ".htm": "html", ".js": "javascript", ".svg": "svg", ".md": "markdown", ".r": "r",
          ".jl": "julia", ".scala": "scala", ".sql": "sql", ".json": "json", ".yaml": "yaml",
          ".yml": "yaml"}  # fmt: skip


def embedded(source: Source) -> Iterator[tuple[str, Segment]]:
    """Bodies of cell magics in other languages, with the language; those that are written to a file by its name."""
    for piece in source.pieces.values() if source.given or "%%" in source.segment.text else ():
        if piece.body is None:
            continue
        language = _MAGIC_LANGUAGES.get(piece.name)
        if piece.name == "script":
            language = _MAGIC_LANGUAGES.get(piece.text.split(" ")[0].rpartition("/")[2])
        elif piece.name in {"writefile", "file"}:
            path = piece.text.split()[-1].strip("'\"") if piece.text else ""
            name = path.rpartition("/")[2].lower()
            language = "dockerfile" if name.startswith("dockerfile") else _FILES.get(PurePosixPath(name).suffix)
        if language is not None:
            yield language, source.segment.view(piece.body, [0], [piece.body_offset], language)


def shell_language(language: str) -> bool:
    return language.lower() in {"bash", "sh", "shell", "zsh", "calysto_bash", "shellscript"}


def shell_source(segment: Segment, cell: int | None = None) -> Source:
    """A text that is shell as a whole."""
    piece = Piece("bash", "", 0, 0, len(segment.text), body=segment.text, body_offset=0)
    return Source(segment, cell, Transformed(blank(segment.text), {-1: piece}))


def words(text: str) -> frozenset[str]:
    """Every identifier that stands in code, as Python reads it; what no rule can be about is never parsed."""
    if text.isascii():
        return frozenset(text.translate(_APART).split())
    return frozenset(_WORD.findall(unicodedata.normalize("NFKC", text)))


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
