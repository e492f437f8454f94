"""The tensors of a model as a table (name, type, shape, bytes), read from their descriptions, never from their data."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from mlsec_nb.core import mask_text

from .pickle.machine import Machine
from .pickle.read import item_size
from .pickle.values import Box, Call, Ref, Value

MAX_ROWS = 200  # of one file that go into its component
_MAX_MET = 100_000  # tensors of one pickle that are followed
_MAX_WALKED = 200_000  # values of one pickle in which tensors are looked for, to name them
_LONG = 200  # characters of a name
_LAYERS = frozenset({"", "_parameters", "_buffers", "_modules", "__dict__"})  # that a name does not tell
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
    put: dict[int, tuple[Value, list[Value]]] = field(default_factory=dict)  # by identity: an object, its items

    def see(self, event: Ref | Call) -> None:
        if not isinstance(event, Call):
            return
        if event.how == "setitem":
            self._keep(event.target, _items(event.args))
        elif event.how in {"extend", "add"}:
            items = [item for part in _items(event.args) for item in _items(part) or [part]]
            self._keep(event.target, [value for pair in enumerate(items) for value in pair])
        elif len(self.made) < _MAX_MET and isinstance(event.target, Ref) and _makes_array(event.target):
            self.made.append(event)

    def _keep(self, target: Value, pairs: list[Value]) -> None:
        if len(self.put) < _MAX_MET:
            self.put.setdefault(id(target), (target, []))[1].extend(pairs)

    def rows(self, machine: Machine) -> Iterator[tuple[str, str, list[int], int]]:
        """Name, type, shape and bytes of each, when the machine has read the pickle."""
        names = self._names(machine)
        for call in self.made:
            row = _array(call) if call.target.full.endswith(_ARRAYS) else _tensor(call)
            if row is not None:
                yield names.get(id(call), ""), *row

    def _names(self, machine: Machine) -> dict[int, str]:
        """The way from the result of a pickle to each tensor, by the identity of the call that makes it."""
        wanted = {id(call) for call in self.made}
        names: dict[int, str] = {}
        rest = [(target, "") for target, _ in self.put.values()]  # of a pickle that breaks off there is no result
        todo, seen = [*rest[::-1], (machine.result, "")], set[int]()
        while todo and wanted - names.keys() and len(seen) < _MAX_WALKED:
            value, path = todo.pop()
            if id(value) in wanted:
                names.setdefault(id(value), path)
            elif isinstance(value, tuple | Box | Call) and id(value) not in seen:
                seen.add(id(value))
                todo += reversed([(part, _joined(path, key)) for key, part in self._parts(value, machine)])
        return names

    def _parts(self, value: Value, machine: Machine) -> Iterator[tuple[Value, Value]]:
        """What is in a value, each with its key; what an object is made from has no key of its own."""
        kept = [self.put.get(id(value)), machine.named.get(id(value))]
        pairs = [item for entry in kept if entry for item in entry[1]]
        if isinstance(value, Call):
            yield from (("", part) for part in (*_items(value.args), value.state))
        elif isinstance(value, Box) and value.kind == "dict":
            pairs = [*value.items, *pairs]
        else:
            yield from enumerate(_items(value))
        yield from zip(pairs[::2], pairs[1::2], strict=False)


def _makes_array(ref: Ref) -> bool:
    return ref.full in _REBUILD or ref.full.endswith(_ARRAYS)


def _joined(path: str, key: Value) -> str:
    """A name as `state_dict` would give it."""
    if not isinstance(key, str | int) or key in _LAYERS or len(path) > _LONG:
        return path
    return f"{path}.{key}" if path else str(key)


def _items(value: Value) -> list[Value]:
    return list(value.items) if isinstance(value, Box) else list(value) if isinstance(value, tuple) else []


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
