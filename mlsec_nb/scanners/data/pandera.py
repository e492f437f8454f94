"""Schemas of pandera, from YAML, JSON or Python, as checks: https://pandera.readthedocs.io.

What a pandera schema says of a frame is what pandas 3 would have read from the file: a column of whole numbers with
missing values is one of floats there.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from .checks import Check
from .python import PLAIN, Module, Unknown, assigned, last, of_classes, words

_SHORT = {
    "eq": "equal_to", "ne": "not_equal_to", "gt": "greater_than", "ge": "greater_than_or_equal_to", "lt": "less_than",
    "le": "less_than_or_equal_to", "between": "in_range",
}  # fmt: skip
# The checks with the names of their arguments in order.
_ARGUMENTS = {
    "equal_to": ("value",), "not_equal_to": ("value",), "greater_than": ("min_value",),
    "greater_than_or_equal_to": ("min_value",), "less_than": ("max_value",), "less_than_or_equal_to": ("max_value",),
    "in_range": ("min_value", "max_value", "include_min", "include_max"), "isin": ("allowed_values",),
    "notin": ("forbidden_values",), "str_matches": ("pattern",), "str_contains": ("pattern",),
    "str_startswith": ("string",), "str_endswith": ("string",),
    "str_length": ("min_value", "max_value", "exact_value"), "unique_values_eq": ("values",),
}  # fmt: skip
_ROOTS = frozenset({"DataFrameModel", "SchemaModel"})
_COLUMN = frozenset({"dtype", "nullable", "unique", "coerce", "required", "regex", "checks"})
_QUIET = frozenset({
    "title", "description", "metadata", "report_duplicates", "name", "alias", "api", "schema_type", "version",
    "n_failure_cases", "error", "check_name", "default", "unique_column_names", "multiindex_name",
})  # fmt: skip
_OPTIONS = frozenset({"ignore_na", "raise_warning", "n_failure_cases", "error", "name", "title", "description",
                      "check_name", "metadata", "statistics", "strategy"})  # fmt: skip
_TABLE = frozenset({"columns", "checks", "index", "dtype", "coerce", "strict", "ordered", "unique"})


def checks(schema: Mapping[str, Any]) -> Iterator[Check]:
    """The checks of a schema in the form that pandera writes."""
    columns = {str(name): told if isinstance(told, Mapping) else {} for name, told in schema["columns"].items()}
    coerce = bool(schema.get("coerce"))
    for name, told in columns.items():
        yield from _column(name, {"dtype": schema.get("dtype"), **told}, coerce=coerce)
    if schema.get("strict") is True:
        yield Check("table_columns_to_be_only", {"column_list": list(columns)})
    elif schema.get("strict") not in {None, False, "filter"}:
        yield Check("strict of a schema")
    if schema.get("ordered"):
        yield Check("table_columns_to_be_in_order", {"column_list": list(columns)})
    unique = schema.get("unique")
    if unique:
        yield Check("columns_to_be_unique_together", {"column_list": [unique] if isinstance(unique, str) else unique})
    for entry in _entries(schema.get("checks")):
        yield Check(f"{entry[0]} of the whole frame")
    for word in sorted(set(schema) - _TABLE - _QUIET | ({"index"} if schema.get("index") else set())):
        if schema.get(word):
            yield Check(f"{word} of a schema")


def _column(name: str, told: Mapping[str, Any], *, coerce: bool) -> Iterator[Check]:
    if told.get("regex"):
        yield Check("columns by a pattern")
        return
    made = {"column": name, "optional": told.get("required", True) is False}
    yield Check("column_to_exist", made)
    forced = bool(told.get("coerce", False)) or coerce
    if told.get("dtype") is not None:
        dtype = str(told["dtype"])
        yield Check("column_to_be_of_dtype", {**made, "dtype": dtype, "coerce": forced})
        made = {**made, **({"dtype": dtype, "coerce": True} if forced else {})}
    if not told.get("nullable", False):
        yield Check("column_values_to_not_be_null", made)
    if told.get("unique"):
        yield Check("column_values_to_be_unique", {**made, "nulls": True})
    inline = {key: value for key, value in told.items() if _SHORT.get(key, key) in _ARGUMENTS}
    for kind, arguments in (*_entries(told.get("checks")), *_entries(inline)):
        yield _check(kind, arguments, made)
    for word in sorted(set(told) - set(inline) - _COLUMN - _QUIET):
        if told[word]:
            yield Check(f"{word} of a column", made)


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """Checks by their names; a mapping of them, or a list of mappings with a name in their options."""
    if isinstance(value, Mapping):
        yield from ((str(kind), told) for kind, told in value.items())
    elif isinstance(value, list | tuple):
        for entry in value:
            options = entry.get("options") if isinstance(entry, Mapping) else None
            if isinstance(entry, tuple) and len(entry) == 2:
                yield entry
            elif isinstance(options, Mapping) and "check_name" in options:
                yield str(options["check_name"]), entry
            elif isinstance(entry, Mapping):
                yield from _entries(entry)
            else:
                yield str(entry), {}
    elif value is not None:
        yield "a check", value


def _check(kind: str, told: Any, made: Mapping[str, Any]) -> Check:  # noqa: C901 - one line for each kind of check
    kind = _SHORT.get(kind, kind)
    names = _ARGUMENTS.get(kind)
    if names is None:
        return Check(f"the check {kind}", made)
    values, options = _arguments(names, told)
    if options.get("raise_warning") or set(options) - _OPTIONS:
        return Check(f"the check {kind} with options", made)
    place = {**made, "nulls": options.get("ignore_na") is False}
    low, high, value = values.get("min_value"), values.get("max_value"), values.get(names[0])
    include = (values.get("include_min", True), values.get("include_max", True))
    match kind:
        case "equal_to" | "isin":
            members = value if kind == "isin" else [value]
            return Check("column_values_to_be_in_set", {**place, "value_set": members})
        case "not_equal_to" | "notin":
            members = value if kind == "notin" else [value]
            return Check("column_values_to_not_be_in_set", {**place, "value_set": members})
        case "str_matches":
            return Check("column_values_to_match_regex", {**place, "regex": f"^(?:{value})", "text": True})
        case "str_contains":
            return Check("column_values_to_match_regex", {**place, "regex": value, "text": True})
        case "str_startswith" | "str_endswith":
            side = "start" if kind == "str_startswith" else "end"
            return Check(f"column_values_to_{side}_with", {**place, "value": value, "text": True})
        case "str_length" if values.get("exact_value") is not None:
            return Check("column_value_lengths_to_equal", {**place, "value": values["exact_value"], "text": True})
        case "str_length":
            limits = {"min_value": low, "max_value": high}
            return Check("column_value_lengths_to_be_between", {**place, **limits, "text": True})
        case "unique_values_eq":
            return Check("column_distinct_values_to_equal_set", {**place, "value_set": value})
    limits = {"min_value": low, "strict_min": kind == "greater_than" or not include[0],
              "max_value": high, "strict_max": kind == "less_than" or not include[1]}  # fmt: skip
    return Check("column_values_to_be_between", {**place, **limits})


def _arguments(names: tuple[str, ...], told: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of a check and its options."""
    if not isinstance(told, Mapping):
        return {names[0]: told}, {}
    nested = told.get("options")
    options = dict(nested) if isinstance(nested, Mapping) else {}
    plain = {key: value for key, value in told.items() if key != "options"}
    if set(plain) == {"value"} and "value" not in names:
        return _arguments(names, plain["value"])[0], options
    values = {key: value for key, value in plain.items() if key in names}
    return values, {**options, **{key: value for key, value in plain.items() if key not in names}}


