"""The rows of one table of a SQLite file, and nothing else of it: https://www.sqlite.org/fileformat2.html."""

import struct
from collections.abc import Iterator
from typing import Final

Cell = int | float | bytes | str | None

_INTERIOR, _LEAF = 5, 13
_INTS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_DEEPEST: Final = 64


def rows(data: bytes, table: str) -> Iterator[list[Cell]]:
    """The rows in their order; a rowid that stands for a column is None. Raises `ValueError` for a damaged file."""
    try:
        size = struct.unpack_from(">H", data, 16)[0]
        file = _File(data, 65_536 if size == 1 else size, data[20])
        for entry in file.walk(1):
            if len(entry) > 3 and entry[0] == "table" and entry[1] == table and isinstance(entry[3], int):
                yield from file.walk(entry[3])
                return
    except (struct.error, IndexError) as error:
        raise ValueError("damaged") from error


class _File:
    def __init__(self, data: bytes, size: int, reserved: int) -> None:
        if size < 512 or size & (size - 1) or reserved > size - 480:
            raise ValueError("no size of a page")
        self.data, self.size, self.usable = data, size, size - reserved
        self.seen: set[int] = set()

    def page(self, number: int) -> int:
        """Where a page begins; each is met once, so that no circle is walked twice."""
        start = (number - 1) * self.size
        if number < 1 or start + self.size > len(self.data) or number in self.seen:
            raise ValueError("a page that is not there")
        self.seen.add(number)
        return start

    def walk(self, number: int, depth: int = 0) -> Iterator[list[Cell]]:
        start = self.page(number)
        at = start + (100 if number == 1 else 0)
        kind, _free, count = struct.unpack_from(">BHH", self.data, at)
        if kind not in (_INTERIOR, _LEAF) or depth > _DEEPEST:
            raise ValueError("no page of a table")
        head = at + (12 if kind == _INTERIOR else 8)
        cells = struct.unpack_from(f">{count}H", self.data, head)
        for cell in cells:
            if kind == _LEAF:
                yield self.row(start + cell)
            else:
                yield from self.walk(struct.unpack_from(">I", self.data, start + cell)[0], depth + 1)
        if kind == _INTERIOR:
            yield from self.walk(struct.unpack_from(">I", self.data, at + 8)[0], depth + 1)

    def row(self, at: int) -> list[Cell]:
        length, at = _varint(self.data, at)
        _rowid, at = _varint(self.data, at)
        return _record(self.payload(at, length))

    def payload(self, at: int, length: int) -> bytes:
        """What does not fit lies in a chain of pages (section 1.6)."""
        most = self.usable - 35
        if length > len(self.data):
            raise ValueError("longer than the file")
        if length <= most:
            return self.data[at : at + length]
        least = (self.usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (self.usable - 4)
        local = least if local > most else local
        parts, got = [self.data[at : at + local]], local
        (page,) = struct.unpack_from(">I", self.data, at + local)
        while got < length:
            start = self.page(page)
            part = self.data[start + 4 : start + min(self.usable, 4 + length - got)]
            parts.append(part)
            got += len(part)
            (page,) = struct.unpack_from(">I", self.data, start)
        return b"".join(parts)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(9):
        byte = data[at + index]
        if index == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("no number")  # pragma: no cover - the ninth byte always ends it


def _record(payload: bytes) -> list[Cell]:
    head, at = _varint(payload, 0)
    place, cells = head, list[Cell]()
    while at < head:
        kind, at = _varint(payload, at)
        cell, length = _cell(payload, kind, place)
        cells.append(cell)
        place += length
    return cells


def _cell(payload: bytes, kind: int, place: int) -> tuple[Cell, int]:
    if kind in _INTS:
        length = _INTS[kind]
        return int.from_bytes(payload[place : place + length], "big", signed=True), length
    if kind == 7:
        return float(struct.unpack_from(">d", payload, place)[0]), 8
    if kind >= 12:
        length = (kind - 12) // 2
        raw = payload[place : place + length]
        return (raw.decode("utf-8", "replace") if kind % 2 else raw), length
    return {8: 0, 9: 1}.get(kind), 0
