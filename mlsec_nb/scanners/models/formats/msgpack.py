"""msgpack (flax, Orbax, spaCy): only data by itself; byte strings in it may hold a pickle.

Format: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

import struct
from collections.abc import Iterator

from mlsec_nb.core import Finding, Gap
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

MAX_ITEMS = 20_000_000
TRIED = 64  # items that must be right before a file without a magic is taken for msgpack
_FIXED = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
          0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}  # fmt: skip
_BLOBS = {
    0xC4: (1, 0),
    0xC5: (2, 0),
    0xC6: (4, 0),
    0xD9: (1, 0),
    0xDA: (2, 0),
    0xDB: (4, 0),
    0xC7: (1, 1),
    0xC8: (2, 1),
    0xC9: (4, 1),
}
_CONTAINERS = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}
_HEADS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04", b"\x1f\x8b", b"\x93NUMPY")


def _step(view: View, at: int) -> tuple[int, int, tuple[int, int] | None]:
    """Behind the item at `at`, how many items it holds, and where its bytes stand when it is a byte string."""
    code = view.head(1, at)[0]
    if code < 0x80 or code >= 0xE0 or code in {0xC0, 0xC2, 0xC3}:
        return at + 1, 0, None
    if code < 0x90:
        return at + 1, 2 * (code & 15), None
    if code < 0xA0:
        return at + 1, code & 15, None
    if code < 0xC0:
        return at + 1 + (code & 31), 0, None
    if code in _FIXED:
        return at + 1 + _FIXED[code], 0, None
    if code in _BLOBS:
        width, extra = _BLOBS[code]
        size = _number(view, at + 1, width)
        begin = at + 1 + width + extra
        return begin + size, 0, (begin, begin + size) if code not in {0xD9, 0xDA, 0xDB} else None
    if code in _CONTAINERS:
        width, each = _CONTAINERS[code]
        return at + 1 + width, each * _number(view, at + 1, width), None
    raise ValueError("no msgpack")


def _number(view: View, at: int, width: int) -> int:
    return int.from_bytes(view.head(width, at), "big")


def walk(view: View, limit: int) -> tuple[int, bool, list[tuple[int, int]]]:
    """How far it is msgpack, whether the value is whole, and where its byte strings stand; raises ValueError."""
    at, left = 0, 1
    blobs: list[tuple[int, int]] = []
    for _ in range(limit):
        if left == 0:
            return at, True, blobs
        if at >= view.size:
            raise ValueError("cut off")
        at, inner, blob = _step(view, at)
        if at > view.size:
            raise ValueError("a value that runs over the end")
        if blob:
            blobs.append(blob)
        left += inner - 1
    return at, left == 0, blobs


def matches(view: View) -> bool:
    """A map that is right as far as it is tried; few other files begin so."""
    head = view.head(2)
    if view.via == "tensor" or not head or not (0x81 <= head[0] <= 0x8F or head[0] in {0xDE, 0xDF}) or head[0] == 0x80:
        return False
    try:
        end, whole, _ = walk(view, TRIED)
    except (ValueError, IndexError, struct.error):
        return False
    named = view.name.endswith((".msgpack", ".flax", ".mpk", "checkpoint"))
    return (whole and end == view.size) or (not whole and named)


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    try:
        _, whole, blobs = walk(view, MAX_ITEMS)
    except (ValueError, IndexError, struct.error) as error:
        yield context.gap(view, f"the msgpack breaks: {error}", "malformed")
        return
    if not whole:
        yield context.gap(view, f"only the first {MAX_ITEMS} values were looked at", "too-big")
    for start, end in blobs:
        if view.head(6, start).startswith(_HEADS):
            yield view.part(start, end, f"{view.name} (bytes at {start})", "bytes in msgpack")
