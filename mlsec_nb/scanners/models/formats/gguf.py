"""GGUF: metadata (with the chat template), then tensors; every count and offset is checked against the file.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from collections.abc import Iterator
from math import prod
from typing import Any

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from . import templates

MAGIC = b"GGUF"
OLD = (b"lmgg", b"fmgg", b"tjgg", b"algg", b"GGML", b"ggml")
MAX_ITEMS = 1 << 22
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MAX_DIMENSIONS = 8
# Types of tensors: name, how many numbers are in a block, and how many bytes it takes (ggml.h, ggml-common.h).
_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
}  # fmt: skip
_ALIGNMENT = 32  # bytes, when the metadata says nothing
_PADDING = 1 << 16  # zeros behind the last tensor that nobody wonders about


class Broken(ValueError):  # noqa: N818 - reads with `raise`
    """The file breaks the rules of the format."""


class Reader:
    """Reads values one after the other; every read is within the file."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.at = 4
        self.order = "<"
        self.alignment = _ALIGNMENT

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > self.view.size:
            raise Broken(f"a value of {size} bytes at byte {self.at} runs over the end")
        raw = self.view.head(size, self.at)
        self.at += size
        return raw

    def number(self, code: str) -> Any:
        return struct.unpack(self.order + code, self.take(struct.calcsize("=" + code)))[0]

    def text(self) -> str:
        return self.take(self.number("Q")).decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        """A scalar, a text, or of an array its texts (its numbers are stepped over)."""
        if kind in _SCALARS:
            return self.number(_SCALARS[kind])
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY or depth > 4:
            raise Broken(f"a value of the unknown type {kind}")
        inner, count = self.number("I"), self.number("Q")
        if inner in _SCALARS:
            self.take(count * struct.calcsize("=" + _SCALARS[inner]))
            return []
        if count > MAX_ITEMS:
            raise Broken(f"an array of {count} values")
        return [self.value(inner, depth + 1) for _ in range(count)]


def matches(view: View) -> bool:
    return view.head(4) == MAGIC or view.head(4) in OLD


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    if view.head(4) in OLD:
        yield context.gap(view, "GGML, the format before GGUF, is not opened", "unsupported")
        return
    reader = Reader(view)
    try:
        version = reader.number("I")
        if version > 0xFFFF:
            reader.order, reader.at = ">", 4
            version = reader.number("I")
        if version not in {2, 3}:
            yield context.gap(view, f"GGUF version {version} is not known", "unsupported")
            return
        tensors, pairs = reader.number("Q"), reader.number("Q")
        yield from _pairs(view, context, reader, pairs)
        yield from _tensors(view, context, reader, tensors)
    except Broken as error:
        yield context.found(
            "MODEL-BOUNDS", view, str(error), f"The file claims more than it has: {error}", offset=reader.at
        )
        yield context.gap(view, f"broken at byte {reader.at}: {error}", "malformed")


def _pairs(view: View, context: Context, reader: Reader, count: int) -> Iterator[Finding]:
    if count > MAX_ITEMS:
        raise Broken(f"{count} metadata values")
    seen: set[str] = set()
    for _ in range(count):
        key = reader.text()
        value = reader.value(reader.number("I"))
        if key in seen:
            yield context.found("MODEL-READERS-DISAGREE", view, key, f"The metadata key {key} stands twice")
        seen.add(key)
        if key == "general.alignment" and isinstance(value, int) and 0 < value <= MAX_ITEMS:
            reader.alignment = value
        if isinstance(value, str):
            if "template" in key:
                yield from templates.check(view, context, value, key)
            if (
                key in {"general.license", "general.author", "general.name", "general.architecture"}
                and len(value) < 100
            ):
                context.facts.setdefault(key.partition(".")[2], value)


def _tensors(view: View, context: Context, reader: Reader, count: int) -> Iterator[Finding | View]:
    if count > MAX_ITEMS:
        raise Broken(f"{count} tensors")
    placed: list[tuple[int, int]] = []
    for _ in range(count):
        name = reader.text()
        dimensions = reader.number("I")
        if dimensions > _MAX_DIMENSIONS:
            raise Broken(f"a tensor of {dimensions} dimensions")
        shape = [reader.number("Q") for _ in range(dimensions)]
        if prod(shape) >= 1 << 63:
            raise Broken("a tensor whose size overflows")
        kind = reader.number("I")
        dtype, items, width = _TYPES.get(kind, (f"type {kind}", 1, 0))
        size = -(-prod(shape) // items) * width
        context.tensors.add(name, dtype, shape, size)
        start = reader.number("Q")
        placed.append((start, start + size))
    begin = reader.at + -reader.at % reader.alignment
    end = begin + max((stop for _, stop in placed), default=0)
    if count and end > view.size:
        yield context.found(
            "MODEL-BOUNDS", view, str(end), "A tensor stands outside of the file", severity=Severity.HIGH
        )
    elif count and all(start < stop for start, stop in placed):  # of all of them the size is known
        yield from _behind(view, context, end + -end % reader.alignment)


def _behind(view: View, context: Context, end: int) -> Iterator[Finding | View]:
    if view.head(_PADDING, end).strip(b"\0") or view.size - end > _PADDING:
        yield context.found("MODEL-TRAILING-DATA", view, f"{view.size - end} bytes", offset=end)
        yield view.part(end, view.size, f"{view.name} (behind the tensors)", "data behind tensors")
