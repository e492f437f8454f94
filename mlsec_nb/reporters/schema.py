"""Types → JSON Schema, and types → a check of what was read; so the contract is said once."""

import inspect
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Required, get_args, get_origin, get_type_hints, is_typeddict

from mlsec_nb.core import UsageError

from . import contract

_NAMES: Mapping[Any, str] = {str: "string", int: "integer", bool: "boolean", NoneType: "null"}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the report; unknown keys are allowed, as readers must allow them."""
    definitions: dict[str, Any] = {}
    root = _described(contract.Report, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:mlsec:report:1",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def check(value: Any, kind: Any, place: str = "report") -> None:
    """Raises a `UsageError` that names the first place where `value` is not what the type says."""
    origin, args = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        _check_keys(value, kind, place)
    elif origin is list:
        _need(isinstance(value, list), place, "a list")
        for index, item in enumerate(value):
            check(item, args[0], f"{place}[{index}]")
    elif origin is dict:
        _need(isinstance(value, dict), place, "an object")
        for key, item in value.items():
            check(item, args[1], f"{place}.{key}")
    elif origin is Literal:
        _need(value in args, place, f"one of {', '.join(map(str, args))}")
    elif kind is not Any:
        _check_scalar(value, args if origin is UnionType else (kind,), place)


def _check_scalar(value: Any, kinds: tuple[Any, ...], place: str) -> None:
    fits = type(value) in kinds  # not isinstance: True is no line number
    _need(fits, place, " or ".join(_NAMES[kind] for kind in kinds))


def _check_keys(value: Any, kind: Any, place: str) -> None:
    _need(isinstance(value, dict), place, "an object")
    for key, (hint, required) in _keys(kind).items():
        if key in value:
            check(value[key], hint, f"{place}.{key}")
        elif required:
            raise UsageError(f"{place}.{key} is missing")


def _need(fits: bool, place: str, what: str) -> None:
    if not fits:
        raise UsageError(f"{place} must be {what}")


@cache
def _keys(kind: Any) -> dict[str, tuple[Any, bool]]:
    """The keys of a TypedDict: their type, and whether they must be there."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        key: (get_args(hint)[0] if get_origin(hint) in (NotRequired, Required) else hint, key in kind.__required_keys__)
        for key, hint in hints.items()
    }


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, args = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = _described(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if origin is list:
        return {"type": "array", "items": _schema(args[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(args[1], definitions)}
    if origin is Literal:
        return {"enum": list(args)} if len(args) > 1 else {"const": args[0]}
    if origin is UnionType:
        return {"type": [_NAMES[arg] for arg in args]}
    return {} if kind is Any else {"type": _NAMES[kind]}


def _described(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    keys = _keys(kind)
    return {
        "title": kind.__name__,
        "description": " ".join((inspect.getdoc(kind) or "").split()),
        "type": "object",
        "properties": {key: _schema(hint, definitions) for key, (hint, _) in keys.items()},
        "required": [key for key, (_, required) in keys.items() if required],
    }
