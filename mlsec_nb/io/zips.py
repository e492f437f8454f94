"""The central directory of a zip, read by ourselves: zipfile's memory grows with what an archive claims.

Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mlsec_nb.core import CannotRead, Content

from .members import Bounds, Member, Refused
from .streams import Unpacked, Window

SMALL = 1 << 20  # bytes that are no bomb, however well they were packed
_DIRECTORY = 64 << 20  # bytes of a central directory
_METHODS = {0: "stored", 8: "deflate", 12: "bzip2"}


def zip_members(content: Content, bounds: Bounds) -> Iterator[Member | Refused]:
    with content.open() as stream:
        count, start, shift, end = _zip_directory(stream)
        if count > bounds.members or end - start > _DIRECTORY:
            raise CannotRead(f"has more than {bounds.members:,} members, the limit", "too-big")
        stream.seek(start)
        taken = 0  # members follow each other; a member that begins inside another is how small bombs are made
        for entry in sorted(_zip_entries(stream, end), key=lambda entry: entry.offset):
            if entry.offset + shift < taken:
                raise CannotRead("has members that lie over each other, as bombs do", "malformed")
            given = _zip_member(content, stream, entry, shift, bounds)
            taken = entry.offset + shift + 30 + entry.packed
            if given:
                yield given


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a central directory."""

    name: str
    flags: int
    method: int
    packed: int
    size: int
    offset: int
    mode: int


def _zip_directory(stream: BinaryIO) -> tuple[int, int, int, int]:
    """Count of entries, where the central directory begins, by how much all offsets are shifted, and its end."""
    size = stream.seek(0, 2)
    tail_start = max(size - 65_557, 0)
    stream.seek(tail_start)
    tail = stream.read(65_557)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise CannotRead("is a zip without an end: cut off", "malformed")
    count, length, offset = struct.unpack_from("<HLL", tail, at + 10)
    end = tail_start + at
    stream.seek(max(end - 20 - 56, 0))
    record = stream.read(56 + 4)
    if record.startswith(b"PK\x06\x06") and record.endswith(b"PK\x06\x07"):  # zip64, 4.3.14 and 4.3.15
        count, length, offset = struct.unpack_from("<QQQ", record, 32)
        end -= 20 + 56
    start = end - length
    if start < 0 or offset > start:
        raise CannotRead("has a directory that is not where it should be", "malformed")
    return count, start, start - offset, end


def _zip_entries(stream: BinaryIO, end: int) -> Iterator[_Entry]:
    while stream.tell() < end:
        fixed = stream.read(46)
        if len(fixed) < 46 or not fixed.startswith(b"PK\x01\x02"):
            raise CannotRead("has a damaged directory", "malformed")
        flags, method = struct.unpack_from("<HH", fixed, 8)
        packed, size, name_length, extra_length, comment_length = struct.unpack_from("<LLHHH", fixed, 20)
        attributes, offset = struct.unpack_from("<LL", fixed, 38)
        raw = stream.read(name_length)
        extra = stream.read(extra_length)
        stream.seek(comment_length, 1)
        size, packed, offset = _zip64(extra, size, packed, offset)
        name = raw.decode("utf-8" if flags & 0x800 else "cp437", "replace").replace("\\", "/")
        yield _Entry(name, flags, method, packed, size, offset, attributes >> 16)


def _zip64(extra: bytes, *values: int) -> tuple[int, int, int]:
    """Size, packed size and offset, each from the zip64 field when it does not fit in 32 bits."""
    at, field = 0, b""
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            field = extra[at + 4 : at + 4 + length]
        at += 4 + length
    found = []
    for value in values:
        if value == 0xFFFFFFFF and len(field) >= 8:
            found.append(int.from_bytes(field[:8], "little"))
            field = field[8:]
        else:
            found.append(value)
    return found[0], found[1], found[2]


def _zip_member(
    content: Content, stream: BinaryIO, entry: _Entry, shift: int, bounds: Bounds
) -> Member | Refused | None:
    if entry.name.endswith("/"):
        return None
    if entry.mode & 0o170000 == 0o120000:
        return Refused(entry.name, "is a link", "skipped")
    if entry.flags & 1:
        return Refused(entry.name, "is encrypted", "encrypted")
    method = _METHODS.get(entry.method)
    if method is None:
        return Refused(entry.name, f"is packed by method {entry.method}, which is not known here", "unsupported")
    if entry.size > SMALL and entry.size > entry.packed * bounds.ratio:
        return Refused(entry.name, f"unpacks to more than {bounds.ratio:,} times its size, as bombs do", "too-big")
    stream.seek(entry.offset + shift)
    header = stream.read(30)
    if not header.startswith(b"PK\x03\x04") or len(header) < 30:
        return Refused(entry.name, "is not where the directory says", "malformed")
    begin = entry.offset + shift + 30 + sum(struct.unpack_from("<HH", header, 26))
    window = Window(content, begin, entry.packed)
    return Member(entry.name, window if method == "stored" else Unpacked(window, method, entry.size))
