"""Arrays of numpy, as numpy and joblib pickle them.

Sources: https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/methods.c (array_reduce),
https://github.com/joblib/joblib/blob/main/joblib/numpy_pickle.py (NumpyArrayWrapper)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from mlsec_nb.scanners.models.pickle.values import Big, Box, Call, Ref, Value

from .arrays import OWN, Array, dense, width_of
from .values import Maker, NotPlain, Reader, sequence, shape_of

WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
NDARRAY = "numpy.ndarray"
NAMES = frozenset({NDARRAY})
_CODE = re.compile(r"[<>|=]?(?:(b)(1)|([iu])([1248])|(f)([248])|(c)(8|16)|([SU])(\d{1,7}))")


@dataclass(slots=True)
class Arrays:
    """The makers of arrays; `behind` are the bytes that joblib puts behind a wrapper, by the identity of its call."""

    reader: Reader
    behind: dict[int, tuple[int, int]] = field(default_factory=dict)

    def makers(self) -> Mapping[str, Maker]:
        found: dict[str, Maker] = {WRAPPER: self.wrapped, "_codecs.encode": self.encoded, "numpy.dtype": self._type,
                                   "builtins.bytes": self.empty}  # fmt: skip
        for core in ("numpy.core", "numpy._core"):
            found[f"{core}.multiarray._reconstruct"] = self.array
            found[f"{core}.multiarray.scalar"] = self.scalar
            found[f"{core}.numeric._frombuffer"] = self.buffer
        return found

    def array(self, call: Call) -> Array:
        """`_reconstruct(ndarray, (0,), b"b")`, then the state `(1, shape, dtype, fortran, bytes)`."""
        args, state = sequence(call.args), sequence(call.state)
        if len(args) != 3 or len(state) != 5 or not _is_ndarray(args[0]):
            raise NotPlain("an array of a class of its own")
        self.reader.value(args[2])
        return self._of(state[4], state[2], shape_of(state[1]), fortran=bool(self.reader.value(state[3])))

    def buffer(self, call: Call) -> Array:
        args = sequence(call.args)
        if len(args) != 4 or call.state is not None or args[3] not in {"C", "F"}:
            raise NotPlain("an array with a state")
        return self._of(args[0], args[1], shape_of(args[2]), fortran=args[3] == "F")

    def scalar(self, call: Call) -> Array:
        args = sequence(call.args)
        if len(args) != 2 or call.state is not None:
            raise NotPlain("a number with a state")
        return self._of(args[1], args[0], (), fortran=False)

    def wrapped(self, call: Call) -> Array:
        """The description of an array whose bytes joblib puts behind it in the file."""
        state = call.state
        if not isinstance(state, Box) or not _is_ndarray(state.get("subclass")) or id(call) not in self.behind:
            raise NotPlain("an array of a class of its own")
        code, shape = self._type(state.get("dtype")), shape_of(state.get("shape"))
        _, end = self.behind[id(call)]
        start = end - prod(shape) * width_of(code)
        fortran = state.get("order") == "F"
        strides = dense(shape, fortran=fortran)
        return Array(code, OWN.get(code), shape, strides, 0, self.reader.data, start, end).checked()

    def encoded(self, call: Call) -> bytes:
        """Bytes, as protocols below 3 write them: a text in latin-1."""
        args = sequence(call.args)
        text = self.reader.value(args[0]) if len(args) == 2 and args[1] in {"latin1", "latin-1"} else None
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        if not isinstance(text, str):
            raise NotPlain("bytes that are written in an unusual way")
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            raise NotPlain("bytes that are written in an unusual way") from None

    @staticmethod
    def empty(call: Call) -> bytes:
        """No bytes at all, as protocols below 3 write them."""
        if sequence(call.args):
            raise NotPlain("bytes that are written in an unusual way")
        return b""

    def _of(self, raw: Value, dtype: Value, shape: tuple[int, ...], *, fortran: bool) -> Array:
        code = self._type(dtype)
        data, start, end = self._bytes(raw)
        strides = dense(shape, fortran=fortran)
        return Array(code, OWN.get(code), shape, strides, 0, data, start, end).checked()

    def _bytes(self, raw: Value) -> tuple[bytes, int, int]:
        if isinstance(raw, Box) and raw.kind == "bytearray":
            raw = raw.items[0]
        if isinstance(raw, Big) and raw.kind == "bytes":
            return self.reader.data, raw.offset, raw.offset + raw.size
        value = self.reader.value(raw)
        if not isinstance(value, bytes):
            raise NotPlain("an array without bytes")
        return value, 0, len(value)

    def _type(self, call: Any) -> str:
        """`dtype(code, False, True)` with its state: byte order, no fields, no base."""
        name = self.reader.take(call)
        args, state = sequence(call.args), sequence(call.state)
        match = _CODE.fullmatch(args[0]) if name == "numpy.dtype" and args and isinstance(args[0], str) else None
        if match is None or any(part is not None for part in state[2:5]):
            raise NotPlain("an array of objects or records")
        order = state[1] if len(state) > 1 and state[1] in {"<", ">", "|"} else "|"
        kind, width = filter(None, match.groups())
        return f"{order}{kind}{width}"


def _is_ndarray(value: Value) -> bool:
    return isinstance(value, Ref) and value.full == NDARRAY
