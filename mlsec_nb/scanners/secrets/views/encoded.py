"""Runs of base64, hex and other encodings that hold text, perhaps compressed."""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import Segment

from .rewriting import assemble

_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}(?:(?:\\n|\r?\n[ \t]{0,8})[A-Za-z0-9+/_-]{40,}){0,4000}={0,2}")
_BASE32: Final = re.compile(r"[A-Z2-7]+")
_HEX_DIGITS: Final = "0123456789abcdefABCDEF"
# gzip, zlib at its usual levels, bzip2, xz
_MAGICS: Final = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"BZh", b"\xfd7zXZ")
_LONGEST: Final = 1 << 22  # characters of one run; longer ones are data
_MOST: Final = 1 << 20  # bytes out of one compressed run
_TEXT: Final = bytes([9, 10, 13, *range(32, 127)])


def encoded_views(segment: Segment) -> Iterator[Segment]:
    """One view for each run that decodes to text."""
    text = segment.text
    for match in _RUN.finditer(text):
        run = match.group()
        if len(run) <= _LONGEST and not run.isdigit():
            yield from _decoded(segment, run, match.start())


def _decoded(segment: Segment, run: str, at: int) -> Iterator[Segment]:
    if len(run) >= 24 and _is_hex(run):
        data = _from_hex(run)
        if data and (plain := _as_text(data)):
            yield _view(segment, plain, at, 2, 1, one_for_one=len(plain) == len(data))
    if len(run) >= 32 and _BASE32.fullmatch(run.rstrip("=")) and (plain := _from_base32(run.rstrip("="))):
        yield assemble(segment, [(plain[:-1], at), (plain[-1:], at + len(run) - 1)], "text")
    packed = run if "\n" not in run and "\\" not in run else re.sub(r"\\n|\s", "", run)
    head = _base64(packed[:32])
    if head is None or not (_looks_like_text(head) or _packed(head) or _wide(head)):
        return
    data = _base64(packed)
    if data and (plain := _as_text(data)):
        yield _view(segment, plain, at, 4, 3, one_for_one=len(plain) == len(data) and packed is run)


def _view(segment: Segment, plain: str, at: int, width: int, step: int, *, one_for_one: bool) -> Segment:
    if not one_for_one:
        return assemble(segment, [(plain, at)], "text")
    pieces = [(plain[i : i + step], at + i // step * width) for i in range(0, len(plain), step)]
    return assemble(segment, pieces, "text")


def _is_hex(run: str) -> bool:
    return len(run) % 2 == 0 and not run[:48].strip(_HEX_DIGITS) and bool(re.fullmatch("[0-9A-Fa-f]+", run))


def _from_hex(run: str) -> bytes | None:
    data = binascii.unhexlify(run[:48])
    return binascii.unhexlify(run) if _looks_like_text(data) or _packed(data) or _wide(data) else None


def _from_base32(run: str) -> str:
    try:
        return _as_text(base64.b32decode(run + "=" * (-len(run) % 8)))
    except (binascii.Error, ValueError):
        return ""


def _base64(run: str) -> bytes | None:
    size = len(run) - len(run) % 4 if len(run) % 4 == 1 else len(run)
    run = run[:size]
    try:
        return base64.b64decode(run.replace("-", "+").replace("_", "/") + "=" * (-len(run) % 4))
    except (binascii.Error, ValueError):
        return None


def _looks_like_text(data: bytes) -> bool:
    return len(data) >= 8 and not data.translate(None, _TEXT)


def _wide(data: bytes) -> bool:
    """UTF-16 in its usual order, of plain letters."""
    even = len(data) & ~1
    return even >= 12 and _looks_like_text(data[:even:2] + b"        ") and not any(data[1:even:2])


def _packed(data: bytes) -> bool:
    return data.startswith(_MAGICS)


def _as_text(data: bytes) -> str:
    if _packed(data):
        data = _unpacked(data)
    if _wide(data[:64]):
        return data.decode("utf-16-le", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1") if sum(byte in _TEXT for byte in data[:256]) > 0.9 * min(len(data), 256) else ""


def _unpacked(data: bytes) -> bytes:
    import bz2
    import lzma

    try:
        if data[:3] == b"BZh":
            return bz2.BZ2Decompressor().decompress(data, _MOST)
        if data[:5] == b"\xfd7zXZ":
            return lzma.LZMADecompressor(memlimit=64 << 20).decompress(data, _MOST)
        return zlib.decompressobj(wbits=47).decompress(data, _MOST)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
        return b""
