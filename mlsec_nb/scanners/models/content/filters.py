"""Tells windows of bytes that cannot hold what is searched from those that may, several times faster than a search.

With numpy, windows are compared two or eight bytes at a time; without it every window may hold anything. What is left
out is left out for sure, so that an answer never depends on numpy.
"""

import importlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

RUN = 16  # printable characters in a row that make a text
PRINTABLE = rb"[\t\n\r -~]"
_TEXT = re.compile(PRINTABLE + b"{%d}" % RUN)
_CROWD = 500  # possible places in one window that are looked at one by one
_STEP = 32  # bytes: windows are compared in steps of this, the rest is searched
_HIGH_BITS = 0x8080808080808080

Test = Callable[[bytes], bool]


@cache
def _numpy() -> Any:
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None


def needles(heads: Sequence[bytes]) -> Test:
    """A test whether one of some byte strings, each of four bytes, may be in a window."""
    numpy = _numpy()
    if numpy is None:
        return lambda window: any(head in window for head in heads)
    middles = [head[1:3] for head in heads]
    keys = {head[1:3] if middles.count(head[1:3]) > 1 else head[:2] for head in heads}
    first, *others = (numpy.uint16(int.from_bytes(key, "little")) for key in sorted(keys))

    def test(window: bytes) -> bool:
        rest = len(window) % _STEP + _STEP
        if len(window) < _STEP or any(head in window[-rest:] for head in heads):
            return True
        for shift in (0, 1):
            pairs = numpy.frombuffer(window, "<u2", (len(window) - shift) // _STEP * (_STEP // 2), shift)
            hits = pairs == first
            for other in others:
                hits |= pairs == other
            places = numpy.flatnonzero(hits.view("<u8"))
            if len(places) > _CROWD:
                return True
            for place in places.tolist():
                begin = max(16 * place + shift - 1, 0)
                if any(head in window[begin : begin + 21] for head in heads):
                    return True
        return False

    return test


def text() -> Test:
    """A test whether a window may hold a text: `RUN` printable characters in a row."""
    numpy = _numpy()
    if numpy is None:
        return bool

    def test(window: bytes) -> bool:
        if len(window) < _STEP:
            return True
        halves = numpy.frombuffer(window, "<u4", len(window) // _STEP * (_STEP // 4))
        places = numpy.flatnonzero((halves.view("<u8") & _HIGH_BITS) == 0)  # eight characters at an even place
        beside = [halves.take(2 * places + step, mode="clip") & (_HIGH_BITS >> 32) for step in (-1, 2)]
        places = places[numpy.minimum(*beside) == 0]  # and four more beside them
        if len(places) > _CROWD:
            return True
        rest = len(window) % _STEP + _STEP
        spans = [(max(8 * place - RUN, 0), 8 * place + 2 * RUN) for place in places.tolist()]
        return any(_TEXT.search(window, *span) for span in [*spans, (len(window) - rest, len(window))])

    return test
