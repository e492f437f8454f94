"""json.patch, json.filter and json.remove (https://www.rfc-editor.org/rfc/rfc6902), and JSON schemas."""

from collections.abc import Callable, Iterable
from typing import Any

from mlsec_nb.rego.errors import BuiltinError, BuiltinTypeError
from mlsec_nb.rego.values import (
    FALSE,
    TRUE,
    UNDEFINED,
    Boolean,
    Object,
    Set,
    Value,
    from_json,
    make_object,
    to_json,
    type_name,
)  # fmt: skip

from .encoding import read_json
from .registry import Table

TABLE = Table()
Path = tuple[Value, ...]


def _path(name: str, value: Value) -> Path:
    if type(value) is tuple:
        return value
    if type(value) is not str:
        raise BuiltinTypeError(f"{name}: a path must be one of string, array but got {type_name(value)}")
    text = value.removeprefix("/") if name == "json.patch" else value.lstrip("/")
    parts = text.split("/") if text or (value and name == "json.patch") else []
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def _paths(name: str, value: Value) -> list[Path]:
    return [_path(name, one) for one in value]


def _tree(paths: Iterable[Path]) -> dict[Value, Any]:
    """Paths as nested mappings; None ends one, and a shorter path includes what is below it."""
    root: dict[Value, Any] = {}
    for path in paths:
        place = root
        for part in path[:-1]:
            inner = place.setdefault(part, {})
            if inner is None:
                break
            place = inner
        else:
            if path:
                place[path[-1]] = None
    return root


def _parts(value: Value) -> list[tuple[Value, Value]]:
    """Keys, as a path has them, and members."""
    if type(value) is Object:
        return list(value.items())
    return [(str(at), item) for at, item in enumerate(value)] if type(value) is tuple else []


def _part(value: Value, tree: dict[Value, Any], key: Value) -> tuple[bool, Any]:
    for form in (key, int(key) if type(value) is tuple else key):
        if form in tree:
            return True, tree[form]
    return False, None


@TABLE.add("json.filter", "object", "array|set")
def json_filter(value: Value, paths: Value) -> Value:
    return _filtered(value, _tree(_paths("json.filter", paths)))


def _filtered(value: Value, tree: dict[Value, Any]) -> Value:
    kept = []
    for key, item in _parts(value):
        here, below = _part(value, tree, key)
        if here:
            kept.append((key, item if below is None else _filtered(item, below)))
    return make_object(dict(kept)) if type(value) is Object else tuple(item for _, item in kept)


@TABLE.add("json.remove", "object", "array|set")
def json_remove(value: Value, paths: Value) -> Value:
    return _removed(value, _tree(_paths("json.remove", paths)))


def _removed(value: Value, tree: dict[Value, Any]) -> Value:
    if type(value) not in (Object, tuple):
        return value
    kept = []
    for key, item in _parts(value):
        here, below = _part(value, tree, key)
        if here and below is None:
            continue
        kept.append((key, _removed(item, below) if here else item))
    return make_object(dict(kept)) if type(value) is Object else tuple(item for _, item in kept)


# json.patch


class _MissingError(Exception):
    """What a path leads to is not there."""


@TABLE.add("json.patch", "any", "array")
def json_patch(value: Value, operations: Value) -> Value:
    for operation in operations:
        if type(operation) is not Object:
            raise BuiltinTypeError("json.patch: operand 2 must be an array of objects")
        try:
            value = _apply(value, operation)
        except _MissingError:
            return UNDEFINED
    return value


def _apply(value: Value, operation: Value) -> Value:
    name, path = operation.get("op"), _path("json.patch", _field(operation, "path"))
    if name in ("add", "replace", "test"):
        new = _field(operation, "value")
    elif name in ("move", "copy"):
        source = _path("json.patch", _field(operation, "from"))
        new = _lookup(value, source)
        value = _edit(value, source, _remove) if name == "move" else value
    elif name == "remove":
        return _edit(value, path, _remove)
    else:
        raise BuiltinError(f"json.patch: unrecognized op {name!r}")
    if name == "test":
        if _lookup(value, path) != new:
            raise _MissingError
        return value
    change = _replace(new) if name == "replace" else _add(new)
    return _edit(value, path, change) if path else new


