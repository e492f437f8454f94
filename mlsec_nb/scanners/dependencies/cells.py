"""The installs in a notebook or a program: magics, shell lines, shell cells, files that cells write, and calls."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from mlsec_nb.core import CannotScan, Document, Kind, Segment
from mlsec_nb.scanners.transform import Piece, transform

from .calls import called
from .commands import facts_of
from .facts import Dependency, Fact
from .manifests import reader_for
from .manifests.projects import script
from .shell import commands

Facts = tuple[Segment, list[Fact]]

_HINT: Final = re.compile(
    r"pip|conda|mamba|\buv\b|poetry|\bpdm\b|\bapt\b|apt-get|aptitude|\bnpm\b|\byarn\b|\bpnpm\b|writefile|/// script"
)
_INSTALLERS: Final = frozenset({"pip", "pip3", "conda", "mamba", "micromamba", "uv", "poetry", "pdm", "pipenv", "npm"})
_SHELLS: Final = frozenset({"bash", "sh", "script", "system", "sx", "!", "zsh", "ksh", "shell", "cmd"})
_AUTOMAGIC: Final = re.compile(  # `pip install x` without a mark, which IPython runs; `pip = install (x)` it does not
    r"^[ \t]*(?:pip3?|conda|mamba|uv)[ \t]+(?:pip[ \t]+)?(?:install|add|create|update)[ \t]+[\w'\"./$-][^\n]*$",
    re.MULTILINE,
)
_PYTHON: Final = frozenset({"python", "python3", "ipython", "sage", "pyspark"})
_SHELL_LANGUAGES: Final = frozenset({"bash", "sh", "shell", "zsh", "ksh", "fish"})
_OPTION: Final = re.compile(r"(?:-\w+|--[\w-]+)(?:[ \t]+|$)")


def installs(document: Document) -> Iterator[Facts]:
    """What every code cell, or the file, installs; in document order."""
    for segment in _sources(document):
        if _HINT.search(segment.text):
            facts = list(_facts(segment, _language(document, segment)))
            if facts:
                yield segment, facts


def _sources(document: Document) -> Iterator[Segment]:
    if document.cells:
        yield from (cell.source for cell in document.cells if cell.kind == "code")
    elif document.artifact.kind is not Kind.NOTEBOOK:
        yield from document.segments


def _language(document: Document, segment: Segment) -> str:
    return (segment.language or document.language or "python").lower()


def _facts(segment: Segment, language: str) -> Iterator[Fact]:
    text = segment.text
    if language == "dockerfile":
        yield from dockerfile(text)
    elif language in _SHELL_LANGUAGES:
        yield from shell(text, 0, len(text))
    elif language.startswith("python") or language in _PYTHON:
        yield from _python(text)
    else:  # any kernel may take a cell magic of ours, none takes more
        piece = transform(text).pieces.get(len(text) - len(text.lstrip())) if text.lstrip().startswith("%%") else None
        if piece:
            yield from _piece(text, piece)


def _python(text: str) -> Iterator[Fact]:
    if "# /// script" in text:
        with contextlib.suppress(CannotScan):  # a comment that only looks like one
            yield from script(text)
    shown = transform(text)
    for piece in shown.pieces.values():
        yield from _piece(text, piece)
    if not any(piece.body is not None for piece in shown.pieces.values()):
        for line in _AUTOMAGIC.finditer(shown.python):
            yield from shell(text, line.start(), line.end())
    yield from called(shown.python)


def shell(text: str, start: int, end: int) -> Iterator[Fact]:
    """What the commands of a run of shell text install."""
    for command in commands(text, start, end):
        yield from facts_of(command)


def _piece(text: str, piece: Piece) -> Iterator[Fact]:
    name = piece.name
    if piece.body is not None and name in {"writefile", "file"}:
        yield from _written(piece)
    elif piece.body is not None and name in _SHELLS:
        yield from shell(text, piece.body_offset, piece.end)
    elif name == "!" or (name in {"system", "sx"} and piece.body is None):
        yield from shell(text, piece.offset, piece.end)
    elif name in _INSTALLERS and piece.body is None:
        start = text.rfind(name, piece.start, piece.offset) if piece.text else piece.start
        yield from shell(text, max(start, piece.start), piece.end)


def _written(piece: Piece) -> Iterator[Fact]:
    """A manifest, script or Dockerfile that a cell writes."""
    name = re.sub(r"\A(?:-a|--append)\s+", "", piece.text).strip().strip("'\"")
    body, offset = piece.body or "", piece.body_offset
    low = PurePosixPath(name).name.lower()
    if reader := reader_for(name):
        yield from (_moved(fact, offset) for fact in reader(body))
    elif low.startswith("dockerfile") or low.endswith(".dockerfile"):
        yield from (_moved(fact, offset) for fact in dockerfile(body))
    elif low.endswith((".sh", ".bash")):
        yield from (_moved(fact, offset) for fact in shell(body, 0, len(body)))
    elif low.endswith(".py"):
        yield from (_moved(fact, offset) for fact in called(body))


def dockerfile(text: str) -> Iterator[Fact]:
    """What the RUN instructions of a Dockerfile install."""
    for run in re.finditer(r"(?im)^[ \t]*RUN[ \t]+(?:--\w+=\S+[ \t]+)*((?:[^\n\\]|\\\r?\n|\\.)*)", text):
        yield from shell(text, run.start(1), run.end(1))


def _moved(fact: Fact, by: int) -> Fact:
    span = (fact.span[0] + by, fact.span[1] + by)
    if isinstance(fact, Dependency) and fact.pin:
        return replace(fact, span=span, pin=(fact.pin[0] + by, fact.pin[1] + by))
    return replace(fact, span=span)