def schemas(module: Module) -> dict[str, Callable[[], Iterator[Check]]]:
    """The schemas and models in a Python file by name."""
    found: dict[str, Callable[[], Iterator[Check]]] = {}
    for name, node in module.values.items():
        if isinstance(node, ast.Call) and last(node.func) == "DataFrameSchema":
            found[name] = partial(_of_call, module, node)
    return found | of_classes(module, _ROOTS, _of_class)


def _of_call(module: Module, call: ast.Call) -> Iterator[Check]:
    try:
        given = words(call)
        columns = _columns(module, call.args[0] if call.args else given.pop("columns", None))
        schema = {"columns": columns, **{word: _known(module, node, word) for word, node in given.items()}}
    except Unknown:
        schema = None
    if schema is None or len(call.args) > 1:
        yield Check("a schema that only running it would tell")
    else:
        yield from checks(schema)


def _columns(module: Module, node: ast.expr | None) -> dict[str, dict[str, Any]]:
    if not isinstance(node, ast.Dict):
        raise Unknown
    pairs = [(key, column) for key, column in zip(node.keys, node.values, strict=True) if key is not None]
    if len(pairs) < len(node.keys):  # another mapping is spread into it
        raise Unknown
    return {str(module.value(key)): _of_column(module, column) for key, column in pairs}


