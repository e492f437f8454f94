"""Checks that a team has already, read as checks of ours; none of the libraries that wrote them is needed.

Suites of Great Expectations, Table Schemas and JSON Schemas from JSON, schemas of pandera from YAML, JSON or Python,
models of Pydantic from Python. Python is read and never run. What has no equal here becomes a check that cannot be
asked, which is a gap and never a pass.
https://docs.greatexpectations.io · https://specs.frictionlessdata.io/table-schema · https://json-schema.org ·
https://pandera.readthedocs.io · https://docs.pydantic.dev
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import yaml

from mlsec_nb.core import Severity, UsageError

from . import pandera, pydantic
from .checks import TYPES, Check
from .python import Module

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SEVERITIES = {"critical": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW}


def parted(path: str) -> tuple[str, str | None]:
    """The file and, for a Python file, the name in it: `schemas.py:Users`."""
    file, _, name = path.rpartition(":")
    return (file, name) if file.lower().endswith(".py") and name.isidentifier() else (path, None)


def load(text: str, path: str) -> list[Check]:
    """The checks in a file; what is none of the known formats is a `UsageError`."""
    file, wanted = parted(path)
    if PurePath(file).suffix.lower() == ".py":
        return _of_python(text, file, wanted)
    value = _value(text, file)
    if isinstance(value, dict):
        if isinstance(value.get("expectations"), list):
            return [_expectation(entry) for entry in value["expectations"]]
        if isinstance(value.get("fields"), list):
            return [check for entry in value["fields"] if isinstance(entry, dict) for check in _field(entry)]
        if isinstance(value.get("columns"), dict) and value.get("schema_type", "dataframe") == "dataframe":
            return list(pandera.checks(value))
        if isinstance(value.get("properties"), dict):
            return list(_properties(value))
    raise UsageError(
        f"{file}: is neither a suite of Great Expectations nor a schema of pandera nor a Table Schema nor a JSON Schema"
    )


def _value(text: str, path: str) -> Any:
    if PurePath(path).suffix.lower() in {".yaml", ".yml"}:
        try:
            return yaml.load(text, _LOADER)  # noqa: S506 - a safe loader, the one in C where there is one
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise UsageError(f"{path}: is no YAML") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is no JSON") from error


def _of_python(text: str, path: str, wanted: str | None) -> list[Check]:
    """The one schema or model of a Python file, or the one that is named."""
    try:
        module = Module.of(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{path}: is no Python that can be read") from error
    found = {**pandera.schemas(module), **pydantic.models(module)}
    if wanted is None and len(found) == 1:
        (wanted,) = found
    if wanted is None and found:
        names = ", ".join(sorted(found))
        raise UsageError(f"{path}: holds several schemas ({names:.200}); name one, as in {path}:{min(found)}")
    if wanted not in found:
        what = f"no schema of the name {wanted}" if wanted else "no schema of pandera and no model of Pydantic"
        raise UsageError(f"{path}: holds {what}")
    return list(found[wanted]())


def _expectation(entry: Any) -> Check:
    entry = entry if isinstance(entry, dict) else {}
    kind = str(entry.get("type") or entry.get("expectation_type") or "an expectation without a type")
    kwargs = entry.get("kwargs")
    grade = _SEVERITIES.get(str(entry.get("severity", "")))
    return Check(kind.removeprefix("expect_"), kwargs if isinstance(kwargs, dict) else {}, grade)


def _field(entry: Mapping[str, Any]) -> Iterator[Check]:
    """One field of a Table Schema."""
    column, rules = str(entry.get("name")), entry.get("constraints")
    yield Check("column_to_exist", {"column": column})
    told = rules if isinstance(rules, dict) else {}
    yield from _constraints(column, {**told, "type": entry.get("type", "any")}, whole=True)


def _properties(value: Mapping[str, Any]) -> Iterator[Check]:
    """The properties of a JSON Schema of one row."""
    required = value.get("required")
    needed = required if isinstance(required, list) else []
    for column, rules in value["properties"].items():
        if column in needed:
            yield Check("column_to_exist", {"column": column})
        if isinstance(rules, dict):
            yield from _constraints(column, {**rules, "required": column in needed}, whole=False)


def _constraints(column: str, rules: Mapping[str, Any], *, whole: bool) -> Iterator[Check]:
    """The words that both schemas share; `whole`: a pattern has to match all of a value."""
    if rules.get("required") is True:
        yield Check("column_values_to_not_be_null", {"column": column})
    if rules.get("unique") is True:
        yield Check("column_values_to_be_unique", {"column": column})
    if "enum" in rules:
        yield Check("column_values_to_be_in_set", {"column": column, "value_set": rules["enum"]})
    if TYPES.get(str(rules.get("type", "any")), "other"):
        yield Check("column_values_to_be_read_as", {"column": column, "value": rules.get("type")})
    if "minimum" in rules or "maximum" in rules:
        limits = {"min_value": rules.get("minimum"), "max_value": rules.get("maximum")}
        yield Check("column_values_to_be_between", {"column": column, **limits})
    if "exclusiveMinimum" in rules or "exclusiveMaximum" in rules:
        limits = {"min_value": rules.get("exclusiveMinimum"), "max_value": rules.get("exclusiveMaximum")}
        strict = {"strict_min": True, "strict_max": True}
        yield Check("column_values_to_be_between", {"column": column, **limits, **strict})
    if "minLength" in rules or "maxLength" in rules:
        limits = {"min_value": rules.get("minLength"), "max_value": rules.get("maxLength")}
        yield Check("column_value_lengths_to_be_between", {"column": column, **limits})
    if "pattern" in rules:
        pattern = f"^(?:{rules['pattern']})$" if whole else rules["pattern"]
        yield Check("column_values_to_match_regex", {"column": column, "regex": pattern})
    for word in sorted(set(rules) - _READ):
        yield Check(f"{word} of a schema", {"column": column})


_READ = frozenset({
    "required", "unique", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
    "maxLength", "pattern", "type", "title", "description", "default", "examples",
})  # fmt: skip
