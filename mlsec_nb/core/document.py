"""An artifact as text scanners see it: segments, and the cells they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .artifact import Artifact
from .gap import Gap
from .segment import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a notebook; `number` counts all cells from 1, `execution_count` is None when it never ran."""

    number: int
    id: str | None
    kind: str  # "code", "markdown" or "raw"
    source: Segment
    outputs: tuple[Segment, ...] = ()
    execution_count: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An artifact that was read: all its segments in document order, what could not be read, and its cells.

    A file that is no notebook has one segment and no cells; a binary artifact has neither.
    `language` is the kernel's or the file's language in lower case.
    """

    artifact: Artifact
    segments: tuple[Segment, ...] = ()
    gaps: tuple[Gap, ...] = ()
    cells: tuple[Cell, ...] = ()
    language: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
