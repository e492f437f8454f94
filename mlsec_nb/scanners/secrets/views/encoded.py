"""Runs of base64, hex and other encodings that hold text, perhaps compressed."""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import Segment
from mlsec_nb.scanners.patterns import Joined

from .rewriting import assemble

_SHORTEST: Final = 24  # characters of a run
_LETTERS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-")
_AS_RUNS: Final = bytes(0x61 if byte in _LETTERS else 0x20 for byte in range(256))
# Three bytes of plain text are four characters of base64 whose bits 8, 16 and 24 are zero; so a look at eight
# characters tells a text from a path or an image in 99 of 100 cases. What is packed begins with its own letters.
_FOUR: Final = "[ACDI-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
_BASE64: Final = re.compile(rf"(?:{_FOUR}{_FOUR}|H4sI|eJ|eN|eA|eF|QlpoO|[/_]Td6)[A-Za-z0-9+/_-]{{14,}}={{0,2}}")
_LINES: Final = re.compile(
    r"(?:(?:\\n|\r?\n[ \t]{0,8})[A-Za-z0-9+/_-]{40,}+){0,4000}(?:(?:\\n|\r?\n[ \t]{0,8})[A-Za-z0-9+/_-]{4,}+)?={0,2}"
)
# Pairs of hex digits that are plain text, gzip or zlib.
_HEX: Final = re.compile(
    r"(?:(?:[2-7][0-9A-Fa-f]|0[9aAdD]){12,}|(?:1[fF]8[bB]|78(?:01|5[eE]|9[cC]|[dD][aA]))(?:[0-9A-Fa-f]{2}){16,})(?![A-Za-z0-9])"
)
_BASE32: Final = re.compile(r"[A-Z2-7]{32,}={0,6}(?![A-Za-z0-9])")
_ANY: Final = re.compile(f"{_BASE64.pattern}|{_HEX.pattern}|{_BASE32.pattern}")
# gzip, zlib at its usual levels, bzip2, xz
_MAGICS: Final = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"BZh", b"\xfd7zXZ")
_LONGEST: Final = 1 << 22  # characters of one run; longer ones are data
_MOST: Final = 1 << 20  # bytes out of one compressed run
_TEXT: Final = bytes([9, 10, 13, *range(32, 127)])


def encoded(joined: Joined) -> Iterator[int]:
    """Which of the texts have a run that may decode to text."""
    last = -1
    for start, end in _runs(joined.text):
        if start < last or not _may_decode(joined.text, start, end):
            continue
        index, _ = joined.locate(start)
        yield index
        last = joined.starts[index + 1] if index + 1 < len(joined.starts) else len(joined.text)


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Runs of the letters of base64 and hex: as bytes of two sorts, which are searched ten times faster."""
    marks = text.encode("latin-1", "replace").translate(_AS_RUNS)  # a byte a character
    start = marks.find(b"a" * _SHORTEST)
    while start >= 0:
        end = marks.find(b" ", start)
        end = len(marks) if end < 0 else end
        yield start, end
        start = marks.find(b"a" * _SHORTEST, end)


def _may_decode(text: str, start: int, end: int) -> bool:
    if _ANY.match(text, _behind_escape(text, start)):
        return True
    slash = text.rfind("/", start, end - _SHORTEST)
    return slash >= 0 and _BASE64.match(text, slash + 1) is not None


def _behind_escape(text: str, start: int) -> int:
    return start + 1 if text[start] in "nrt" and text[start - 1 : start] == "\\" else start


def encoded_views(segment: Segment) -> Iterator[Segment]:
    """One view for each run that decodes to text."""
    text = segment.text
    for begin, end in _runs(text):
        start = _behind_escape(text, begin)
        if end - start > _LONGEST:
            continue
        if _BASE64.match(text, start):
            yield from _from_base64(segment, start, end)
        elif found := _HEX.match(text, start):
            data = binascii.unhexlify(found.group())
            if plain := _as_text(data):
                yield _view(segment, plain, start, 2, 1, one_for_one=len(plain) == len(data))
        elif (found := _BASE32.match(text, start)) and (plain := _from_base32(found.group().rstrip("="))):
            yield assemble(segment, [(plain[:-1], start), (plain[-1:], found.end() - 1)], "text")
        elif (slash := text.rfind("/", start, end - _SHORTEST)) >= 0 and _BASE64.match(text, slash + 1):
            yield from _from_base64(segment, slash + 1, end)


def _from_base64(segment: Segment, at: int, end: int) -> Iterator[Segment]:
    text = segment.text
    head = _base64(text[at : min(at + 32, end)])
    if head is None or not (_looks_like_text(head) or _packed(head) or _wide(head)):
        return
    more = _LINES.match(text, end)
    run = text[at : more.end() if more else end]
    packed = re.sub(r"\\n|\s", "", run)
    data = _base64(packed)
    if data and (plain := _as_text(data)):
        yield _view(segment, plain, at, 4, 3, one_for_one=len(plain) == len(data) and packed == run)


def _view(segment: Segment, plain: str, at: int, width: int, step: int, *, one_for_one: bool) -> Segment:
    if not one_for_one:
        return assemble(segment, [(plain, at)], "text")
    pieces = [(plain[i : i + step], at + i // step * width) for i in range(0, len(plain), step)]
    return assemble(segment, pieces, "text")


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