def _field(operation: Value, name: str) -> Value:
    if name not in operation:
        raise BuiltinError(f"json.patch: missing '{name}' attribute")
    return operation[name]


def _position(key: Value, limit: int) -> int:
    text = str(key)
    if not text.isdecimal() or (len(text) > 1 and text[0] == "0") or int(text[:9]) >= limit:
        raise _MissingError
    return int(text)


def _lookup(value: Value, path: Path) -> Value:
    for key in path:
        value = _member(value, key)
    return value


def _member(value: Value, key: Value) -> Value:
    if type(value) is Object and key in value:
        return value[key]
    if type(value) is tuple:
        return value[_position(key, len(value))]
    if type(value) is Set and key in value:
        return key
    raise _MissingError


Change = Callable[[Value, Value], Value]


def _edit(value: Value, path: Path, change: Change) -> Value:
    """The value with a change made to the parent of what a path leads to."""
    if not path:
        raise _MissingError
    if len(path) == 1:
        return change(value, path[0])
    inner = _edit(_member(value, path[0]), path[1:], change)
    if type(value) is Set:
        return Set({*(item for item in value if item != path[0]), inner})
    return _replace(inner)(value, path[0])


def _remove(value: Value, key: Value) -> Value:
    _member(value, key)
    if type(value) is Object:
        return Object({name: item for name, item in value.items() if name != key})
    if type(value) is Set:
        return Set(item for item in value if item != key)
    at = _position(key, len(value))
    return value[:at] + value[at + 1 :]


def _replace(new: Value) -> Change:
    def change(value: Value, key: Value) -> Value:
        if type(value) is Set:
            return Set({*_remove(value, key), new})
        _member(value, key)
        if type(value) is Object:
            return make_object({**value, key: new})
        at = _position(key, len(value))
        return (*value[:at], new, *value[at + 1 :])

    return change


def _add(new: Value) -> Change:
    def change(value: Value, key: Value) -> Value:
        if type(value) is Object:
            return make_object({**value, key: new})
        if type(value) is Set:
            if key not in ("-", new):
                raise _MissingError
            return Set({*value, new})
        if type(value) is not tuple:
            raise _MissingError
        at = len(value) if key == "-" else _position(key, len(value) + 1)
        return (*value[:at], new, *value[at:])

    return change


# JSON schemas


def _schema(name: str, value: Value) -> Any:
    if type(value) is str:
        try:
            value = read_json(value)
        except (ValueError, RecursionError) as error:
            raise BuiltinError(f"{name}: the schema is not JSON") from error
    if type(value) not in (Object, Boolean):
        raise BuiltinTypeError(f"{name}: wrong type, expected string or object")
    return to_json(value)


def _validator(name: str, value: Value) -> Any:
    """A validator that follows no reference outside of the schema."""
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    schema = _schema(name, value)
    kind = validator_for(schema)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise BuiltinError(f"{name}: jsonschema: {error.message}") from error
    return kind(schema, registry=Registry())


@TABLE.add("json.verify_schema", "any")
def verify_schema(schema: Value) -> Value:
    try:
        _validator("json.verify_schema", schema)
    except BuiltinError as error:
        return FALSE, error.message
    return TRUE, None


@TABLE.add("json.match_schema", "any", "any")
def match_schema(document: Value, schema: Value) -> Value:
    validator = _validator("json.match_schema", schema)
    if type(document) is str:
        try:
            document = read_json(document)
        except (ValueError, RecursionError) as error:
            raise BuiltinError("json.match_schema: the document is not JSON") from error
    found = [_said(error) for error in validator.iter_errors(to_json(document))]
    return TRUE if not found else FALSE, from_json(found)


def _said(error: Any) -> dict[str, str]:
    place = ".".join(map(str, error.absolute_path)) or "(root)"
    said, kind = error.message, str(error.validator)
    if kind == "type":
        given = type_name(from_json(error.instance))
        said, kind = f"Invalid type. Expected: {error.validator_value}, given: {given}", "invalid_type"
    return {"desc": said, "error": f"{place}: {said}", "field": place, "type": kind}
