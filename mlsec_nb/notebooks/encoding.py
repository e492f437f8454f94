"""Bytes to text, losing none: what does not decode stays as lone surrogates and can be written back."""

import codecs

_MARKS = (  # the longer first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 4096


def decode(data: bytes) -> tuple[str, str, bytes]:
    """Text, encoding and byte order mark of a file."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _text(data[len(mark) :], encoding), encoding, mark
    encoding = _without_mark(data[:_HEAD])
    return _text(data, encoding), encoding, b""


def encode(text: str, encoding: str, mark: bytes) -> bytes:
    """The bytes that `decode` gave the text of."""
    return mark + text.encode(encoding, _errors(encoding))


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, _errors(encoding))
    except UnicodeDecodeError:  # half a character at the end, or no UTF-16 at all
        return data.decode("utf-8", "surrogateescape")


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding == "utf-8" else "surrogatepass"


def _without_mark(head: bytes) -> str:
    """UTF-8, unless every other byte of the beginning (or three of four) is NUL, as in UTF-16 and UTF-32 of ASCII."""
    if head.count(0) * 5 < len(head) * 2 or len(head) < 2:  # below 40 % NUL: no wide encoding of mostly ASCII text
        return "utf-8"
    zeros = "".join("0" if head[phase::4].count(0) * 4 > len(head) * 0.8 else "x" for phase in range(4))
    return {"000x": "utf-32-be", "x000": "utf-32-le", "0x0x": "utf-16-be", "x0x0": "utf-16-le"}.get(zeros, "utf-8")
