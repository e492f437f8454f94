"""Rego's values as Python values whose `==` and `hash` are Rego's.

null is None, numbers are int and float, strings are str, arrays are tuples. Booleans are values of their own, for in
Python `True == 1` and a set of both would lose one of them. Objects and sets are immutable by habit and keep their
members in Rego's order, so that the same policy gives the same output, byte for byte.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, final

Value = Any


@final
class Boolean:
    """true or false; there are two of them, compared by identity."""

    __slots__ = ("_truth",)

    def __init__(self, truth: bool) -> None:
        self._truth = truth

    def __bool__(self) -> bool:
        return self._truth

    def __repr__(self) -> str:
        return "true" if self._truth else "false"


TRUE = Boolean(truth=True)
FALSE = Boolean(truth=False)


@final
class Undefined:
    """The absence of a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<undefined>"


UNDEFINED = Undefined()


class Object(dict[Value, Value]):
    """An object, in the order of its keys; make one with `make_object`."""

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:  # type: ignore[override]
        try:
            return self._hash
        except AttributeError:
            self._hash = hash(frozenset(self.items()))
            return self._hash


class Set(frozenset[Value]):
    """A set, iterated in Rego's order."""

    __slots__ = ("_ordered",)
    _ordered: tuple[Value, ...]

    @property
    def ordered(self) -> tuple[Value, ...]:
        try:
            return self._ordered
        except AttributeError:
            self._ordered = tuple(in_order(frozenset.__iter__(self)))
            return self._ordered

    def __iter__(self) -> Iterator[Value]:
        return iter(self.ordered)


def boolean(truth: object) -> Boolean:
    return TRUE if truth else FALSE


def make_object(pairs: Mapping[Value, Value]) -> Object:
    if len(pairs) < 2:
        return Object(pairs)
    return Object({key: pairs[key] for key in in_order(pairs)})


def in_order(values: Iterable[Value]) -> list[Value]:
    """The values in Rego's order."""
    items = list(values)
    kinds = set(map(type, items))
    if len(kinds) < 2 and not kinds.isdisjoint((str, int, float)):
        items.sort()
    else:
        items.sort(key=order)
    return items


def order(value: Value) -> tuple[int, Any]:
    """A key that sorts as Rego does: null, booleans, numbers, strings, arrays, objects, sets."""
    kind = type(value)
    if kind is str:
        return 3, value
    if kind is int or kind is float:
        return 2, value
    if kind is tuple:
        return 4, tuple(map(order, value))
    if kind is Object:
        return 5, tuple((order(key), order(item)) for key, item in value.items())
    if kind is Set:
        return 6, tuple(map(order, value.ordered))
    return (0, 0) if value is None else (1, bool(value))


def compare(left: Value, right: Value) -> int:
    if left == right:
        return 0
    return -1 if order(left) < order(right) else 1


def less(left: Value, right: Value) -> bool:
    kind = type(left)
    if kind is type(right) and (kind is int or kind is str or kind is float):
        return bool(left < right)
    return order(left) < order(right)


NAMES: Mapping[type, str] = {
    type(None): "null", Boolean: "boolean", int: "number", float: "number", str: "string", tuple: "array",
    Object: "object", Set: "set",
}  # fmt: skip


def type_name(value: Value) -> str:
    return NAMES[type(value)]


def number(value: float) -> int | float:
    """A number in its one shape: whole numbers are int."""
    if isinstance(value, int):
        return value
    if not math.isfinite(value):
        raise ValueError("a number is too big")
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def text(value: str) -> str:
    """A string without lone surrogates, which no other program would take."""
    return value if value.isascii() else value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


_DEPTH = 1000  # of a value that comes from outside: comparing and writing one takes C's stack, which ends in a crash


def from_json(value: Any, depth: int = 0) -> Value:
    """A Rego value from what `json.loads` (or a program) gives; raises ValueError, or RecursionError when too deep."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else text(value)
    if kind is dict or kind is Object or kind is list or kind is tuple:
        return _collection(value, depth + 1)
    if kind is bool:
        return TRUE if value else FALSE
    if value is None or kind is int or kind is Boolean:
        return value
    if kind is float:
        return number(value)
    return _from_other(value, depth)


def _collection(value: Any, depth: int) -> Value:
    if depth > _DEPTH:
        raise RecursionError("a value is nested too deeply")
    if isinstance(value, dict):
        return make_object({text(key): from_json(item, depth) for key, item in _string_keys(value)})
    return tuple([from_json(item, depth) for item in value])


def _string_keys(value: Mapping[Any, Any]) -> Iterable[tuple[str, Any]]:
    for key in value:
        if not isinstance(key, str):
            raise ValueError(f"an object's key must be a string, not {type(key).__name__}")  # noqa: TRY004
    return value.items()


def _from_other(value: Any, depth: int) -> Value:
    if isinstance(value, str):
        return text(str(value))
    if isinstance(value, bool):
        return boolean(value)
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Mapping):
        return from_json(dict(value), depth)
    if isinstance(value, set | frozenset):
        return Set(from_json(item, depth + 1) for item in value)
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview):
        return from_json(list(value), depth)
    raise ValueError(f"a {type(value).__name__} is no Rego value")


def to_json(value: Value) -> Any:
    """The value for `json.dumps`: sets become arrays, keys that are no strings become their JSON text."""
    kind = type(value)
    if kind is Boolean:
        return value is TRUE
    if kind is tuple:
        return [to_json(item) for item in value]
    if kind is Set:
        return [to_json(item) for item in value.ordered]
    if kind is Object:
        return {key if type(key) is str else write_json(key): to_json(item) for key, item in value.items()}
    return value


def write(value: Value) -> str:
    """The value as Rego text, as `sprintf("%v")` and error messages show it."""
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is tuple:
        return "[" + ", ".join(map(write, value)) + "]"
    if kind is Set:
        return "{" + ", ".join(map(write, value.ordered)) + "}" if value else "set()"
    if kind is Object:
        return "{" + ", ".join(f"{write(key)}: {write(item)}" for key, item in value.items()) + "}"
    if kind is float:
        return write_float(value)
    return "null" if value is None else str(value)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


def quote(value: str) -> str:
    """A string between quotes, with what cannot be seen escaped."""
    pieces = [
        _ESCAPES.get(character) or (character if character.isprintable() else _unicode_escape(ord(character)))
        for character in value
    ]
    return '"' + "".join(pieces) + '"'


def _unicode_escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def write_float(value: float) -> str:
    """A float as JSON writes it, with as few digits as tell it apart."""
    shown = repr(value)
    if "e" in shown:
        digits, exponent = shown.split("e")
        return f"{digits}e{exponent[0] if exponent[0] in '+-' else '+'}{exponent.lstrip('+-').rjust(2, '0')}"
    return shown


def write_json(value: Value) -> str:
    """Compact JSON as Go writes it: keys in order, `<`, `>` and `&` escaped."""
    kind = type(value)
    if kind is str:
        return _json_string(value)
    if kind is float:
        return write_float(value)
    if kind is Object:
        pairs = ((key if type(key) is str else write_json(key), item) for key, item in value.items())
        return "{" + ",".join(f"{_json_string(key)}:{write_json(item)}" for key, item in pairs) + "}"
    if kind is tuple or kind is Set:
        return "[" + ",".join(map(write_json, value)) + "]"
    return "null" if value is None else str(value)


def _json_string(value: str) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    for mark in "<>&\u2028\u2029":
        shown = shown.replace(mark, f"\\u{ord(mark):04x}")
    return shown
