"""One array: where its items lie in the file, and how they become the bytes of another."""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from .values import NotPlain

if TYPE_CHECKING:
    import numpy as np

# The types of https://huggingface.co/docs/safetensors: name → numpy's. BF16 and F8 are moved as whole numbers.
TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1", "C64": "<c8", "F8_E4M3": "|u1",
    "F8_E5M2": "|u1",
}  # fmt: skip
OWN = {code: name for name, code in TYPES.items() if name not in {"BF16", "F8_E4M3", "F8_E5M2"}}
MOST_ITEMS = 1 << 40


@dataclass(frozen=True, slots=True)
class Array:
    """`strides` and `offset` count items of `data[start:end]`; `code` is numpy's name of the type.

    `kind` is the name that safetensors has for the type, None for those that it has none for.
    """

    code: str
    kind: str | None
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    data: bytes
    start: int
    end: int
    is_tensor: bool = False

    @property
    def width(self) -> int:
        return width_of(self.code)

    @property
    def size(self) -> int:
        """Bytes of all items."""
        return self.count * self.width

    @property
    def count(self) -> int:
        return prod(self.shape)

    def checked(self) -> "Array":
        """Itself, when every item lies inside its bytes."""
        there = (self.end - self.start) // max(self.width, 1)
        last = self.offset + sum((size - 1) * step for size, step in zip(self.shape, self.strides, strict=True))
        is_odd = not self.width or self.offset < 0 or min((*self.strides, 0)) < 0 or len(self.shape) > 64
        if is_odd or self.count > MOST_ITEMS or (self.count and last >= there):
            raise NotPlain("an array that reaches beyond its bytes")
        return self

    def items(self) -> "np.ndarray[Any, Any]":
        """The array in memory, in its own order of items."""
        import numpy as np

        dtype = np.dtype(self.code)
        if not self.count:
            return np.zeros(self.shape, dtype)
        flat = np.frombuffer(self.data[self.start : self.end], dtype, (self.end - self.start) // dtype.itemsize)
        steps = [step * dtype.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(flat[self.offset :], self.shape, steps, writeable=False)


def width_of(code: str) -> int:
    """Bytes of one item; numpy's texts count characters of four bytes."""
    return int(code[2:]) * (4 if code[1] == "U" else 1)


def dense(shape: tuple[int, ...], *, fortran: bool = False) -> tuple[int, ...]:
    """The strides of an array without holes, in items."""
    steps, step = [], 1
    for size in shape if fortran else reversed(shape):
        steps.append(step)
        step *= max(size, 1)
    return tuple(steps if fortran else reversed(steps))
