"""Texts with cells in them: percent scripts (Jupytext, VS Code, Spyder), MyST, Jupytext and R Markdown, Quarto.

Formats: https://jupytext.readthedocs.io/en/latest/formats-scripts.html and …/formats-markdown.html,
https://quarto.org/docs/computations/execution-options.html.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from mlsec_nb.core import Artifact, Cell, Document, Location, Part, Segment

from . import languages
from .plain import FileOrigin
from .positions import Lines

_COMMENTS = {
    **dict.fromkeys(("python", "r", "julia", "bash", "ruby", "powershell"), "#"),
    **dict.fromkeys(("javascript", "typescript", "java", "scala", "rust", "cpp", "csharp", "kotlin", "go"), "//"),
    **dict.fromkeys(("sql", "lua"), "--"),
}
_ALWAYS = frozenset({".qmd", ".rmd"})  # files that are notebooks by their name
_HEADER = re.compile(r"---[ \t]*\r?\n.*?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_JUPYTEXT = re.compile(r"^[ \t]*(?:(?:#|//|--)[ \t]*)?(?:jupytext|jupyter|kernelspec):", re.MULTILINE)
_FENCE = re.compile(r"^[ \t>]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)(?:\n|\Z)", re.MULTILINE)
_INFO = re.compile(
    r"\{code-cell\}[ \t]*(?P<myst>[\w+#-]*)|\{[ \t]*(?P<braced>[A-Za-z][\w+#-]*)[^}]*\}|(?P<bare>[A-Za-z][\w+#-]*)"
)
_OPTIONS = re.compile(r"---[ \t]*\r?\n(?:.*?\n)??---[ \t]*\r?\n|(?:[ \t]*:[\w-]+:[^\n]*\n)+", re.DOTALL)  # of MyST
_COMMENTED = re.compile(r"(?:[ \t]*(?:#|//|--)\|[^\n]*\n)+")  # options as Quarto has them, inside the code
_BREAK = re.compile(r"^\+\+\+[^\n]*(?:\n|\Z)", re.MULTILINE)  # between two cells of prose in MyST
_TAGS = re.compile(r"""\btags\s*[:=]\s*\[([^\]\n]*)\]""")
_KIND = re.compile(r"\[(markdown|md|raw)\]")
_PARTS = {"code": Part.CODE, "markdown": Part.MARKDOWN, "raw": Part.RAW}


@dataclass(frozen=True, slots=True)
class _Slice:
    """A cell's text as a span of the file, and the line or header before it."""

    kind: str  # "code", "markdown" or "raw"; "header" of the file or "options" of the next cell, which are no cells
    start: int
    end: int
    language: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    prefix: re.Pattern[str] | None = None  # of lines, not part of the text


def script_document(artifact: Artifact, text: str) -> Document | None:
    """The document of a text with cells; None when it has none."""
    language = languages.of_path(artifact.path)
    if language == "markdown":
        slices = list(_prose(artifact.path, text))
    elif language in _COMMENTS and "%%" in text:
        slices = list(_script(text, language, _COMMENTS[language]))
    else:
        return None
    return _document(artifact, text, slices) if slices else None


def _document(artifact: Artifact, text: str, slices: list[_Slice]) -> Document:
    lines = Lines(text)
    segments: list[Segment] = []
    cells: list[Cell] = []
    for piece in slices:
        inside = piece.kind in _PARTS
        place = Location(
            path=artifact.path, cell=None if piece.kind == "header" else len(cells) + 1,
            part="source" if inside else "metadata",
        )  # fmt: skip
        segment = _segment(text, piece, place, lines)
        segments.append(segment)
        if inside:
            cells.append(Cell(number=len(cells) + 1, id=None, kind=piece.kind, source=segment, metadata=piece.metadata))
    spoken = next((cell.source.language for cell in cells if cell.kind == "code"), None)
    return Document(artifact=artifact, segments=tuple(segments), cells=tuple(cells), language=spoken or "python")


def _segment(text: str, piece: _Slice, place: Location, lines: Lines) -> Segment:
    shown = text[piece.start : piece.end]
    part = _PARTS.get(piece.kind, Part.METADATA)
    segment = Segment(shown, part, place, FileOrigin(place, lines, piece.start), piece.language)
    if not piece.prefix:
        return segment
    parts, starts, offsets = [], [], []
    done = length = 0
    for match in piece.prefix.finditer(shown):
        parts.append(shown[done : match.start()])
        starts.append(length)
        offsets.append(done)
        length += match.start() - done
        done = match.end()
    parts.append(shown[done:])
    return segment.view("".join(parts), [*starts, length], [*offsets, done])


