"""A reader of marshalled values that gives descriptions of code objects; it makes no code.

Source: https://github.com/python/cpython/blob/3.14/Python/marshal.c (versions 2 to 5, code of 2.7 and 3.6 to 3.14)
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 100
MAX_VALUES = 200_000
_REFERABLE = 0x80
_LONG_DIGIT = 15  # bits
_NAMES = ("code", "consts", "names", "filename", "name")
# Fields of a code object in the order in which they are written: `*` a 32-bit number, else a value.
LAYOUTS = {
    "3.11": ["*"] * 5 + ["code", "consts", "names", "varnames", "kinds", "filename", "name", "qualname", "*", "", ""],
    "3.8": ["*"] * 6 + ["code", "consts", "names", "varnames", "", "", "filename", "name", "*", ""],
    "3.6": ["*"] * 5 + ["code", "consts", "names", "varnames", "", "", "filename", "name", "*", ""],
    "2.7": ["*"] * 4 + ["code", "consts", "names", "varnames", "", "", "filename", "name", "*", ""],
}


class NotMarshalled(ValueError):  # noqa: N818 - reads with `raise`
    """The bytes are no marshalled value of this layout."""


@dataclass(slots=True)
class Code:
    """What is told of a code object; `layout` is how it was written."""

    layout: str
    code: bytes
    consts: tuple[Any, ...]
    names: tuple[str, ...]
    varnames: tuple[str, ...]
    name: str


def read(data: bytes) -> Code:
    """The code object that the bytes begin with; raises `NotMarshalled`."""
    for layout in LAYOUTS:
        try:
            value = _Reader(data, layout).value(0)
        except NotMarshalled:
            continue
        if isinstance(value, Code):
            return value
    raise NotMarshalled("no code object of a known Python")


class _Reader:
    def __init__(self, data: bytes, layout: str) -> None:
        self.data = data
        self.layout = layout
        self.at = 0
        self.refs: list[Any] = []
        self.interned: list[bytes] = []  # of Python 2
        self.count = 0

    def take(self, size: int) -> bytes:
        raw = self.data[self.at : self.at + size]
        if size < 0 or len(raw) < size:
            raise NotMarshalled("cut off")
        self.at += size
        return raw

    def number(self, code: str = "<i") -> int:
        value: int = struct.unpack(code, self.take(struct.calcsize(code)))[0]
        return value

    def value(self, depth: int) -> Any:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_VALUES:
            raise NotMarshalled("too many values, or too deep")
        kind = self.take(1)[0]
        letter = chr(kind & ~_REFERABLE)
        place = -1
        if kind & _REFERABLE:
            place = len(self.refs)
            self.refs.append(None)
        reader = _READERS.get(letter)
        if reader is None:
            raise NotMarshalled(f"no type {letter!r}")
        value = reader(self, depth)
        if place >= 0:
            self.refs[place] = value
        return value

    def several(self, count: int, depth: int) -> tuple[Any, ...]:
        if not 0 <= count <= len(self.data) - self.at:
            raise NotMarshalled("more values than bytes")
        return tuple(self.value(depth + 1) for _ in range(count))

    def pairs(self, depth: int) -> None:
        """A dict: keys and values up to a NULL."""
        while self.data[self.at : self.at + 1] != b"0":
            self.value(depth + 1)
            self.value(depth + 1)
        self.at += 1

    def reference(self, table: list[Any]) -> Any:
        index = self.number()
        if not 0 <= index < len(table):
            raise NotMarshalled("a reference to nothing")
        return table[index]

    def long(self) -> int:
        count = self.number()
        digits = struct.unpack(f"<{abs(count)}H", self.take(2 * abs(count)))
        size = sum(int(digit) << _LONG_DIGIT * place for place, digit in enumerate(digits[:64]))
        return -size if count < 0 else size

    def text(self, size: int, encoding: str) -> str:
        return self.take(size).decode(encoding, "replace")

    def intern(self) -> str:
        raw = self.take(self.number())
        if self.layout == "2.7":
            self.interned.append(raw)
        return raw.decode("utf-8", "replace")

    def code(self, depth: int) -> Code:
        """All fields in their order; those that matter must be what they should be."""
        fields: dict[str, Any] = {}
        for field in LAYOUTS[self.layout]:
            if field == "*":
                self.number()
            else:
                fields[field] = self.value(depth + 1)
        names = {field: _texts(fields[field]) for field in ("names", "varnames")}
        plain = isinstance(fields["code"], bytes) and isinstance(fields["consts"], tuple)
        if not plain or not isinstance(_text(fields["name"]), str) or not isinstance(_text(fields["filename"]), str):
            raise NotMarshalled("another layout")
        return Code(self.layout, fields["code"], fields["consts"], names["names"], names["varnames"], fields["name"])


def _text(value: Any) -> Any:
    """Python 2 writes names as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _texts(value: Any) -> tuple[str, ...]:
    texts = tuple(_text(one) for one in value) if isinstance(value, tuple) else (None,)
    if not all(isinstance(one, str) for one in texts):
        raise NotMarshalled("another layout")
    return texts


def _constant(value: Any) -> Callable[[_Reader, int], Any]:
    return lambda *_: value


_READERS: dict[str, Callable[[_Reader, int], Any]] = {
    **dict.fromkeys("0NS", _constant(None)), "F": _constant(False), "T": _constant(True), ".": _constant(...),
    "i": lambda r, _: r.number(), "I": lambda r, _: r.number("<q"),
    "f": lambda r, _: r.text(r.number("<B"), "latin-1"), "g": lambda r, _: struct.unpack("<d", r.take(8))[0],
    "x": lambda r, _: (r.text(r.number("<B"), "latin-1"), r.text(r.number("<B"), "latin-1")),
    "y": lambda r, _: r.take(16) and None, "l": lambda r, _: r.long(), "s": lambda r, _: r.take(r.number()),
    "t": lambda r, _: r.intern(), "R": lambda r, _: r.reference(r.interned), "r": lambda r, _: r.reference(r.refs),
    "(": lambda r, d: r.several(r.number(), d), ")": lambda r, d: r.several(r.number("<B"), d),
    "[": lambda r, d: r.several(r.number(), d), "<": lambda r, d: r.several(r.number(), d),
    ">": lambda r, d: r.several(r.number(), d), "{": lambda r, d: r.pairs(d), "c": lambda r, d: r.code(d),
    "u": lambda r, _: r.text(r.number(), "utf-8"), "a": lambda r, _: r.text(r.number(), "latin-1"),
    "A": lambda r, _: r.text(r.number(), "latin-1"), "z": lambda r, _: r.text(r.number("<B"), "latin-1"),
    "Z": lambda r, _: r.text(r.number("<B"), "latin-1"), ":": lambda r, d: r.several(3, d),
}  # fmt: skip
