"""Data as text: a file of any size in windows that are read one after the other, each a document of its own."""

import codecs
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from mlsec_nb.config import Limits
from mlsec_nb.core import Artifact, CannotRead, Content, Document, Gap, Location, Part, Segment, line_and_column
from mlsec_nb.io import tables
from mlsec_nb.io.streams import Unpacked

from . import encoding

SIZE = 4 << 20  # bytes of one window
_OVERLAP = 4096  # characters that two windows share where a line is longer than a window
_ROWS = 4096
_SHORT = 8  # characters; a shorter text in a column says nothing
_WHOLE = frozenset({"BIGINT", "UBIGINT", "HUGEINT"})
_LONG = 13  # digits; a shorter whole number is a measure or a counter
_PACKED = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}
_TEXT = frozenset({
    ".csv", ".tsv", ".psv", ".jsonl", ".ndjson", ".geojson", ".arff", ".libsvm", ".dvc", ".yaml", ".lock",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class WindowOrigin:
    """A run of a file that begins at this line and column."""

    place: Location
    line: int
    column: int

    def at(self, text: str, start: int, end: int) -> Location:
        line, column = self._of(text, start)
        end_line, end_column = self._of(text, end)
        return self.place.with_(
            line=line, column=column, end_line=end_line, end_column=end_column, raw_line=line, raw_column=column
        )

    def _of(self, text: str, offset: int) -> tuple[int, int]:
        line, column = line_and_column(text, offset)
        return self.line + line - 1, column + (self.column - 1 if line == 1 else 0)


@dataclass(frozen=True, slots=True)
class ColumnOrigin:
    """Values of one column, one behind the other: they have no lines of their own."""

    place: Location

    def at(self, text: str, start: int, end: int) -> Location:
        del text, start, end
        return self.place


def windows(artifact: Artifact, limits: Limits) -> Iterator[Document]:
    """The texts of a data file; raises `CannotRead` where they cannot be had. Stops with a gap when time is over."""
    until = time.monotonic() + limits.seconds
    for text, origin in _texts(artifact, limits):
        if time.monotonic() > until:
            reason = f"its text was not read to the end in {limits.seconds:g} s"
            yield Document(artifact=artifact, gaps=(_gap(artifact, reason, "timeout"),))
            return
        yield Document(artifact=artifact, segments=(Segment(text, Part.TEXT, origin.place, origin),))


def _texts(artifact: Artifact, limits: Limits) -> Iterator[tuple[str, WindowOrigin | ColumnOrigin]]:
    path = PurePosixPath(artifact.path.lower())
    packed = _PACKED.get(path.suffix)
    if packed or path.suffix == ".zst":
        path = path.with_suffix("")
    with artifact.content.open() as stream:
        head = stream.read(512)
    if head.startswith(b"SQLite format 3\0"):
        yield from _sqlite(artifact)
    elif not packed and (head.startswith((b"PAR1", b"ARROW1\0\0", b"FEA1")) or artifact.path.endswith(".zst")):
        yield from _columns(artifact)
    elif path.suffix in _TEXT or (path.suffix in {".db", ".nc", ".mat", ".ipc"} and b"\0" not in head):
        content: Content = artifact.content
        if packed:
            content = Unpacked(content, packed, limits.unpacked_bytes, declared=False)
        yield from _lines(artifact, content)
    else:
        raise CannotRead("its text was not read: there is no reader for this format", "unsupported")


def _lines(artifact: Artifact, content: Content) -> Iterator[tuple[str, WindowOrigin]]:
    """Windows that end with a line, unless the line is longer than a window."""
    with content.open() as stream:
        data = stream.read(SIZE)
        _, name, mark = encoding.decode(data[:SIZE])
        decoder = codecs.getincrementaldecoder(name)("surrogateescape" if name == "utf-8" else "replace")
        data = data[len(mark) :]
        held, line, column, told = "", 1, 1, False
        while True:
            text = held + decoder.decode(data, not data)
            cut = text.rfind("\n") + 1 if data else len(text)
            if data and not cut:
                cut = len(text)
            if cut and (data or not told):
                yield text[:cut], WindowOrigin(Location(path=artifact.path), line, column)
            if not data:
                return
            keep = cut if text[cut - 1 : cut] == "\n" else max(cut - _OVERLAP, 1)
            ends, since = line_and_column(text, keep)
            line, column = line + ends - 1, since + (column - 1 if ends == 1 else 0)
            held, told = text[keep:], keep < cut
            data = stream.read(SIZE)


def _columns(artifact: Artifact) -> Iterator[tuple[str, ColumnOrigin]]:
    """The different texts of each text column, the columns one after the other."""
    with tables.opened(artifact.content, artifact.path) as table:
        for column, kind in table.columns:
            place = Location(path=artifact.path, part=f"column {column}")
            yield column, ColumnOrigin(place)
            is_text = kind.startswith(("VARCHAR", "JSON", "STRUCT", "MAP"))
            if not is_text and kind not in _WHOLE:
                continue
            cell = f"CAST({tables.name(column)} AS VARCHAR)"
            sql = f"SELECT DISTINCT {cell} FROM {table.view} WHERE length({cell}) >= {_SHORT if is_text else _LONG}"  # noqa: S608 - quoted
            for batch in table.batches(sql, _ROWS):
                values = [row[0] for row in batch if row[0] is not None]
                for text in _bounded(values):
                    yield text, ColumnOrigin(place)


def _sqlite(artifact: Artifact) -> Iterator[tuple[str, ColumnOrigin]]:
    held: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}

    def taken(column: str) -> tuple[str, ColumnOrigin]:
        return "\n".join(held.pop(column)), ColumnOrigin(Location(path=artifact.path, part=f"column {column}"))

    with tables.placed(artifact.content, artifact.path, "sqlite") as place:
        for column, _, value in tables.sqlite_texts(place):
            if len(value) < _SHORT:
                continue
            held.setdefault(column, []).append(value)
            sizes[column] = sizes.get(column, 0) + len(value)
            if sizes[column] > SIZE // 8:
                yield taken(column)
                sizes[column] = 0
    for column in list(held):
        yield taken(column)


def _bounded(values: list[str]) -> Iterator[str]:
    held: list[str] = []
    size = 0
    for value in values:
        held.append(value)
        size += len(value)
        if size > SIZE:
            yield "\n".join(held)
            held, size = [], 0
    if held:
        yield "\n".join(held)


def _gap(artifact: Artifact, reason: str, code: str) -> Gap:
    return Gap(location=Location(path=artifact.path), scanner="reader", reason=reason, code=code)
