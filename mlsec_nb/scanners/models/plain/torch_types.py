"""Tensors of torch: a storage in the file, and how a tensor looks at it.

Source: https://github.com/pytorch/pytorch/blob/main/torch/_utils.py (_rebuild_tensor_v2 and those beside it)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlsec_nb.scanners.models.pickle.values import Call, Ref, Value

from .arrays import TYPES, Array
from .values import Maker, NotPlain, Reader, sequence, shape_of

STORAGES = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8",
    "BoolStorage": "BOOL", "ComplexFloatStorage": "C64",
}  # fmt: skip
DTYPES = {"float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "uint16": "U16", "uint32": "U32", "uint64": "U64"}
UNTYPED = "torch.storage.UntypedStorage"
NAMES = frozenset({f"torch.{name}" for name in (*STORAGES, *DTYPES)} | {UNTYPED})
Place = Callable[[str], tuple[bytes, int, int]]  # a storage's key → its bytes: data, start, end


@dataclass(slots=True)
class Tensors:
    """The makers of tensors; `place` finds a storage in the file."""

    reader: Reader
    place: Place

    def makers(self) -> Mapping[str, Maker]:
        return {
            "torch._utils._rebuild_tensor": self.tensor,
            "torch._utils._rebuild_tensor_v2": self.tensor,
            "torch._utils._rebuild_tensor_v3": self.tensor,
            "torch._utils._rebuild_parameter": self.parameter,
        }

    def parameter(self, call: Call) -> Array:
        args = sequence(call.args)
        inner = self.reader.value(args[0]) if len(args) == 3 else None
        if not isinstance(inner, Array) or self.reader.value(args[2]):
            raise NotPlain("a parameter with hooks")
        return inner

    def tensor(self, call: Call) -> Array:
        args = sequence(call.args)
        if len(args) < 4 or call.state is not None:
            raise NotPlain("a tensor with a state")
        if len(args) > 5 and self.reader.value(args[5]):
            raise NotPlain("a tensor with hooks")
        rest = args[6:]
        dtype = rest.pop(0) if rest and isinstance(rest[0], Ref) else None
        if any(self.reader.value(item) for item in rest):
            raise NotPlain("a tensor with attributes")
        kind, data, start, end = self._storage(args[0])
        if dtype is not None:
            kind = DTYPES.get(dtype.name, "")
        if not kind or type(args[1]) is not int:
            raise NotPlain("a tensor of an unusual type")
        shape, strides = shape_of(args[2]), shape_of(args[3])
        if len(shape) != len(strides):
            raise NotPlain("a tensor without strides")
        return Array(TYPES[kind], kind, shape, strides, args[1], data, start, end, is_tensor=True).checked()

    def _storage(self, call: Value) -> tuple[str, bytes, int, int]:
        """`("storage", type, key, device, count)`; the device is where it was, and says nothing of where it will be."""
        self.reader.take(call)
        pid = sequence(sequence(call.args)[0]) if isinstance(call, Call) and call.how == "persistent" else []
        if len(pid) != 5 or pid[0] != "storage" or not isinstance(pid[1], Ref) or not isinstance(pid[2], str):
            raise NotPlain("a tensor without a storage")
        return STORAGES.get(pid[1].name, ""), *self.place(pid[2])