def _known(module: Module, node: ast.expr, word: str) -> Any:
    if word == "dtype":
        return _dtype(module, node)
    try:
        return module.value(node)
    except Unknown:
        return "unknown"


def _of_column(module: Module, node: ast.expr) -> dict[str, Any]:
    """One `Column(...)` in the form that pandera writes."""
    if isinstance(node, ast.Name) and node.id in module.values:
        node = module.values[node.id]
    if not isinstance(node, ast.Call) or last(node.func) != "Column" or len(node.args) > 2:
        raise Unknown
    given = {**dict(zip(("dtype", "checks"), node.args, strict=False)), **words(node)}
    found: dict[str, Any] = {word: _known(module, value, word) for word, value in given.items() if word != "checks"}
    listed = given.get("checks")
    every = listed.elts if isinstance(listed, ast.List | ast.Tuple) else [listed] if listed is not None else []
    found["checks"] = [_of_check(module, one) for one in every]
    return found


def _of_check(module: Module, node: ast.expr) -> tuple[str, dict[str, Any]]:
    """One `Check.ge(0)`; what is none of the built-in checks has no equal."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return "of its own", {}
    kind = _SHORT.get(node.func.attr, node.func.attr)
    try:
        given = {**dict(zip(_ARGUMENTS.get(kind, ()), node.args, strict=False)), **words(node)}
        return kind, {word: module.value(value) for word, value in given.items()}
    except Unknown:
        return f"{kind} of a value that only running it would tell", {}


def _of_class(module: Module, line: list[ast.ClassDef]) -> Iterator[Check]:
    schema: dict[str, Any] = {}
    columns: dict[str, dict[str, Any]] = {}
    for entry in (entry for node in line for entry in node.body):
        if isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name):
            name, told = _of_field(module, entry, entry.target.id)
            columns[name] = told
        elif isinstance(entry, ast.ClassDef) and entry.name == "Config":
            schema.update((word, _known(module, node, word)) for word, node in assigned(entry))
        elif isinstance(entry, ast.FunctionDef) and {last(one) for one in entry.decorator_list} - PLAIN:
            yield Check(f"the function {entry.name}")
    yield from checks({"columns": columns, **schema})


def _of_field(module: Module, entry: ast.AnnAssign, name: str) -> tuple[str, dict[str, Any]]:
    """One annotated column of a model: its name and what `Field` says of it."""
    kind = entry.annotation
    told: dict[str, Any] = {}
    if isinstance(kind, ast.Subscript) and last(kind.value) == "Optional":
        kind, told = kind.slice, {"required": False}
    if isinstance(kind, ast.Subscript) and last(kind.value) == "Series":
        kind = kind.slice
    elif isinstance(kind, ast.Subscript):
        return name, {"an annotation": True}
    if last(kind) not in {"", "Any"}:
        told = {**told, "dtype": _dtype(module, kind)}
    else:
        told = {**told, "an annotation": last(kind) != "Any"}
    if isinstance(entry.value, ast.Call):
        try:
            given = words(entry.value)
        except Unknown:
            return name, {"arguments": True}
        told = {**told, **{word: _known(module, node, word) for word, node in given.items()}}
        shared = {key: told.pop(key) for key in ("ignore_na", "raise_warning") if key in told}
        for word in [word for word in told if _SHORT.get(word, word) in _ARGUMENTS and shared]:
            value = told.pop(word)
            inner = value if isinstance(value, Mapping) else {"value": value}
            told.setdefault("checks", []).append((word, {**inner, "options": shared}))
    alias = told.get("alias")
    return (alias if isinstance(alias, str) else name), told


def _dtype(module: Module, node: ast.expr) -> str | None:
    """The name of a type as pandera writes it; its own names in capitals are those of pandas."""
    if isinstance(node, ast.Constant):
        return None if node.value is None else str(node.value)
    if isinstance(node, ast.Name) and node.id in module.values:
        return _dtype(module, module.values[node.id])
    name = last(node)
    owner = node.value if isinstance(node, ast.Attribute) else node.func if isinstance(node, ast.Call) else None
    if isinstance(owner, ast.Name) and owner.id in {"pa", "pandera"}:
        return name if name.isupper() else name.lower()
    return name.removesuffix("Dtype")
