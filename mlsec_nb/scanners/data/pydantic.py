"""Models of Pydantic, read from their source, as checks of each row: https://docs.pydantic.dev/latest/concepts/fields.

A row of a table is what the model would be made of, in the types that the table has; the model converts as Pydantic's
lax mode does (https://docs.pydantic.dev/latest/concepts/conversion_table).
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .checks import Check
from .python import PLAIN, Module, Unknown, assigned, last, of_classes, words

_ROOTS = frozenset({"BaseModel", "BaseSettings"})
_TYPES = {"int": "int", "float": "float", "str": "str", "bool": "bool", "datetime": "datetime", "date": "date",
          "StrictInt": "int", "StrictFloat": "float", "StrictStr": "str", "StrictBool": "bool",
          "conint": "int", "confloat": "float", "constr": "str"}  # fmt: skip
_SIGNS = {
    "Positive": {"gt": 0}, "NonNegative": {"ge": 0}, "Negative": {"lt": 0}, "NonPositive": {"le": 0},
}  # fmt: skip
_LIMITS = {"gt": ("min_value", "strict_min"), "ge": ("min_value", None),
           "lt": ("max_value", "strict_max"), "le": ("max_value", None)}  # fmt: skip
_RULES = frozenset({*_LIMITS, "multiple_of", "min_length", "max_length", "pattern", "regex", "strict"})
_QUIET = frozenset({
    "default", "default_factory", "title", "description", "examples", "example", "alias", "validation_alias", "repr",
    "deprecated", "json_schema_extra", "exclude", "frozen", "serialization_alias", "init", "kw_only",
})  # fmt: skip
_CONFIG = frozenset({"extra", "frozen", "title", "use_enum_values", "validate_assignment", "arbitrary_types_allowed",
                     "from_attributes", "orm_mode", "allow_mutation", "json_schema_extra", "schema_extra",
                     "protected_namespaces", "validate_default"})  # fmt: skip


@dataclass(slots=True)
class _Field:
    """What is known of one field."""

    column: str
    kind: str = ""
    members: list[Any] | None = None
    empty: bool = False  # None is right
    needed: bool = True
    rules: dict[str, Any] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def models(module: Module) -> dict[str, Callable[[], Iterator[Check]]]:
    """The models in a Python file by name; those that another is built on or holds are left out."""
    return of_classes(module, _ROOTS, _of_class)


def _of_class(module: Module, line: list[ast.ClassDef]) -> Iterator[Check]:
    fields: dict[str, _Field] = {}
    config: dict[str, Any] = {}
    for node in line:
        fields.update(_fields(module, node))
        for word, value in assigned(node):
            config.update(_config(module, value) if word == "model_config" else {})
        for entry in node.body:
            if isinstance(entry, ast.ClassDef) and entry.name == "Config":
                config.update((word, _known(module, value)) for word, value in assigned(entry))
            elif isinstance(entry, ast.FunctionDef | ast.AsyncFunctionDef) and _judges(entry):
                yield Check(f"the function {entry.name}")
    for word in sorted(set(config) - _CONFIG):
        yield Check(f"{word} of the configuration")
    for one in fields.values():
        yield from _checks(one)
    if config.get("extra") == "forbid":
        yield Check("table_columns_to_be_only", {"column_list": [one.column for one in fields.values()]})


def _fields(module: Module, node: ast.ClassDef) -> Iterator[tuple[str, _Field]]:
    for entry in node.body:
        if isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name):
            name = entry.target.id
            if not name.startswith("_") and name != "model_config" and last(_outer(entry.annotation)) != "ClassVar":
                yield name, _of_field(module, entry, name)


def _judges(entry: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method has a word in what a row may be."""
    marks = {last(one) for one in entry.decorator_list} - PLAIN
    is_quiet = marks <= {"computed_field", "field_serializer", "model_serializer"}
    return not is_quiet or entry.name in {"__init__", "__new__", "model_post_init", "__get_pydantic_core_schema__"}


