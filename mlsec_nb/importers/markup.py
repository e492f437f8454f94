"""XML reports as plain values, without what XML can do to its reader: no document type, so no entities and no files.

An element is a mapping: its attributes under `@name`, its text under `#text`, its children in lists under their names.
"""

from typing import Any, Final
from xml.parsers import expat

from mlsec_nb.core import UsageError

from .values import text

TEXT: Final = "#text"
MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 1_000_000
_PIECE: Final = 1 << 20  # characters that are read at once


class _RefusedError(Exception):
    """What no report needs."""


class _Builder:
    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self._open: list[dict[str, Any]] = [self.root]
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise _RefusedError("is nested too deep or holds too much to be a report")
        made: dict[str, Any] = {f"@{key}": value for key, value in attributes.items()}
        self._open[-1].setdefault(name.rpartition(":")[2], []).append(made)
        self._open.append(made)

    def end(self, _: str) -> None:
        made = self._open.pop()
        made[TEXT] = "".join(made.get(TEXT, ())).strip()

    def words(self, words: str) -> None:
        self._open[-1].setdefault(TEXT, []).append(words)

    @staticmethod
    def doctype(*_: object) -> None:
        raise _RefusedError("has a document type, which no report needs and which is not read")


def parsed(words: str, path: str) -> dict[str, Any]:
    """The tree of an XML text; raises `UsageError` for what is none, or is more than a report."""
    builder = _Builder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.words, builder.doctype
    data = words.encode("utf-8", "replace")
    try:
        for at in range(0, len(data), _PIECE):
            parser.Parse(data[at : at + _PIECE], False)
        parser.Parse(b"", True)
    except _RefusedError as error:
        raise UsageError(f"{path}: {error}") from error
    except expat.ExpatError as error:
        raise UsageError(f"{path}: is not XML, or only a part of it (line {error.lineno})") from error
    builder.root.pop(TEXT, None)
    return builder.root


def leaf(element: Any, name: str) -> str:
    """The text of the first child of a name."""
    return text(element, name, 0, TEXT)
