"""The text inside images and PDFs: comments, EXIF and XMP; pixels are stepped over, not even decoded.

Formats: PNG (https://www.w3.org/TR/png-3/#11textinfo), JPEG (ITU-T T.81 annex B), GIF 89a, WebP (RIFF chunks).
"""

import binascii
import re
import zlib
from collections.abc import Iterator

from . import pdf

MAGICS = {  # beginnings in base64: enough to tell an image from a text, whatever its MIME type says
    "iVBORw0KGgo": "png", "/9j/": "jpeg", "R0lGOD": "gif", "UklGR": "webp", "Qk0": "bmp", "SUkqA": "tiff",
    "TU0AK": "tiff", "AAABAA": "ico", "d09GR": "font", "d09GM": "font", "T1RUT": "font", "AAEAAAA": "font",
    "JVBERi0": "pdf",
}  # fmt: skip
# Payloads of images and fonts inside other text; what begins so by chance is no 64 characters of base64.
EMBEDDED = re.compile(
    r"(?<=;base64,)(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR|Qk0|AAABAA|d09GR|d09GM|T1RUT|AAEAAAA|JVBERi0)[A-Za-z0-9+/\r\n]{64,}={0,2}"
)  # fmt: skip
_TEXT = pdf.PRINTABLE
_WIDE = re.compile(rb"(?:[ -~]\x00){6,}")  # the same in UTF-16, as in the XP tags of EXIF
_INFLATED = 1 << 20  # bytes of one compressed text; more is a bomb, not a comment
_PIXELS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP pHYs tIME bKGD sBIT hIST acTL fcTL fdAT cICP mDCV cLLI".split()
)


def kind_of(payload: str) -> str | None:
    """The image format of a base64 payload, or None when it is none."""
    head = payload[:16].lstrip()
    return next((kind for magic, kind in MAGICS.items() if head.startswith(magic)), None)


def texts(payload: str, kind: str) -> Iterator[tuple[int, str]]:
    """The texts inside an image, each with the offset in the base64 payload where it begins."""
    walk = {"png": _png, "jpeg": _jpeg, "gif": _gif, "webp": _webp, "tiff": _whole, "pdf": _pdf}.get(kind)
    if not walk:
        return
    data = _Encoded(payload)
    for at, text in walk(data):
        if text.strip():
            yield data.offset(at), text


class _Encoded:
    """The bytes behind a base64 text, decoded only where they are asked for."""

    def __init__(self, text: str) -> None:
        self._whole = text
        self._text = text.rstrip()
        if "\n" in self._text:  # wrapped after 76 characters, as MIME does
            self._text = self._text.replace("\n", "").replace("\r", "")
        self.size = len(self._text) * 3 // 4

    def read(self, start: int, size: int) -> bytes:
        """At most `size` bytes; fewer at the end or where the text is no base64."""
        first, last = start // 3 * 4, (start + size + 2) // 3 * 4
        piece = self._text[first:last]
        try:
            data = binascii.a2b_base64(piece + "=" * (-len(piece) % 4))
        except ValueError:
            return b""
        return data[start % 3 : start % 3 + size]

    def offset(self, at: int) -> int:
        """The offset in the text of the byte at an offset."""
        offset = at * 4 // 3
        if len(self._whole) == len(self._text):
            return offset
        start = 0
        while (end := self._whole.find("\n", start)) >= 0:
            row = end - start - (self._whole[end - 1 : end] == "\r")
            if offset < row:
                break
            offset -= row
            start = end + 1
        return start + offset


def _printable(data: bytes, at: int) -> Iterator[tuple[int, str]]:
    for match in _TEXT.finditer(data):
        yield at + match.start(), match.group().decode("utf-8", "replace")
    for match in _WIDE.finditer(data):
        yield at + match.start(), match.group().decode("utf-16-le")


