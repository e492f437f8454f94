"""The headers of a tar, read by ourselves: tarfile reads a header of extensions whole, whatever size it claims.

Formats: ustar and pax of POSIX (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html), GNU's long names.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from mlsec_nb.core import CannotRead, Content

from .members import Member, Refused
from .streams import Window

_BLOCK = 512
_EXTENSION = 1 << 20  # bytes of a long name or of a pax header
_OCTAL = re.compile(rb"[0-7]*").fullmatch
_NO_DATA = b"123456"  # links, devices, folders, pipes: whatever size they claim
_REFUSED = {b"1": "is a link", b"2": "is a link", b"3": "is a device", b"4": "is a device", b"6": "is a named pipe"}


def is_tar(head: bytes) -> bool:
    """True for the first block of a tar; before ustar it had no magic, only a checksum."""
    return head[257:262] == b"ustar" or (len(head) >= _BLOCK and head[0] != 0 and _checks(head[:_BLOCK]))


class Header(NamedTuple):
    """One entry as it is written: `kind` is the letter of its type, `data` where its bytes begin."""

    name: str
    kind: bytes
    size: int
    mode: int
    uid: int
    gid: int
    link: str
    data: int


def headers(stream: BinaryIO) -> Iterator[Header]:
    """Every entry of a tar in its order; raises `CannotRead` where it is damaged."""
    place = 0
    pax: dict[str, str] = {}
    while len(block := _block_at(stream, place)) == _BLOCK and block.strip(b"\0"):
        if not _checks(block):
            raise CannotRead("has a damaged header", "malformed")
        kind = block[156:157]
        size = int(pax["size"]) if pax.get("size", "").isdecimal() else _number(block[124:136])
        data = place + _BLOCK
        place = data + (0 if kind in _NO_DATA else -(-size // _BLOCK) * _BLOCK)
        if kind in b"LKxg" and kind != b"":
            pax = {} if kind == b"g" else pax | _extension(kind, stream, size)
            continue
        if "GNU.sparse.major" in pax or "GNU.sparse.map" in pax:  # its bytes are not those of the file
            kind, pax["path"] = b"S", pax.get("GNU.sparse.name") or pax.get("path", "")
        size = 0 if kind in _NO_DATA else size
        mode, uid, gid = _number(block[100:108]) & 0o7777, block[108:116], block[116:124]
        if pax:
            link = pax.get("linkpath") or _text(block[157:257])
            yield Header(pax.get("path") or _name(block), kind, size, mode, _owner(pax, "uid", uid),
                         _owner(pax, "gid", gid), link, data)  # fmt: skip
            pax = {}
        else:
            link = _text(block[157:257]) if block[157] else ""
            yield Header(_name(block), kind, size, mode, _number(uid), _number(gid), link, data)
    if 0 < len(block) < _BLOCK or (not block and place and not _block_at(stream, place - 1)):
        raise CannotRead("is a tar that is cut off", "malformed")


def _owner(pax: dict[str, str], key: str, raw: bytes) -> int:
    text = pax.get(key, "")
    return int(text) if text.isdecimal() and len(text) < 12 else _number(raw)


def tar_members(content: Content) -> Iterator[Member | Refused]:
    """The files of a tar, as windows on it; raises `CannotRead` where it is damaged."""
    with content.open() as stream:
        for header in headers(stream):
            if given := _member(content, header):
                yield given


def _block_at(stream: BinaryIO, place: int) -> bytes:
    stream.seek(place)
    return stream.read(_BLOCK)


def _checks(block: bytes) -> bool:
    stored = block[148:156].strip(b" \0")
    return bool(stored and _OCTAL(stored)) and int(stored, 8) == _sum(block) - _sum(block[148:156]) + 8 * 32


def _sum(data: bytes) -> int:
    return sum(data.translate(None, b"\0"))  # most of a header is empty


@lru_cache(4096)  # the same few modes and owners stand in every header
def _number(raw: bytes) -> int:
    """A number of a header: octal, or binary behind a high bit."""
    if raw[0] & 0x80:
        return int.from_bytes(raw[1:], "big")
    digits = raw.strip(b" \0")
    if not _OCTAL(digits):
        raise CannotRead("has a damaged header", "malformed")
    return int(digits or b"0", 8)


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")


def _name(block: bytes) -> str:
    name, prefix = _text(block[:100]), _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _extension(kind: bytes, stream: BinaryIO, size: int) -> dict[str, str]:
    """What a header says about the next member: GNU's long name (L) or link (K), pax records (x)."""
    if size > _EXTENSION:
        raise CannotRead(f"has a header of more than {_EXTENSION:,} bytes", "too-big")
    raw = stream.read(size)
    if kind in b"LK":
        return {"path" if kind == b"L" else "linkpath": _text(raw)}
    return _pax(raw) if kind == b"x" else {}


def _pax(raw: bytes) -> dict[str, str]:
    """Records "LENGTH KEY=VALUE" with a line end, where LENGTH counts the whole record."""
    found = {}
    while match := re.match(rb"(\d{1,7}) ([^=]+)=", raw):
        length = int(match[1])
        if length <= match.end():
            break
        found[match[2].decode("utf-8", "replace")] = raw[match.end() : length - 1].decode("utf-8", "replace")
        raw = raw[length:]
    return found


def _member(content: Content, header: Header) -> Member | Refused | None:
    if header.kind == b"5" or header.name.endswith("/"):
        return None
    if reason := _REFUSED.get(header.kind):
        return Refused(header.name, reason, "skipped")
    if header.kind not in {b"0", b"\0", b"7"}:
        return Refused(header.name, "is of a type that is not known here", "unsupported")
    return Member(header.name, Window(content, header.data, header.size))
