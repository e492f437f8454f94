"""A notebook's JSON, version 3 and 4, as cells and segments; nothing about its shape is taken for granted."""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from mlsec_nb.core import Artifact, Cell, Document, Gap, Location, Part, Segment

from . import languages
from .origins import Composed, Joined, Json, JsonOrigin, Leaves, at_pointer
from .outputs import Outputs, is_text
from .positions import Path, Raw, Shadowing
from .texts import text_segments

SCANNER = "notebooks"
_GAPS = 100  # of one notebook that are told one by one
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # the format of nbformat 4.5
_CELL_KEYS = frozenset({"cell_type", "id", "source", "input", "outputs", "metadata", "attachments", "execution_count",
                        "prompt_number", "language", "collapsed", "level"})  # fmt: skip
_USUAL_KEYS = frozenset({"cell_type", "id", "source", "outputs", "metadata", "attachments", "execution_count"})
_PARTS = {"code": Part.CODE, "markdown": Part.MARKDOWN, "heading": Part.MARKDOWN, "raw": Part.RAW}
_TOP_KEYS = frozenset({"cells", "worksheets", "metadata", "nbformat", "nbformat_minor", "orig_nbformat"})
_WIDGETS = "widgets"


class TooManyError(Exception):
    """A notebook of more parts than can be told apart in bounded memory."""


def document(artifact: Artifact, value: Any, raw: Raw, most: int, *, shadowing: bool) -> Document:
    """The document of a parsed notebook; `shadowing` says that somewhere in it a key is written twice.

    Raises `TooManyError` when there are more than `most` cells or other parts.
    """
    return _Reader(artifact, raw, most).read(value, shadowing=shadowing)


class _Reader:
    """One walk over one notebook; collects segments, gaps and cells in the order of the document."""

    def __init__(self, artifact: Artifact, raw: Raw, most: int) -> None:
        self._most = most
        self._artifact = artifact
        self._raw = raw
        self._segments: list[Segment] = []
        self._gaps: list[Gap] = []
        self._ungiven = 0
        self._cells: list[Cell] = []
        self._place = Location(path=artifact.path)

    def read(self, value: Any, *, shadowing: bool) -> Document:
        top: dict[str, Any] = value if isinstance(value, dict) else {}
        metadata = top.get("metadata")
        self._language = languages.of_kernel(metadata if isinstance(metadata, dict) else {})
        if not isinstance(value, dict):
            self._stray(value, (), self._place, "is JSON, but not a notebook")
        cells = list(cells_of(top))
        if not cells and top and not any(isinstance(top.get(key), list) for key in ("cells", "worksheets")):
            self._gap(self._place, "has no list of cells")
        for number, (path, cell) in enumerate(cells, 1):
            self._cell(number, path, cell)
            if len(self._segments) > self._most:
                raise TooManyError
        self._notebook_metadata(top)
        for path, rest in _rest_of_notebook(top):
            self._leaves(rest, path, self._place.with_(part="field"), 0)
        if shadowing:
            self._shadowed(value, ())
        if self._ungiven:
            reason = f"has {self._ungiven:,} more parts of a wrong shape"
            self._gaps.append(Gap(location=self._place, scanner=SCANNER, reason=reason, code="malformed"))
        return Document(
            artifact=self._artifact, segments=tuple(self._segments), gaps=tuple(self._gaps), cells=tuple(self._cells),
            language=self._language, metadata=metadata if isinstance(metadata, dict) else {},
        )  # fmt: skip

    def _cell(self, number: int, path: Path, cell: Any) -> None:
        if not isinstance(cell, dict):
            self._stray(cell, path, self._place.with_(cell=number, part="field"), f"cell {number} is no object")
            return
        given = cell.get("id")
        name = given if isinstance(given, str) and _ID.fullmatch(given) else None
        place = Location(path=self._artifact.path, cell=number, cell_id=name, part="source")
        kind = cell.get("cell_type")
        part = _PARTS.get(kind, Part.RAW) if isinstance(kind, str) else Part.RAW
        metadata = cell.get("metadata")
        fields = metadata if isinstance(metadata, dict) else {}
        language = "markdown" if part is Part.MARKDOWN else None
        if part is Part.CODE:
            language = languages.of_cell(fields, self._language) if fields else self._language
        source = self._source(cell, path, place, part, language)
        outputs = self._outputs(cell, path, place)
        if metadata:
            there = Location(path=self._artifact.path, cell=number, cell_id=name, part="metadata")
            self._leaves(metadata, (*path, "metadata"), there, len(path) + 1)
        if attachments := cell.get("attachments"):
            self._segments.extend(self._bundles(place).attachments(attachments, (*path, "attachments")))
        if rest := _rest_of_cell(cell, name):
            self._leaves(rest, path, place.with_(part="field"), len(path))
        count = cell.get("execution_count", cell.get("prompt_number"))
        self._cells.append(Cell(
            number=number, id=name, kind=part.value, source=source,
            outputs=outputs, execution_count=count if type(count) is int else None, metadata=fields,
        ))  # fmt: skip

    def _source(self, cell: dict[str, Any], path: Path, place: Location, part: Part, language: str | None) -> Segment:
        key = "source" if "source" in cell or "input" not in cell else "input"
        value = cell.get(key, "")
        composed, regular = text_of((*path, key), value)
        if not regular:
            self._gap(place, f"source of cell {place.cell} is no text")
            if not isinstance(composed, Joined):
                self._leaves(value, (*path, key), place, len(path))
                composed = Joined([((*path, key), "")])
        if part is Part.MARKDOWN:
            found = list(text_segments(composed, part, place, self._raw, language=language))
        else:
            found = [Segment(composed.text(), part, place, JsonOrigin(place, self._raw, composed), language)]
        self._segments += found
        return found[0]

    def _outputs(self, cell: dict[str, Any], path: Path, place: Location) -> tuple[Segment, ...]:
        value = cell.get("outputs")
        if not value:
            return ()
        if not isinstance(value, list):
            self._stray(
                value, (*path, "outputs"), place.with_(part="field"), f"outputs of cell {place.cell} are no list"
            )
            return ()
        found = tuple(islice(self._bundles(place).read(value, (*path, "outputs")), self._most + 1))
        self._segments.extend(found)
        return found

    def _bundles(self, place: Location) -> Outputs:
        return Outputs(place, self._raw, self._gap)

    def _notebook_metadata(self, top: dict[str, Any]) -> None:
        metadata = top.get("metadata")
        if not metadata:
            return
        place = self._place.with_(part="metadata")
        widgets = metadata.get(_WIDGETS) if isinstance(metadata, dict) else None
        if widgets:  # thousands of values: as JSON, which is written a hundred times faster
            metadata = {key: value for key, value in metadata.items() if key != _WIDGETS}
            composed = Json(("metadata", _WIDGETS), widgets)
            self._add(composed, Part.METADATA, place.with_(part="widget state"), "json", at_pointer("widget state", 2))
        if metadata:
            self._leaves(metadata, ("metadata",), place, 1)

    def _shadowed(self, value: Any, path: Path) -> None:
        """What stands under a key that is written again later in the same object."""
        if isinstance(value, Shadowing):
            hides = [nth for nth, hidden in value.shadowed if hidden != value[nth.key]]
            for nth, hidden in value.shadowed:
                if hidden != value[nth.key]:
                    self._hidden(hidden, (*path, nth))
                self._shadowed(hidden, (*path, nth))
            if hides:
                self._gap(self._place_of(path), "an object says the same key twice: others may read the other value")
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for step, item in items:
            if isinstance(item, dict | list):
                self._shadowed(item, (*path, step))

    def _hidden(self, value: Any, path: Path) -> None:
        self._leaves(value, path, self._place_of(path), 0)

    def _place_of(self, path: Path) -> Location:
        number = path[1] + 1 if len(path) > 1 and path[0] == "cells" and isinstance(path[1], int) else None
        return self._place.with_(cell=number, part="shadowed")

    def _stray(self, value: Any, path: Path, place: Location, reason: str) -> None:
        self._gap(place, reason)
        self._leaves(value, path, place, len(path))

    def _leaves(self, value: Any, path: Path, place: Location, base: int) -> None:
        self._add(Leaves(path, value), Part.METADATA, place, None, at_pointer(place.part or "field", base))

    def _add(
        self, composed: Composed, part: Part, place: Location, language: str | None, label: Callable[[Path], str]
    ) -> None:  # fmt: skip
        if text := composed.text():
            self._segments.append(Segment(text, part, place, JsonOrigin(place, self._raw, composed, label), language))

    def _gap(self, place: Location, reason: str) -> None:
        if len(self._gaps) < _GAPS:
            self._gaps.append(Gap(location=place, scanner=SCANNER, reason=reason, code="malformed"))
        else:
            self._ungiven += 1