def _whole(data: _Encoded) -> Iterator[tuple[int, str]]:
    yield from _printable(data.read(0, _INFLATED), 0)


def _pdf(data: _Encoded) -> Iterator[tuple[int, str]]:
    yield from pdf.texts(data.read(0, pdf.LARGEST))


def _png(data: _Encoded) -> Iterator[tuple[int, str]]:
    at = 8
    while len(head := data.read(at, 8)) == 8:
        size, kind = int.from_bytes(head[:4]), head[4:]
        if kind not in _PIXELS:
            body = data.read(at + 8, min(size, _INFLATED))
            yield from _png_text(kind, body, at + 8)
        at += 12 + size
        if kind == b"IEND":
            break
    yield from _printable(data.read(at, _INFLATED), at)  # what somebody wrote behind the image


def _png_text(kind: bytes, body: bytes, at: int) -> Iterator[tuple[int, str]]:
    keyword, _, rest = body.partition(b"\0")
    if kind == b"tEXt":
        yield at, f"{keyword.decode('latin-1')}: {rest.decode('utf-8', 'replace')}"
    elif kind == b"zTXt":
        yield at, f"{keyword.decode('latin-1')}: {_inflate(rest[1:])}"
    elif kind == b"iTXt" and len(rest) > 2:
        text = rest[2:].split(b"\0", 2)[-1]
        yield at, f"{keyword.decode('latin-1')}: {_inflate(text) if rest[0] else text.decode('utf-8', 'replace')}"
    else:
        yield from _printable(body, at)


def _inflate(data: bytes) -> str:
    try:
        return zlib.decompressobj().decompress(data, _INFLATED).decode("utf-8", "replace")
    except zlib.error:
        return ""


def _jpeg(data: _Encoded) -> Iterator[tuple[int, str]]:
    at = 2
    while len(head := data.read(at, 4)) == 4 and head[0] == 0xFF and head[1] != 0xDA:  # up to the start of the scan
        marker, size = head[1], int.from_bytes(head[2:])
        if marker == 0xFE or 0xE0 <= marker <= 0xEF:  # comment, application data
            body = data.read(at + 4, max(size - 2, 0))
            if not body.startswith((b"JFIF\0", b"ICC_PROFILE\0", b"Adobe\0")):
                yield from _printable(body, at + 4)
        at += 2 + size
    tail_at = max(data.size - 65536, at)
    tail = data.read(tail_at, 65539)
    if 0 <= (end := tail.rfind(b"\xff\xd9")) < len(tail) - 2:
        yield from _printable(tail[end + 2 :], tail_at + end + 2)


def _webp(data: _Encoded) -> Iterator[tuple[int, str]]:
    at = 12
    while len(head := data.read(at, 8)) == 8:
        kind, size = head[:4], int.from_bytes(head[4:], "little")
        if kind not in {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}:
            yield from _printable(data.read(at + 8, min(size, _INFLATED)), at + 8)
        at += 8 + size + size % 2


def _gif(data: _Encoded) -> Iterator[tuple[int, str]]:
    flags = data.read(10, 1)
    at = 13 + _colours(flags)
    while (block := data.read(at, 2)) and block[0] != 0x3B:  # up to the trailer
        if block[0] == 0x21:
            text = block[1:] in {b"\xfe", b"\x01", b"\xff"}  # comment, plain text, application
            blocks = at + 2
        elif block[0] == 0x2C:
            text = False
            blocks = at + 11 + _colours(data.read(at + 9, 1))
        else:
            break
        body = []
        end = blocks
        while (size := data.read(end, 1)) and size[0]:
            if text:
                body.append(data.read(end + 1, size[0]))
            end += 1 + size[0]
        yield from _printable(b"".join(body), blocks + 1)
        at = end + 1
    yield from _printable(data.read(at + 1, _INFLATED), at + 1)


def _colours(flags: bytes) -> int:
    """The size of the colour table that follows, by the packed field before it."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0