def _script(text: str, language: str, comment: str) -> Iterator[_Slice]:
    """The cells of a script whose comments `# %%` begin them."""
    mark = re.escape(comment)
    markers = list(re.finditer(rf"^{mark}[ \t]*%%+(?P<rest>[ \t][^\n]*)?\r?(?:\n|\Z)", text, re.MULTILINE))
    if not markers:
        return
    first = markers[0].start()
    header = re.match(rf"(?:#![^\n]*\n)?{mark}[ \t]*---[^\n]*\n(?:{mark}[^\n]*\n)*?{mark}[ \t]*---[^\n]*\n", text)
    start = header.end() if header else 0
    jupytext = header is not None and _JUPYTEXT.search(header.group()) is not None
    # Jupytext writes magics as comments; without its header a comment is a comment.
    magics = re.compile(rf"^{mark} (?=(?:%%?|!)[A-Za-z./~$\"'])", re.MULTILINE) if jupytext else None
    if header:
        yield _Slice("header", 0, start, "yaml", prefix=re.compile(rf"^{mark} ?", re.MULTILINE))
    if text[start:first].strip():
        yield _Slice("code", start, first, language, prefix=magics)
    prose = re.compile(rf"^{mark} ?", re.MULTILINE)
    for marker, following in zip(markers, [*markers[1:], None], strict=True):
        rest = marker["rest"] or ""
        if rest.strip():
            yield _Slice("options", marker.start("rest"), marker.end("rest"))
        named = _KIND.search(rest)
        kind = {"md": "markdown"}.get(named[1], named[1]) if named else "code"
        end = following.start() if following else len(text)
        spoken = {"code": language, "markdown": "markdown"}.get(kind)
        yield _Slice(kind, marker.end(), end, spoken, _tags(rest), magics if kind == "code" else prose)


def _prose(path: str, text: str) -> Iterator[_Slice]:
    """The cells of a text in Markdown: fenced code that is executed, and what stands between."""
    header = _HEADER.match(text)
    start = header.end() if header else 0
    jupytext = header is not None and _JUPYTEXT.search(header.group()) is not None
    sort = "braced" if PurePosixPath(path).suffix.lower() in _ALWAYS else "bare" if jupytext else None
    if "{code-cell}" in text:
        sort = "myst"
    if not sort:
        return
    if header:
        yield _Slice("header", 0, start, "yaml")
    for begin, inside, outside, end, language in _fences(text, start, sort):
        yield from _between(text, start, begin, sort)
        options = _OPTIONS.match(text, inside, outside) if sort == "myst" else _COMMENTED.match(text, inside, outside)
        code = options.end() if options and sort == "myst" else inside
        yield _Slice("options", begin, code)
        yield _Slice("code", code, outside, language, _tags(options.group() if options else text[begin:inside]))
        start = end
    yield from _between(text, start, len(text), sort)


def _fences(text: str, start: int, sort: str) -> Iterator[tuple[int, int, int, int, str]]:
    """The fenced blocks that are cells: the offsets of fence, code, closing fence and what follows; the language."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text, start):
        if opened is None:
            opened = fence
        elif fence["mark"].startswith(opened["mark"]) and not fence["info"].strip():
            if language := _language(opened["info"], sort):
                yield opened.start(), opened.end(), fence.start(), fence.end(), language
            opened = None
    if opened and (language := _language(opened["info"], sort)):
        yield opened.start(), opened.end(), len(text), len(text), language


def _language(info: str, sort: str) -> str | None:
    """The language of a fenced block if blocks of that sort are cells."""
    match = _INFO.match(info.strip())
    if not match or match.lastgroup != sort:
        return None
    return languages.named(match[sort] or "python")


def _between(text: str, start: int, end: int, sort: str) -> Iterator[_Slice]:
    """The cells of prose between two cells of code."""
    for mark in _BREAK.finditer(text, start, end) if sort == "myst" else ():
        if text[start : mark.start()].strip():
            yield _Slice("markdown", start, mark.start(), "markdown")
        if mark.group().strip("+ \r\n"):
            yield _Slice("options", mark.start(), mark.end())
        start = mark.end()
    if text[start:end].strip():
        yield _Slice("markdown", start, end, "markdown")


def _tags(options: str) -> Mapping[str, Any]:
    """The tags in the options of a cell, as the metadata of a notebook has them."""
    match = _TAGS.search(options)
    tags = [tag.strip(" \t\"'") for tag in match[1].split(",")] if match else []
    return {"tags": [tag for tag in tags if tag]} if tags else {}
