"""Cells whose code is folded away: harmless by itself, telling where something else was found in them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mlsec_nb.core import Cell, Document, Finding, Severity

from .spots import Spot

# JupyterLab, Jupyter Book and nbconvert, the "hide input" extension, Colab's forms
_TAGS = frozenset(
    {"hide-input", "hide_input", "hide-cell", "hide_cell", "remove-input", "remove_input", "remove-cell", "remove_cell"}
)


def folded(document: Document, found: Iterable[Finding]) -> Iterator[Spot]:
    """The cells that do not show their code and in which something grave was found."""
    grave = {
        finding.location.cell
        for finding in found
        if finding.location.part == "source" and finding.severity.at_least(Severity.HIGH)
    }
    for cell in document.cells:
        if cell.number in grave and (how := _how(cell)):
            end = cell.source.text.find("\n")
            yield Spot("TEXT-HIDDEN-CELL", cell.source, 0, end if end >= 0 else len(cell.source.text),
                       message=f"its code is not shown ({how}), and something was found in it")  # fmt: skip


def _how(cell: Cell) -> str | None:
    """What in a cell's metadata hides its source."""
    data = cell.metadata
    jupyter = data.get("jupyter")
    if isinstance(jupyter, Mapping) and jupyter.get("source_hidden") is True:
        return "jupyter.source_hidden"
    if data.get("hide_input") is True:
        return "hide_input"
    if data.get("cellView") in {"form", "hidden"}:
        return "cellView"
    return _tag(data.get("tags"))


def _tag(tags: Any) -> str | None:
    if not isinstance(tags, list | tuple):
        return None
    return next((f"tag {tag}" for tag in tags if isinstance(tag, str) and tag in _TAGS), None)
