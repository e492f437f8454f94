"""numpy's own array files: a header that is a Python literal, then raw items or, for objects, a pickle.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

MAGIC = b"\x93NUMPY"
MAX_HEADER = 1 << 16
_LONG = re.compile(r"\b(\d+)L\b")  # how Python 2 wrote long integers
_ITEM = re.compile(r"[<>=|]?([a-zA-Z?])(\d*)")


def matches(view: View) -> bool:
    return view.head(6) == MAGIC


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    head = view.head(12)
    wide = len(head) > 6 and head[6] >= 2
    length = int.from_bytes(head[8:12] if wide else head[8:10], "little")
    begin = (12 if wide else 10) + length
    raw = view.head(min(length, MAX_HEADER), 12 if wide else 10)
    header = literal(raw.decode("latin-1"))
    if header is None or length > MAX_HEADER:
        yield context.found("MODEL-NPY-HEADER", view, raw[:200].decode("latin-1"), severity=_severity(raw))
        yield view.part(min(begin, view.size), view.size, via="np.load")
        return
    size = total(header)
    if isinstance(header["shape"], tuple) and all(type(n) is int for n in header["shape"]):
        dtype = header["descr"] if isinstance(header["descr"], str) else "record"
        context.tensors.add(view.name.removesuffix(".npy"), dtype, list(header["shape"]), size or 0)
    if size is None:
        yield view.part(begin, view.size, f"{view.name} (objects)", "np.load(allow_pickle=True)")
    elif begin + size > view.size:
        yield context.gap(view, f"{begin + size - view.size} bytes of the array are missing", "malformed")
    elif begin + size < view.size:
        yield context.found("MODEL-TRAILING-DATA", view, f"{view.size - begin - size} bytes", offset=begin + size)
        yield view.part(begin + size, view.size, f"{view.name} (behind the array)", "data behind an array")


def literal(text: str) -> dict[str, Any] | None:
    """The header as numpy reads it, None when it is no literal."""
    try:
        value = ast.literal_eval(_LONG.sub(r"\1", text.strip()))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    return value if isinstance(value, dict) and {"descr", "shape"} <= value.keys() else None


def _severity(raw: bytes) -> Severity:
    """Old numpy evaluated the header: a call in it is an attempt to run."""
    return Severity.HIGH if re.search(rb"\w\s*\(", raw) or b"__" in raw else Severity.MEDIUM


def total(header: dict[str, Any]) -> int | None:
    """Bytes of the items; None when they are Python objects, and so a pickle."""
    width = item_width(header["descr"])
    shape = header["shape"]
    if width is None or not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        return None
    for n in shape:
        width *= n
    return width


def item_width(descr: Any, depth: int = 8) -> int | None:
    """Bytes of one item of a dtype description; None for objects and for what is no description."""
    if isinstance(descr, str):
        match = _ITEM.match(descr)
        if not match or match.group(1) == "O":
            return None
        count = int(match.group(2) or 1)
        return 4 * count if match.group(1) == "U" else count
    if not isinstance(descr, list) or depth == 0:
        return None
    width = 0
    for entry in descr:
        if not isinstance(entry, tuple) or len(entry) < 2:
            return None
        part = item_width(entry[1], depth - 1)
        if part is None:
            return None
        for n in entry[2] if len(entry) > 2 and isinstance(entry[2], tuple) else ():
            part *= n if isinstance(n, int) else 1
        width += part
    return width
