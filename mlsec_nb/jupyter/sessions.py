"""The open notebooks as the panel last told them: so that an edit costs one cell on the wire and not the notebook.

A session is found by its name alone, which the panel draws at random: a user who comes with a token and no cookie has
another user name in each request.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlsec_nb.config import MIB

SESSIONS = 64
BYTES = 256 * MIB  # all sessions of one server together
KINDS = ("code", "markdown", "raw")


class Stale(Exception):  # noqa: N818 - reads with `raise`
    """The changes build on what is not here (any more); the panel sends the whole notebook again."""


class Malformed(Exception):  # noqa: N818 - reads with `raise`
    """The request is not what the protocol says."""


@dataclass(slots=True)
class Session:
    """One open notebook: its cells as JSON by id, and their order."""

    revision: int = 0
    language: str | None = None
    order: list[str] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(map(len, self.cells.values()))

    def notebook(self) -> bytes:
        """The notebook as a file would hold it."""
        cells = ",".join(self.cells[name] for name in self.order)
        info = json.dumps({"language_info": {"name": self.language}} if self.language else {})
        return f'{{"cells":[{cells}],"metadata":{info},"nbformat":4,"nbformat_minor":5}}'.encode()


class Sessions:
    """The least recently used are forgotten first: by number, and by bytes."""

    def __init__(self, limit: int = SESSIONS, size: int = BYTES) -> None:
        self._limit = limit
        self._size = size
        self._open: OrderedDict[str, Session] = OrderedDict()

    def change(self, request: Mapping[str, Any]) -> Session:
        """Apply a `LiveRequest`; raises `Stale` or `Malformed` and then changes nothing."""
        key = _word(request, "session")
        session = self._base(key, request.get("base"))
        changed = {cell["id"]: json.dumps(cell) for cell in _cells(request.get("cells"))}
        order = request.get("order", session.order)
        known = session.cells | changed
        if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
            raise Malformed("order must be a list of cell ids")
        if len(set(order)) != len(order):
            raise Malformed("order names a cell twice")
        if not known.keys() >= set(order):
            raise Stale("a cell is named that was never sent")
        language = request.get("language", session.language)
        now = Session(
            session.revision + 1,
            language if isinstance(language, str) else None,
            list(order),
            {name: known[name] for name in order},
        )
        self._open[key] = now
        self._open.move_to_end(key)
        self._forget()
        return now

    def close(self, name: str) -> None:
        self._open.pop(name, None)

    def _base(self, key: str, base: object) -> Session:
        if base is None:
            return Session()
        session = self._open.get(key)
        if session is None or session.revision != base:
            raise Stale("the server does not know this revision")
        return session

    def _forget(self) -> None:
        while len(self._open) > 1 and (
            len(self._open) > self._limit or sum(session.size for session in self._open.values()) > self._size
        ):
            self._open.popitem(last=False)


def _word(request: Mapping[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{name} must be a string")
    return value


def _cells(given: object) -> Sequence[dict[str, Any]]:
    if not isinstance(given, list):
        raise Malformed("cells must be a list")
    return [_cell(item) for item in given]


def _cell(item: object) -> dict[str, Any]:
    """A cell as nbformat 4.5 writes it; whatever else was sent is dropped."""
    if not isinstance(item, dict) or item.get("cell_type") not in KINDS:
        raise Malformed("a cell needs a cell_type")
    metadata, outputs = item.get("metadata", {}), item.get("outputs", [])
    if not isinstance(metadata, dict) or not isinstance(outputs, list):
        raise Malformed("a cell's metadata is an object and its outputs are a list")
    source = item.get("source")
    if not isinstance(source, str):
        raise Malformed("a cell needs its source")
    cell = {"id": _word(item, "id"), "cell_type": item["cell_type"], "metadata": metadata, "source": source}
    return cell | ({"outputs": outputs, "execution_count": None} if item["cell_type"] == "code" else {})
