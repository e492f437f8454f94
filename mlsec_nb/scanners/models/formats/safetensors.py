"""safetensors: a JSON header of names, shapes and offsets, then raw bytes; its rules are checked to the byte.

Format: https://github.com/huggingface/safetensors#format
"""

import json
import re
from collections.abc import Iterator
from math import prod
from typing import Any

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from .json_tree import Object, get, objects, parse, strings

MAX_HEADER = 100_000_000  # the library's own limit
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
}  # fmt: skip
_TEXT_LIMIT = 4096  # characters of one value of the metadata that nobody wonders about


def matches(view: View) -> bool:
    head = view.head(9)
    size = int.from_bytes(head[:8], "little")
    return len(head) == 9 and head[8:] == b"{" and 2 <= size <= max(view.size - 8, MAX_HEADER)


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    length = int.from_bytes(view.head(8), "little")
    if length > MAX_HEADER or 8 + length > view.size:
        yield context.gap(view, f"a header of {length} bytes is more than there is or may be", "malformed")
        return
    try:
        header = parse(view.head(length, 8).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        yield context.gap(view, f"the header is no JSON: {type(error).__name__}", "malformed")
        return
    if not isinstance(header, Object):
        yield context.gap(view, "the header is no JSON object", "malformed")
        return
    for what in sorted(set(wrong(header, view.size - 8 - length)))[:20]:
        severity = Severity.HIGH if what.startswith(("two", "a key")) else None
        yield context.found("MODEL-SAFETENSORS", view, what, f"The header has {what}", severity=severity)
    yield from _metadata(view, context, header)
    end = max((span[1] for _, span in spans(header)), default=0) + 8 + length
    _table(context, header)
    if end < view.size:
        yield context.found("MODEL-TRAILING-DATA", view, f"{view.size - end} bytes", offset=end)
        yield view.part(end, view.size, f"{view.name} (behind the tensors)", "data behind tensors")


def _table(context: Context, header: Object) -> None:
    placed = dict(spans(header))
    for name, entry in header:
        if name != "__metadata__":
            shape = get(entry, "shape")
            sizes = [n for n in shape if type(n) is int] if isinstance(shape, list) else []
            start, end = placed.get(name, (0, 0))
            context.tensors.add(name, str(get(entry, "dtype")), sizes, max(end - start, 0))


def spans(header: Object) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name and offsets of each tensor whose offsets are two numbers."""
    for name, entry in header:
        place = get(entry, "data_offsets")
        if isinstance(place, list) and len(place) == 2 and all(type(n) is int for n in place):
            yield name, (place[0], place[1])


def wrong(header: Object, room: int) -> Iterator[str]:
    """What breaks the rules, in words; `room` is the number of bytes behind the header."""
    names = [name for name, _ in header]
    if len(set(names)) < len(names) or any(len({k for k, _ in o}) < len(o) for o in objects(header)):
        yield "a key that stands twice: readers take the first or the last"
    placed = dict(spans(header))
    if any(name != "__metadata__" and name not in placed for name in names):
        yield "a tensor without offsets"
    for name, (start, end) in placed.items():
        entry = header.get(name)
        shape, dtype = get(entry, "shape"), get(entry, "dtype")
        if not 0 <= start <= end <= room:
            yield "offsets outside of the file"
        elif _size(dtype, shape) not in {None, end - start}:
            yield "a tensor whose shape and offsets do not fit"
        elif _size(dtype, shape) is None:
            yield f"a tensor of the unknown type {dtype}" if isinstance(dtype, str) else "a tensor without a type"
    position = 0
    for start, end in sorted(placed.values()):
        if start < position:
            yield "two tensors that overlap"
        elif start > position:
            yield "bytes between tensors that belong to none"
        position = max(position, end)


def _size(dtype: Any, shape: Any) -> int | None:
    if (
        not isinstance(dtype, str)
        or dtype not in BITS
        or not isinstance(shape, list)
        or not all(type(n) is int and n >= 0 for n in shape)
    ):
        return None
    return prod(shape) * BITS[dtype] // 8


_SUSPICIOUS = re.compile(
    r"<script|\beval\(|\bexec\(|__import__|subprocess|os\.system|#!/|base64,|powershell|\brm -rf\b"
    r"|\b(?:curl|wget)\s+\S*://|\bchmod\s+\+?[0-7x]|/dev/tcp/",
    re.IGNORECASE,
)


def _metadata(view: View, context: Context, header: Object) -> Iterator[Finding | View]:
    metadata = header.get("__metadata__")
    for text in strings(metadata):
        if _SUSPICIOUS.search(text):
            yield context.found(
                "MODEL-SAFETENSORS",
                view,
                text[:200],
                "The metadata holds what looks like code",
                severity=Severity.MEDIUM,
            )
        if len(text) > _TEXT_LIMIT and not _is_json(text):
            raw = text.encode("utf-8", "replace")
            yield view.member("__metadata__", raw, 0, len(raw), "metadata")
    for key in ("license", "author", "format", "base_model"):
        value = get(metadata, key)
        if isinstance(value, str) and len(value) < 100:
            context.facts.setdefault(key, value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
