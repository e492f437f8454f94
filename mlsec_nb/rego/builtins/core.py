"""Comparison, types, casts, walking and what looks at the policy itself."""

from collections.abc import Iterator
from typing import Any

from mlsec_nb.rego.errors import BuiltinError, BuiltinTypeError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import (
    FALSE,
    NAMES,
    TRUE,
    UNDEFINED,
    Boolean,
    Object,
    Set,
    Value,
    boolean,
    from_json,
    less,
    number,
    type_name,
    write,
)  # fmt: skip

from .registry import Table

TABLE = Table()

TABLE.add("equal", "any", "any")(lambda a, b: boolean(a == b))
TABLE.add("neq", "any", "any")(lambda a, b: boolean(a != b))
TABLE.add("lt", "any", "any")(lambda a, b: boolean(less(a, b)))
TABLE.add("lte", "any", "any")(lambda a, b: boolean(not less(b, a)))
TABLE.add("gt", "any", "any")(lambda a, b: boolean(less(b, a)))
TABLE.add("gte", "any", "any")(lambda a, b: boolean(not less(a, b)))


def _is(kind: str) -> Any:
    types = frozenset(one for one, name in NAMES.items() if name == kind)
    return lambda value: boolean(type(value) in types)


for _kind in ("null", "boolean", "number", "string", "array", "object", "set"):
    TABLE.add(f"is_{_kind}", "any")(_is(_kind))

TABLE.add("type_name", "any")(type_name)


@TABLE.add("internal.member_2", "any", "any")
def member(item: Value, items: Value) -> Value:
    if type(items) is Object:
        return boolean(item in items.values())
    return boolean(type(items) in (tuple, Set) and item in items)


@TABLE.add("internal.member_3", "any", "any", "any")
def member_at(key: Value, item: Value, items: Value) -> Value:
    if type(items) is Object:
        return boolean(key in items and items[key] == item)
    if type(items) is tuple:
        return boolean(type(key) is int and 0 <= key < len(items) and items[key] == item)
    return boolean(type(items) is Set and key == item and item in items)


@TABLE.add("to_number", "any")
def to_number(value: Value) -> Value:
    if value is None:
        return 0
    if type(value) is Boolean:
        return int(bool(value))
    if type(value) in (int, float):
        return value
    if type(value) is str:
        return _parsed(value)
    raise BuiltinTypeError(f"to_number: operand 1 must be a number, string, boolean or null but got {type_name(value)}")


def _parsed(value: str) -> Value:
    digits = value.lstrip("+-")
    if digits.lower() in ("nan", "inf", "infinity"):
        raise BuiltinTypeError("to_number: operand 1 must be a valid number")
    if not digits or not digits[0].isdecimal() or not digits.isascii() or "_" in digits or len(value) > 4000:
        raise BuiltinError("to_number: invalid syntax")
    try:
        return int(value) if digits.isdecimal() else number(float(value))
    except (ValueError, OverflowError) as error:
        raise BuiltinError("to_number: invalid syntax") from error


def _cast(kind: str) -> Any:
    def cast(value: Value) -> Value:
        if type_name(value) != kind:
            raise BuiltinTypeError(f"cast_{kind}: operand 1 must be {kind} but got {type_name(value)}")
        return value

    return cast


for _kind in ("boolean", "string", "object", "null"):
    TABLE.add(f"cast_{_kind}", "any")(_cast(_kind))


@TABLE.add("cast_array", "any")
def cast_array(value: Value) -> Value:
    if type(value) not in (tuple, Set):
        raise BuiltinTypeError(f"cast_array: operand 1 must be array or set but got {type_name(value)}")
    return tuple(value)


@TABLE.add("cast_set", "any")
def cast_set(value: Value) -> Value:
    if type(value) not in (tuple, Set):
        raise BuiltinTypeError(f"cast_set: operand 1 must be array or set but got {type_name(value)}")
    return Set(value)


@TABLE.add("walk", "any", relation=True)
def walk(value: Value) -> Iterator[Value]:
    """Every path into a value with what stands there, without recursion: the depth is the input's."""
    waiting: list[tuple[tuple[Value, ...], Value]] = [((), value)]
    while waiting:
        path, current = waiting.pop()
        yield path, current
        kind = type(current)
        if kind is Object:
            inner = list(current.items())
        elif kind is tuple:
            inner = list(enumerate(current))
        elif kind is Set:
            inner = [(item, item) for item in current]
        else:
            continue
        waiting.extend(((*path, key), item) for key, item in reversed(inner))


def _compile_print(compiler: Any, term: Any, getters: Any) -> Any:
    del compiler, term

    def run(env: list[Any]) -> Value:
        shown = (getter(env) for getter in getters)
        words = [one if type(one) is str else str(one) if one is UNDEFINED else write(one) for one in shown]
        env[0].once.printed.append(" ".join(words))
        return TRUE

    return run


TABLE.add("print", variadic=True, compile=_compile_print)(lambda *_: TRUE)


@TABLE.add("trace", "string", contextual=True)
def trace(context: Context, note: str) -> Value:
    context.once.printed.append(note)
    return TRUE


def _compile_chain(compiler: Any, term: Any, getters: Any) -> Any:
    del term, getters
    chain = from_json(compiler.metadata_chain())
    return lambda _: chain


def _compile_rule(compiler: Any, term: Any, getters: Any) -> Any:
    del term, getters
    chain = compiler.metadata_chain()
    found: Any = next((one.get("annotations", {}) for one in chain), {})
    own = from_json(dict(found.items()) if chain and found.get("scope") == "rule" else {})
    return lambda _: own


TABLE.add("rego.metadata.chain", compile=_compile_chain)(lambda: ())
TABLE.add("rego.metadata.rule", compile=_compile_rule)(lambda: FALSE)
