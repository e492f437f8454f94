"""The directory of a zip, read as leniently as the most lenient loader, with everything on which readers could differ.

torch trusts the central directory for names and sizes and the local header only for where the data begins; Python's
zipfile compares names and checksums; streaming readers see local headers alone. Format: APPNOTE.TXT 6.3 of PKWARE.
"""

import struct
from dataclasses import dataclass, field

from mlsec_nb.scanners.models.view import View

EOCD, CENTRAL, LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
LOOKBACK = (1 << 16) + 22 + (1 << 16)  # a comment, and as much padding again as torch accepts
_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_HEADER = struct.Struct("<4s5H3L2H")


@dataclass(slots=True)
class Entry:
    """A member as the central directory has it; offsets count from the beginning of the view."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header: int
    mode: int  # Unix mode, 0 when there is none
    data: int = -1  # where its bytes begin, -1: nowhere
    local_method: int = -1
    odd: list[str] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.data + self.packed


@dataclass(slots=True)
class Directory:
    entries: list[Entry]
    first: int  # where the first member begins: what stands before is no part of the zip
    end: int  # behind the comment
    eocd: int
    central: int
    odd: list[str] = field(default_factory=list)


def find_end(view: View) -> int:
    """The offset of the last end-of-central-directory record, -1 when there is none near the end."""
    tail = view.tail(LOOKBACK)
    at = tail.rfind(EOCD)
    while at >= 0 and at + 22 > len(tail):
        at = tail.rfind(EOCD, 0, at)
    return view.size - len(tail) + at if at >= 0 else -1


def read(view: View, limit: int) -> Directory | None:
    """The directory, at most `limit` members of it; None when there is none to be made out."""
    eocd = find_end(view)
    if eocd < 0:
        return None
    _, _, _, _, count, size, start, comment = _END.unpack(view.head(22, eocd))
    count, size, start, zip64 = _zip64(view, eocd, count, size, start)
    central = (zip64 if zip64 >= 0 else eocd) - size
    shift = central - start  # what was put in front of the zip
    odd = []
    if shift < 0 or view.head(4, central) != CENTRAL:
        central, shift = start, 0
        if view.head(4, central) != CENTRAL and count:
            return None
        odd.append("a directory that is not where its end says")
    entries = _entries(view, central, eocd, shift, limit)
    if count != len(entries) and len(entries) < limit:
        odd.append(f"{len(entries)} members where its end says {count}")
    first = min((entry.header for entry in entries), default=central)
    return Directory(entries, first, min(eocd + 22 + comment, view.size), eocd, central, odd)


def _zip64(view: View, eocd: int, count: int, size: int, start: int) -> tuple[int, int, int, int]:
    """The same numbers from the 64-bit record when there is one, and where it stands (-1: nowhere)."""
    locator = view.head(20, eocd - 20) if eocd >= 20 else b""
    if locator[:4] != b"PK\x06\x07":
        return count, size, start, -1
    (at,) = struct.unpack_from("<Q", locator, 8)
    candidates = [at, eocd - 20 - 56]
    for place in candidates:
        record = view.head(56, place) if 0 <= place < view.size else b""
        if record[:4] == b"PK\x06\x06" and len(record) == 56:
            _, count, size, start = struct.unpack_from("<QQQQ", record, 24)
            return count, size, start, place
    return count, size, start, -1


def _entries(view: View, at: int, end: int, shift: int, limit: int) -> list[Entry]:
    entries: list[Entry] = []
    while at + 46 <= end and len(entries) < limit:
        raw = view.head(46, at)
        if raw[:4] != CENTRAL:
            break
        fields = _ENTRY.unpack(raw)
        flags, method, crc, packed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
        name_size, extra_size, comment_size, header = fields[10], fields[11], fields[12], fields[16]
        name = view.head(name_size, at + 46)
        extra = view.head(extra_size, at + 46 + name_size)
        size, packed, header = _wide(extra, size, packed, header)
        text = name.decode("utf-8" if flags & 0x800 else "cp437", "replace")
        entry = Entry(text, method, flags, crc, packed, size, header + shift, fields[15] >> 16)
        _locate(view, entry, name)
        entries.append(entry)
        at += 46 + name_size + extra_size + comment_size
    return entries


def _wide(extra: bytes, size: int, packed: int, header: int) -> tuple[int, int, int]:
    """Numbers of 64 bits from the extra field, where the 32-bit ones are full."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            field = extra[at + 4 : at + 4 + length]
            numbers = [int.from_bytes(field[i : i + 8], "little") for i in range(0, len(field) - 7, 8)]
            if size == 0xFFFFFFFF and numbers:
                size = numbers.pop(0)
            if packed == 0xFFFFFFFF and numbers:
                packed = numbers.pop(0)
            if header == 0xFFFFFFFF and numbers:
                header = numbers.pop(0)
        at += 4 + length
    return size, packed, header


def _locate(view: View, entry: Entry, name: bytes) -> None:
    """Where the data begins, and on what the local header disagrees."""
    raw = view.head(30, entry.header) if 0 <= entry.header < view.size else b""
    if len(raw) < 30 or raw[:4] != LOCAL:
        entry.odd.append("no local header")
        return
    _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _HEADER.unpack(raw)
    entry.data = entry.header + 30 + name_size + extra_size
    entry.local_method = method
    if view.head(name_size, entry.header + 30) != name:
        entry.odd.append("another name in its local header")
    if method != entry.method:
        entry.odd.append("another compression in its local header")
    if (flags ^ entry.flags) & 0x2061 or entry.flags & 0x2060:
        entry.odd.append("flags that no writer of models sets")
    if not flags & 8:
        if crc != entry.crc:
            entry.odd.append("another checksum in its local header")
        if {packed, size} & {0xFFFFFFFF} == set() and (packed, size) != (entry.packed, entry.size):
            entry.odd.append("another size in its local header")
    if entry.end > view.size:
        entry.odd.append("a size beyond the end of the file")


def local_entries(view: View, start: int, stop: int, limit: int = 1000) -> list[Entry]:
    """Members as a streaming reader finds them between two offsets: by their local headers alone."""
    found: list[Entry] = []
    at = view.find(LOCAL, start, stop)
    while at >= 0 and len(found) < limit:
        raw = view.head(30, at)
        if len(raw) < 30:
            break
        _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _HEADER.unpack(raw)
        name = view.head(name_size, at + 30).decode("utf-8", "replace")
        data = at + 30 + name_size + extra_size
        size, packed, _ = _wide(view.head(extra_size, at + 30 + name_size), size, packed, 0)
        if flags & 8 and not packed:
            following = view.find(b"PK", data)
            packed = (following if following >= 0 else view.size) - data
        entry = Entry(name, method, flags, crc, min(packed, max(view.size - data, 0)), size, at, 0, data, method)
        found.append(entry)
        at = view.find(LOCAL, max(entry.end, at + 4), stop)
    return found