def _outer(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _known(module: Module, node: ast.expr) -> Any:
    try:
        return module.value(node)
    except Unknown:
        return "unknown"


def _config(module: Module, node: ast.expr) -> dict[str, Any]:
    if isinstance(node, ast.Call):
        try:
            return {word: _known(module, value) for word, value in words(node).items()}
        except Unknown:
            return {"a part": True}
    found = _known(module, node)
    return found if isinstance(found, dict) else {"a part": True}


def _of_field(module: Module, entry: ast.AnnAssign, name: str) -> _Field:
    found = _Field(name)
    _annotated(module, entry.annotation, found, 0)
    value = entry.value
    if isinstance(value, ast.Call) and last(value.func) == "Field":
        _told(module, value, found)
    elif value is not None and not (isinstance(value, ast.Constant) and value.value is ...):
        found.needed = False
    return found


def _told(module: Module, call: ast.Call, found: _Field) -> None:
    """What `Field(...)`, `StringConstraints(...)` or `conint(...)` says."""
    try:
        given = words(call)
    except Unknown:
        found.unread.append("arguments")
        return
    default = call.args[0] if call.args else given.get("default", given.get("default_factory"))
    if default is not None and not (isinstance(default, ast.Constant) and default.value is ...):
        found.needed = False
    for word, node in given.items():
        if word in {"alias", "validation_alias"}:
            alias = _known(module, node)
            found.column = alias if isinstance(alias, str) and alias != "unknown" else found.column
            found.unread += [] if isinstance(node, ast.Constant) else [word]
        elif word in _RULES:
            try:
                found.rules[word] = module.value(node)
            except Unknown:
                found.unread.append(word)
        elif word not in _QUIET:
            found.unread.append(word)


def _annotated(module: Module, node: ast.expr, found: _Field, depth: int) -> None:
    """What the type of a field says."""
    node = _unquoted(node)
    name = last(_outer(node))
    inner = node.slice if isinstance(node, ast.Subscript) else None
    if depth > 10:
        found.unread.append("its type")
    elif isinstance(node, ast.Name) and name in module.values:
        _annotated(module, module.values[name], found, depth + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        _union(module, [node.left, node.right], found, depth)
    elif name == "Optional" and inner is not None:
        found.empty = True
        _annotated(module, inner, found, depth + 1)
    elif name == "Union" and isinstance(inner, ast.Tuple):
        _union(module, inner.elts, found, depth)
    elif name == "Annotated" and isinstance(inner, ast.Tuple):
        _annotated(module, inner.elts[0], found, depth + 1)
        _extras(module, inner.elts[1:], found)
    elif name == "Literal" and inner is not None:
        _members(module, inner, found)
    else:
        _plain(module, node, name, found)


def _extras(module: Module, extras: list[ast.expr], found: _Field) -> None:
    for extra in extras:
        if isinstance(extra, ast.Call) and last(extra.func) in {"Field", "StringConstraints"}:
            _told(module, extra, found)
        elif not isinstance(extra, ast.Constant):
            found.unread.append("an annotation")


def _unquoted(node: ast.expr) -> ast.expr:
    """A type that stands in quotes, without them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return node
    return node


def _union(module: Module, parts: list[ast.expr], found: _Field, depth: int) -> None:
    """A type or None; any other choice is not read."""
    rest = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is None)]
    found.empty = found.empty or len(rest) < len(parts)
    if len(rest) == 1:
        _annotated(module, rest[0], found, depth + 1)
    else:
        found.unread.append("a union")


def _members(module: Module, inner: ast.expr, found: _Field) -> None:
    try:
        told = module.value(inner)
    except Unknown:
        found.unread.append("a literal")
        return
    found.kind, found.members = "literal", told if isinstance(told, list) else [told]


def _plain(module: Module, node: ast.expr, name: str, found: _Field) -> None:
    """A type by its name."""
    sign = next((sign for sign in sorted(_SIGNS, key=len, reverse=True) if name.startswith(sign)), None)
    if sign and name.removeprefix(sign) in {"Int", "Float"}:
        found.kind = name.removeprefix(sign).lower()
        found.rules.update(_SIGNS[sign])
    elif name in _TYPES and not isinstance(node, ast.Subscript):
        found.kind = _TYPES[name]
        if name.startswith("Strict"):
            found.rules["strict"] = True
        if isinstance(node, ast.Call):
            needed = found.needed
            _told(module, node, found)
            found.needed = needed
    elif name == "Any":
        found.kind, found.empty = "any", True
    else:
        try:
            found.kind, found.members = "enum", [value for _, value in module.members(name)]
        except Unknown:
            found.unread.append("its type")


def _checks(one: _Field) -> Iterator[Check]:
    place: dict[str, Any] = {"column": one.column, "optional": not one.needed}
    yield Check("column_to_exist", place)
    if not one.empty:
        yield Check("column_values_to_not_be_null", place)
    if one.members is not None:
        yield Check("column_values_to_be_in_set", {**place, "value_set": one.members})
    elif one.kind and one.kind != "any":
        strict = one.rules.get("strict") is True
        place = {**place, "fits": one.kind}
        yield Check("column_values_to_fit", {**place, "value": "strict" if strict else "lax"})
    for word in one.unread:
        yield Check(f"{word} of a field", place)
    yield from _ruled(one, place)


def _ruled(one: _Field, place: dict[str, Any]) -> Iterator[Check]:
    for word, (limit, strict) in _LIMITS.items():
        if word in one.rules:
            more = {strict: True} if strict else {}
            yield Check("column_values_to_be_between", {**place, limit: one.rules[word], **more})
    if "multiple_of" in one.rules:
        yield Check("column_values_to_be_multiples", {**place, "value": one.rules["multiple_of"]})
    if "min_length" in one.rules or "max_length" in one.rules:
        limits = {"min_value": one.rules.get("min_length"), "max_value": one.rules.get("max_length")}
        yield Check("column_value_lengths_to_be_between", {**place, **limits})
    for word in ("pattern", "regex"):
        if word in one.rules:
            yield Check("column_values_to_match_regex", {**place, "regex": one.rules[word]})
