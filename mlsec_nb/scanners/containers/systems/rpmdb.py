"""Databases of rpm: the headers in each of the three forms.

Berkeley DB, a hash of pages (https://docs.oracle.com/database/bdb181/), until rpm 4.15; SQLite since then; NDB,
slots and blobs, of SUSE (https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c).
"""

import struct
from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import CannotRead
from mlsec_nb.scanners.containers.packages import RPM, Digests, Package, Told, add

from . import headers
from .sqlite import rows

_HASH_MAGIC: Final = 0x00061561
_SLOT, _BLOB = b"Slot", b"BlbS"
_HASH, _HASH_UNSORTED, _OVERFLOW = 13, 2, 7
_INLINE, _OFF_PAGE = 1, 3
_PAGE_HEAD: Final = 26
_SMALLEST: Final = 24  # bytes of a header with one tag


def database(path: str, data: bytes) -> Told:
    """Every package of one database; raises `CannotRead` when it is damaged or none."""
    packages: list[Package] = []
    owned = Digests()
    try:
        for blob in _blobs(data):
            found = headers.tags(blob)
            if package := headers.package(found):
                add(packages, package)
            owned |= headers.owned(found)
    except (ValueError, struct.error, IndexError) as error:
        raise CannotRead(f"{path} is a damaged database of rpm", "malformed") from error
    return Told(tuple(packages), owned, RPM)


def _blobs(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"SQLite format 3\0"):
        return (row[1] for row in rows(data, "Packages") if len(row) > 1 and isinstance(row[1], bytes))
    if data.startswith(b"RpmP"):
        return _ndb(data)
    for order in "<>":
        if len(data) > 512 and struct.unpack_from(f"{order}I", data, 12)[0] == _HASH_MAGIC:
            return _hash(data, order)
    raise ValueError("no database of rpm")


def _ndb(data: bytes) -> Iterator[bytes]:
    """Pages of slots, each of which points at a blob by blocks of 16 bytes."""
    (pages,) = struct.unpack_from("<I", data, 12)
    for at in range(32, min(pages * 4096, len(data) - 15), 16):
        magic, number, block, _count = struct.unpack_from("<4sIII", data, at)
        if magic != _SLOT:
            raise ValueError("no slot")
        if not block:
            continue
        kind, same, _sum, length = struct.unpack_from("<4sIII", data, block * 16)
        if kind != _BLOB or same != number:
            raise ValueError("no blob")
        yield _piece(data, block * 16 + 16, length)


def _hash(data: bytes, order: str) -> Iterator[bytes]:
    """Pages of pairs; a value that is too long for its page lies in a chain of others."""
    (size,) = struct.unpack_from(f"{order}I", data, 20)
    if size < 512 or size & (size - 1) or size > 1 << 16:
        raise ValueError("no size of a page")
    for start in range(size, len(data) - size + 1, size):
        if data[start + 25] in (_HASH, _HASH_UNSORTED):
            yield from _values(data, start, size, order)


def _values(data: bytes, start: int, size: int, order: str) -> Iterator[bytes]:
    (count,) = struct.unpack_from(f"{order}H", data, start + 20)
    if _PAGE_HEAD + 2 * count > size:
        raise ValueError("too many entries")
    offsets = struct.unpack_from(f"{order}{count}H", data, start + _PAGE_HEAD)
    for index in range(1, count, 2):
        at, end = offsets[index], offsets[index - 1]
        if not _PAGE_HEAD < at < end <= size:
            raise ValueError("an entry outside of its page")
        kind = data[start + at]
        if kind == _OFF_PAGE:
            page, length = struct.unpack_from(f"{order}II", data, start + at + 4)
            yield _chain(data, page, length, size, order)
        elif kind == _INLINE and end - at > _SMALLEST:
            yield data[start + at + 1 : start + end]


def _chain(data: bytes, page: int, length: int, size: int, order: str) -> bytes:
    parts: list[bytes] = []
    got = 0
    while page and got < length:
        start = page * size
        if start + size > len(data) or data[start + 25] != _OVERFLOW:
            raise ValueError("a chain that leads nowhere")
        part = data[start + _PAGE_HEAD : start + min(size, _PAGE_HEAD + length - got)]
        parts.append(part)
        got += len(part)
        (page,) = struct.unpack_from(f"{order}I", data, start + 16)
    if got < length:
        raise ValueError("a chain that is cut off")
    return b"".join(parts)


def _piece(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise ValueError("cut off")
    return data[at : at + length]
