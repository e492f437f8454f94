"""Escapes of string literals, JSON, URLs and terminals, and characters that nobody sees."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mlsec_nb.core import Segment
from mlsec_nb.scanners.patterns import Joined

from .rewriting import first_in_each, rewrite

_BACKSLASH: Final = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u\{?([0-9A-Fa-f]{4})\}?|U000([0-9A-Fa-f]{5})|([0-7]{3})|([\"'/\\`]))"
)
_WORTH: Final = re.compile(
    r"\\(?:x[2-7][0-9A-Fa-f]|u00[2-7][0-9A-Fa-f]|u\{00|U000000|1[0-7]{2}|0[4-7][0-7]|/|\\?[\"'])"
)
_PERCENT: Final = re.compile(r"%([2-7][0-9A-Fa-f])")
# Zero-width characters, the soft hyphen, direction marks and the byte order mark; letters as wide as Chinese ones. One
# by one: a search for a set is five times faster than one for a run.
_ODD: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u180e\uff01-\uff5e]")
_CODES: Final = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[()][0-9A-Za-z]|\x1b[ -~]|.\x08")
_QUOTED_PRINTABLE: Final = re.compile(r"=\r?\n|=([2-7][0-9A-F])")
_SIGNS: Final = {sign: re.compile(sign) for sign in ("\x1b", "\x9b", "\x08", "=3D")}


def escaped(segments: Sequence[Segment], joined: Joined) -> Iterator[int]:
    """Which of the segments have an escape."""
    for sign, pattern in _SIGNS.items():
        if sign in joined.text:
            yield from first_in_each(pattern, joined)
    yield from first_in_each(_WORTH, joined)
    yield from first_in_each(_PERCENT, joined)
    if not joined.text.isascii():
        yield from (index for index, segment in enumerate(segments) if not segment.text.isascii())


def escape_views(segment: Segment) -> Iterator[Segment]:
    """The segment with one sort of escapes decoded."""
    text = segment.text
    if ("\x1b" in text or "\x9b" in text or "\x08" in text) and (view := rewrite(segment, _CODES, lambda _: "")):
        yield view
    if not text.isascii() and (view := rewrite(segment, _ODD, _even)):
        yield view
    if "\\" in text and _WORTH.search(text) and (view := rewrite(segment, _BACKSLASH, _unescaped)):
        yield view
    if "%" in text and _PERCENT.search(text) and (view := rewrite(segment, _PERCENT, _character)):
        yield view
    if "=3D" in text and (view := rewrite(segment, _QUOTED_PRINTABLE, _quoted_printable)):
        yield view


def _even(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(code - 0xFEE0) if 0xFF01 <= code <= 0xFF5E else ""


def _unescaped(match: re.Match[str]) -> str:
    if match[5]:
        return match[5]
    code = int(match[4], 8) if match[4] else int(match[1] or match[2] or match[3], 16)
    return chr(code) if code < 0xD800 else "\ufffd"


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def _quoted_printable(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else ""
