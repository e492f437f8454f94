"""The tensors of a model as a table (name, type, shape, bytes), read from their descriptions, never from their data."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from mlsec_nb.core import mask_text

from .pickle.read import item_size
from .pickle.values import Box, Call, Ref, Value

MAX_ROWS = 200  # of one file that go into its component
_MAX_MET = 100_000  # tensors of one pickle that are followed
_DEPTH = 4  # of dicts inside dicts in which names are looked for
_JOINTS = re.compile(r"([./:])")
_REBUILD = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3")
_ARRAYS = ("multiarray._reconstruct", "joblib.numpy_pickle.NumpyArrayWrapper")
_TORCH = {
    "DoubleStorage": ("F64", 8), "LongStorage": ("I64", 8), "ComplexFloatStorage": ("C64", 8),
    "ComplexDoubleStorage": ("C128", 16), "FloatStorage": ("F32", 4), "IntStorage": ("I32", 4),
    "HalfStorage": ("F16", 2), "BFloat16Storage": ("BF16", 2), "ShortStorage": ("I16", 2), "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1), "BoolStorage": ("BOOL", 1),
}  # fmt: skip


@dataclass(slots=True)
class Table:
    """What is told of the tensors of one file: all are counted, the first are kept."""

    rows: list[tuple[str, str, list[int], int]] = field(default_factory=list)
    count: int = 0
    bytes: int = 0

    def add(self, name: str, dtype: str, shape: list[int], size: int) -> None:
        self.count += 1
        self.bytes += size
        if len(self.rows) < MAX_ROWS:
            self.rows.append((_shown(name), mask_text(dtype, 40), shape[:16], size))

    def facts(self) -> dict[str, str]:
        """The table as properties of a component."""
        if not self.count:
            return {}
        table = json.dumps(self.rows, ensure_ascii=False)
        return {"tensors": str(self.count), "tensor_bytes": str(self.bytes), "tensor_table": table}


def _shown(name: str) -> str:
    return "".join(part if part in "./:" else mask_text(part, 80) for part in _JOINTS.split(name[:200]))


@dataclass(slots=True)
class Met:
    """Collects the tensors and arrays that one pickle would make, and what it calls them."""

    made: list[Call] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)  # by the identity of a call in `made`

    def see(self, event: Ref | Call) -> None:
        if not isinstance(event, Call) or len(self.made) >= _MAX_MET:
            return
        if event.how == "setitem":
            self._pairs(_items(event.args), "", _DEPTH)
        elif isinstance(event.target, Ref) and (event.target.full in _REBUILD or event.target.full.endswith(_ARRAYS)):
            self.made.append(event)

    def _pairs(self, items: list[Value], prefix: str, depth: int) -> None:
        for key, value in zip(items[::2], items[1::2], strict=False):
            if not isinstance(key, str) or depth <= 0:
                continue
            if isinstance(value, Box) and value.kind == "dict":
                self._pairs(list(value.items), f"{prefix}{key}.", depth - 1)
            elif isinstance(value, Call):
                self.names[id(_innermost(value))] = prefix + key

    def rows(self, result: Value) -> Iterator[tuple[str, str, list[int], int]]:
        """Name, type, shape and bytes of each; `result` is what the pickle ends with."""
        self._pairs([*_items(result), *_state(result)], "", _DEPTH)
        for call in self.made:
            row = _array(call) if call.target.full.endswith(_ARRAYS) else _tensor(call)
            if row is not None:
                yield self.names.get(id(call), ""), *row


def _items(value: Value) -> list[Value]:
    return list(value.items) if isinstance(value, Box) else list(value) if isinstance(value, tuple) else []


def _state(value: Value) -> list[Value]:
    return _items(value.state) if isinstance(value, Call) and isinstance(value.state, Box) else []


def _innermost(call: Call) -> Call:
    """The tensor inside a parameter."""
    args = call.args
    inner = args[0] if isinstance(args, tuple) and args and isinstance(call.target, Ref) else None
    is_parameter = isinstance(call.target, Ref) and call.target.name.startswith("_rebuild_parameter")
    return inner if is_parameter and isinstance(inner, Call) else call


def _whole(shape: Value) -> list[int] | None:
    sizes = _items(shape)
    numbers = [size for size in sizes if type(size) is int and 0 <= size < 1 << 48]
    return numbers if len(numbers) == len(sizes) else None


def _tensor(call: Call) -> tuple[str, list[int], int] | None:
    """A tensor of torch: its storage is a persistent id, `("storage", type, key, device, count)`."""
    args = _items(call.args)
    storage = args[0] if len(args) > 2 and isinstance(args[0], Call) else None
    shape = _whole(args[2]) if storage is not None else None
    pid = _items(_items(storage.args)[0]) if storage is not None and _items(storage.args) else []
    if shape is None or len(pid) < 2 or not isinstance(pid[1], Ref):
        return None
    dtype, width = _TORCH.get(pid[1].name, (pid[1].name, 1))
    return dtype, shape, prod(shape) * width


def _array(call: Call) -> tuple[str, list[int], int] | None:
    """An array of numpy: `(version, shape, dtype, order, data)`, or joblib's description of one."""
    state = call.state
    if isinstance(state, Box):
        shape, dtype = _whole(state.get("shape")), state.get("dtype")
    elif isinstance(state, tuple) and len(state) > 2:
        shape, dtype = _whole(state[1]), state[2]
    else:
        return None
    if shape is None or not isinstance(dtype, Call):
        return None
    code = (_items(dtype.args) or [""])[0]
    width = item_size(dtype)
    return (code if isinstance(code, str) else "") or "object", shape, prod(shape) * (width or 0)
