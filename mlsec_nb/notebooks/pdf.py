"""The text of a PDF: what its pages show and its properties say; images and fonts in it are stepped over.

ISO 32000-1: streams (7.3.8), strings (7.3.4.2), text that is shown (9.4.3).
"""

import re
import zlib
from collections.abc import Iterator

LARGEST = 8 << 20  # bytes of a file that are looked at
_MOST = 4 << 20  # bytes out of all its compressed streams
_STREAM = re.compile(rb"\bstream\r?\n")
_FOREIGN = re.compile(rb"/(?:Image|Length[123]|FontFile\d?|Type1C|CIDFontType0C|XRef|DCTDecode|JPXDecode)\b")
_KERNED = re.compile(rb"\)\s*-?[\d.]*\s*\(")
_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*+)\)\s*(?:Tj|'|\"|\]\s*TJ)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([()\\])")
# Runs of printable characters in binary data: ASCII and what UTF-8 makes of other letters.
PRINTABLE = re.compile(rb"(?:[\t\n\r -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){6,}+")


def texts(data: bytes) -> Iterator[tuple[int, str]]:
    """The texts of a PDF, each with the offset of the byte where it, or the stream that holds it, begins."""
    done, left = 0, _MOST
    for opening in _STREAM.finditer(data):
        if opening.start() < done:
            continue
        yield from _printable(data[done : opening.start()], done)
        start = opening.end()
        end = data.find(b"endstream", start)
        end = len(data) if end < 0 else end
        properties = data[max(done, opening.start() - 1000) : opening.start()].rpartition(b"obj")[2]
        if left > 0 and not _FOREIGN.search(properties):
            body = data[start:end]
            if b"/FlateDecode" in properties or b"/Fl " in properties:
                body = _inflated(body, left)
                left -= len(body)
            yield from _shown(body, start)
        done = end
    yield from _printable(data[done:], done)


def _inflated(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return b""


def _shown(body: bytes, at: int) -> Iterator[tuple[int, str]]:
    """What a page's program writes, a line for each string; another stream as it is."""
    strings = [_ESCAPED.sub(rb"\1", match[1]) for match in _SHOWN.finditer(_KERNED.sub(b"", body))]
    if strings:
        yield at, b"\n".join(strings).decode("latin-1")
    else:
        yield from ((at, text) for _, text in _printable(body, at))


def _printable(data: bytes, at: int) -> Iterator[tuple[int, str]]:
    for match in PRINTABLE.finditer(data):
        yield at + match.start(), match.group().decode("utf-8", "replace")