def text_of(path: Path, value: Any) -> tuple[Composed, bool]:
    """A string or list of strings as one text, and whether it was one; what is neither is told in `Leaves`."""
    if is_text(value):
        return Joined([(path, value)]), True
    return Leaves(path, value), value is None


def cells_of(top: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The cells of a notebook of version 4 (`cells`) or 3 (`worksheets`)."""
    for path, holder in (((), top), *_worksheets(top)):
        cells = holder.get("cells")
        if isinstance(cells, list):
            for index, cell in enumerate(cells):
                yield (*path, "cells", index), cell


def _worksheets(top: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    sheets = top.get("worksheets")
    for index, sheet in enumerate(sheets if isinstance(sheets, list) else ()):
        if isinstance(sheet, dict):
            yield ("worksheets", index), sheet


def _rest_of_notebook(top: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """What no cell and no metadata holds: unknown keys, lists of cells that are none."""
    rest = {
        key: value
        for key, value in top.items()
        if not (key in {"cells", "worksheets"} and isinstance(value, list))
        and not (key in _TOP_KEYS and isinstance(value, int))
        and key != "metadata"
    }
    if rest:
        yield (), rest
    sheets = top.get("worksheets")
    for index, sheet in enumerate(sheets if isinstance(sheets, list) else ()):
        if not isinstance(sheet, dict):
            yield ("worksheets", index), sheet
        elif rest := {key: value for key, value in sheet.items() if key != "cells" or not isinstance(value, list)}:
            yield ("worksheets", index), rest


def _rest_of_cell(cell: dict[str, Any], name: str | None) -> dict[str, Any]:
    """What is not told elsewhere: unknown keys, and known ones with a text where none belongs."""
    count, kind = cell.get("execution_count"), cell.get("cell_type")
    if cell.keys() <= _USUAL_KEYS and (count is None or type(count) is int) and type(kind) is str and kind in _PARTS:
        return {"id": cell["id"]} if name is None and "id" in cell else {}
    rest = {} if cell.keys() <= _CELL_KEYS else {key: cell[key] for key in cell if key not in _CELL_KEYS}
    if "source" in cell and "input" in cell:
        rest["input"] = cell["input"]
    if "id" in cell and name is None:
        rest["id"] = cell["id"]
    if not isinstance(kind, str | None) or (kind and kind not in _PARTS):
        rest["cell_type"] = cell["cell_type"]
    for key in ("execution_count", "prompt_number", "language", "collapsed", "level"):
        if isinstance(cell.get(key), str | list | dict) and cell[key] != "python":
            rest[key] = cell[key]
    return rest
