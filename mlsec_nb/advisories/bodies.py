"""Whole records, packed side by side: what stands near each other is alike, and so is every block to the dictionary.

A record's number says where it is: so many records to a block, so many blocks to a row of the table.
"""

import json
import os
import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Any, Final

from mlsec_nb.core import Severity
from mlsec_nb.io.zstandard import zstd

BLOCK: Final = 16  # records that are unpacked together; of twice as many one takes 2 % less room and twice the time
BLOCKS: Final = 16  # of a row; of small rows each would leave a part of a page empty
ROW: Final = BLOCKS * BLOCK
DICTIONARY: Final = 110 << 10  # bytes, the size that zstd's own tools train
LEVEL: Final = 12  # 9 takes 1 % more room and half the time, 19 takes 5 % less and eight times the time
LEAST: Final = 200  # records out of which a dictionary is worth its room
_SIZES: Final = f">{BLOCKS}I"  # of the blocks, before them
TABLE: Final = "CREATE TABLE body (id INTEGER PRIMARY KEY, packed BLOB)"


def text(record: Mapping[str, Any]) -> bytes:
    """A record on one line."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False, default=str).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Rated:
    """A record and how bad it is, which takes long to tell."""

    severity: Severity | None
    score: float | None
    vector: str
    record: Mapping[str, Any]

    def line(self) -> bytes:
        rating = f"{self.severity or ''}\t{'' if self.score is None else self.score}\t{self.vector}\t"
        return rating.encode("utf-8", "replace") + text(self.record)

    @classmethod
    def of(cls, line: bytes) -> "Rated":
        severity, score, vector, record = line.split(b"\t", 3)
        grade = Severity(severity.decode()) if severity else None
        return cls(grade, float(score) if score else None, vector.decode(), json.loads(record))


def learned(records: Sequence[Mapping[str, Any]]) -> bytes:
    """A dictionary for records like these; an empty one when they are few or have nothing in common."""
    if len(records) < LEAST:
        return b""
    try:
        return bytes(zstd.train_dict([text(record) for record in records], DICTIONARY).dict_content)
    except (ValueError, zstd.ZstdError):
        return b""


class Bodies:
    """The lines of a store by their numbers."""

    def __init__(self, base: sqlite3.Connection, dictionary: bytes) -> None:
        self._base, self._bytes = base, dictionary
        self._block = lru_cache(maxsize=12)(self._read)

    @cached_property
    def dictionary(self) -> "zstd.ZstdDict | None":
        return zstd.ZstdDict(self._bytes) if self._bytes else None

    def line(self, number: int) -> bytes:
        """The line that was put there; an empty one when nothing is."""
        block, index = divmod(number, BLOCK)
        lines = self._block(block)
        return lines[index] if index < len(lines) else b""

    def _read(self, block: int) -> list[bytes]:
        row, index = divmod(block, BLOCKS)
        try:
            with self._base.blobopen("body", "packed", row, readonly=True) as packed:
                sizes = struct.unpack(_SIZES, packed.read(struct.calcsize(_SIZES)))
                packed.seek(sum(sizes[:index]), os.SEEK_CUR)
                frame = packed.read(sizes[index])
        except sqlite3.OperationalError:  # no such row
            return []
        return zstd.decompress(frame, self.dictionary).split(b"\n") if frame else []

    def lines(self, row: int) -> Iterator[bytes]:
        return (self.line(number) for number in range(row * ROW, (row + 1) * ROW))


class Packing:
    """Puts lines into the table."""

    def __init__(self, base: sqlite3.Connection, dictionary: bytes) -> None:
        self._base, self._old = base, Bodies(base, dictionary)
        self._packer = zstd.ZstdCompressor(level=LEVEL, zstd_dict=self._old.dictionary)
        self._waiting: list[bytes] = []
        self._row = int(base.execute("SELECT coalesce(max(id), -1) + 1 FROM body").fetchone()[0])

    def put(self, line: bytes) -> int:
        """The number of a record."""
        if len(self._waiting) == ROW:
            self.flush()
        self._waiting.append(line)
        return self._row * ROW + len(self._waiting) - 1

    def line(self, number: int) -> bytes:
        row, index = divmod(number, ROW)
        return self._waiting[index] if row == self._row else self._old.line(number)

    def flush(self) -> None:
        if self._waiting:
            self._write(self._row, self._waiting)
            self._row += 1
            self._waiting = []

    def _write(self, row: int, lines: Sequence[bytes]) -> None:
        blocks = [lines[at : at + BLOCK] for at in range(0, ROW, BLOCK)]
        frames = [self._packer.compress(b"\n".join(one), self._packer.FLUSH_FRAME) if one else b"" for one in blocks]
        packed = struct.pack(_SIZES, *map(len, frames)) + b"".join(frames)
        self._base.execute("INSERT OR REPLACE INTO body VALUES (?, ?)", (row, packed))

    def tidy(self) -> None:
        """Takes the replaced records out of rows of which they are a quarter."""
        alive = self._base.execute("SELECT id FROM record ORDER BY id")
        held = {
            row: {number for (number,) in numbers} for row, numbers in groupby(alive, key=lambda one: one[0] // ROW)
        }
        for (row,) in self._base.execute("SELECT id FROM body").fetchall():
            kept = held.get(row, set())
            if not kept:
                self._base.execute("DELETE FROM body WHERE id = ?", (row,))
            elif len(kept) <= ROW * 3 // 4:
                self._shorten(row, kept)

    def _shorten(self, row: int, kept: set[int]) -> None:
        lines = list(self._old.lines(row))
        if len(kept) <= sum(map(bool, lines)) * 3 // 4:
            self._write(row, [line if row * ROW + at in kept else b"" for at, line in enumerate(lines)])
