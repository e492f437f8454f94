"""Bodies for predictions: their numbers, and the changes that checks make to them."""

import json
import struct
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final

Path = tuple[str | int, ...]
MOST: Final = 4096  # numbers of one body


def numbers(value: Any, path: Path = (), depth: int = 0) -> Iterator[Path]:
    """Where the numbers of a JSON value stand; of a list of rows those of its first row only."""
    if isinstance(value, bool) or depth > 20:
        return
    if isinstance(value, int | float):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(item, (*path, key), depth + 1)
    elif isinstance(value, list):
        rows = value[:1] if value and isinstance(value[0], list | dict) else value[:MOST]
        for index, item in enumerate(rows):
            yield from numbers(item, (*path, index), depth + 1)


def changed(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value at a path."""
    if not path:
        return new
    made = deepcopy(value)
    at = made
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = new
    return made


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def batch(value: Any, path: Path = ()) -> Path | None:
    """Where a list of rows stands (lists of numbers, or objects), or None; rows of one input are rows, too."""
    if isinstance(value, list):
        if value and (isinstance(value[0], dict) or (isinstance(value[0], list) and _is_numbers(value[0]))):
            return path
        return batch(value[0], (*path, 0)) if value and isinstance(value[0], list) else None
    if isinstance(value, dict):
        return next((found for key, item in value.items() if (found := batch(item, (*path, key))) is not None), None)
    return None


def _is_numbers(row: list[Any]) -> bool:
    return bool(row) and all(isinstance(one, int | float) and not isinstance(one, bool) for one in row)


def resized(value: Any, count: int) -> Any:
    """A copy whose lists of numbers have `count` of them; the shape of KServe v2 is kept true."""
    if isinstance(value, list):
        return [0.5] * count if _is_numbers(value) else [resized(one, count) for one in value]
    if isinstance(value, dict):
        made = {key: resized(item, count) for key, item in value.items() if key != "shape"}
        return made | ({"shape": [1, count]} if "shape" in value else {})
    return value


def dumps(value: Any) -> bytes:
    """JSON as Python writes it, NaN and infinite numbers by their names."""
    return json.dumps(value).encode()


def pickled(value: Any) -> bytes:
    """A pickle (protocol 2) of a JSON value, by hand: it holds marks, containers and constants, and calls nothing.

    Format: https://github.com/python/cpython/blob/main/Lib/pickletools.py
    """
    return b"\x80\x02" + b"".join(_opcodes(value)) + b"."


def _opcodes(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        yield b"}("
        for key, item in value.items():
            yield from _opcodes(str(key))
            yield from _opcodes(item)
        yield b"u"
    elif isinstance(value, list):
        yield b"]("
        for item in value:
            yield from _opcodes(item)
        yield b"e"
    elif isinstance(value, str):
        data = value.encode()
        yield b"X" + struct.pack("<I", len(data)) + data
    else:
        yield _CONSTANTS[value] if value is None or isinstance(value, bool) else b"G" + struct.pack(">d", float(value))


_CONSTANTS: Final[dict[Any, bytes]] = {None: b"N", True: b"\x88", False: b"\x89"}


def each_number(value: Any, change: Callable[[float], float]) -> Any:
    """A copy with every number of the first row changed; whole numbers stay whole."""
    made = deepcopy(value)
    for path in numbers(value):
        old = at(value, path)
        new = change(float(old))
        made = changed_in_place(made, path, round(new) if isinstance(old, int) else new)
    return made


def changed_in_place(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    holder = at(value, path[:-1])
    holder[path[-1]] = new
    return value
