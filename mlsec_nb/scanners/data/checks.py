"""Checks that a team has already: suites of Great Expectations, Table Schemas and JSON Schemas, asked of a table.

None of those libraries is needed. What cannot be expressed here is a gap, never a pass.
https://docs.greatexpectations.io · https://specs.frictionlessdata.io/table-schema · https://json-schema.org
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlsec_nb.core import CannotRead, Finding, Gap, Severity, UsageError
from mlsec_nb.io.tables import Table, name, quoted

from .rules import Teller, named

_SEVERITIES = {"critical": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW}


@dataclass(frozen=True, slots=True)
class Check:
    """One check by the name that Great Expectations gives it."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None


_KNOWN = frozenset({
    "column", "mostly", "min_value", "max_value", "strict_min", "strict_max", "value_set", "regex", "value",
    "result_format", "catch_exceptions", "meta",
})  # fmt: skip
# Types of schemas as those of DuckDB that a value has to be read as; None: anything is right.
_TYPES = {
    "integer": "HUGEINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMP",
    "string": None, "any": None,
}  # fmt: skip

# Checks of one number of a column, and that number; null counts as no value, as in Great Expectations on pandas.
_NUMBERS = {
    "column_min_to_be_between": "min({0})", "column_max_to_be_between": "max({0})",
    "column_mean_to_be_between": "avg({0})", "column_median_to_be_between": "median({0})",
    "column_sum_to_be_between": "sum({0})",
    "column_stdev_to_be_between": "stddev_samp({0})", "column_unique_value_count_to_be_between": "count(DISTINCT {0})",
    "column_proportion_of_unique_values_to_be_between": "count(DISTINCT {0}) / count({0})",
}  # fmt: skip


class _CannotAskError(Exception):
    """A check that has no equal here."""


def load(text: str, path: str) -> list[Check]:
    """The checks in a file; what is none of the known formats is a `UsageError`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is no JSON") from error
    if isinstance(value, dict) and isinstance(value.get("expectations"), list):
        return [_expectation(entry) for entry in value["expectations"]]
    if isinstance(value, dict) and isinstance(value.get("fields"), list):
        return [check for entry in value["fields"] if isinstance(entry, dict) for check in _field(entry)]
    if isinstance(value, dict) and isinstance(value.get("properties"), dict):
        return list(_properties(value))
    raise UsageError(f"{path}: is neither a suite of Great Expectations nor a Table Schema nor a JSON Schema")


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
    if _TYPES.get(str(rules.get("type", "any")), "other"):
        yield Check("column_values_to_be_read_as", {"column": column, "value": rules.get("type")})
    if "minimum" in rules or "maximum" in rules:
        limits = {"min_value": rules.get("minimum"), "max_value": rules.get("maximum")}
        yield Check("column_values_to_be_between", {"column": column, **limits})
    if "minLength" in rules or "maxLength" in rules:
        limits = {"min_value": rules.get("minLength"), "max_value": rules.get("maxLength")}
        yield Check("column_value_lengths_to_be_between", {"column": column, **limits})
    if "pattern" in rules:
        pattern = f"^(?:{rules['pattern']})$" if whole else rules["pattern"]
        yield Check("column_values_to_match_regex", {"column": column, "regex": pattern})
    known = {"required", "unique", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "type"}
    for word in sorted(set(rules) - known - {"title", "description", "default", "examples"}):
        yield Check(f"{word} of a schema", {"column": column})


def judged(checks: list[Check], table: Table, teller: Teller) -> Iterator[Finding | Gap]:
    """Every check that fails, and every one that could not be asked."""
    columns = {column for column, _ in table.columns}
    for check in checks:
        column = check.values.get("column")
        part = f"column {named(column)}" if isinstance(column, str) else None
        what = named(check.kind.replace("_", " ")) + (f" ({part})" if part else "")
        try:
            told = _told(check, table, columns)
        except (_CannotAskError, CannotRead):
            yield teller.gap(f"not evaluated: {what}", "unsupported")
            continue
        if told:
            yield teller.found("DATA-CHECK", what, f"expected {what}: {told}", part=part, severity=check.severity)


def _told(check: Check, table: Table, columns: set[str]) -> str | None:
    """What is wrong, or None."""
    values = check.values
    if check.kind in {"table_row_count_to_be_between", "table_row_count_to_equal"}:
        ((rows,),) = table.rows("SELECT count(*) FROM data")
        exact = values.get("value")
        low, high = (
            (exact, exact) if check.kind.endswith("equal") else (values.get("min_value"), values.get("max_value"))
        )
        if any(limit is not None and not isinstance(limit, int) for limit in (low, high)) or (low is high is None):
            raise _CannotAskError
        return f"{rows:,} rows" if (low is not None and rows < low) or (high is not None and rows > high) else None
    column = values.get("column")
    if not isinstance(column, str):
        raise _CannotAskError
    if column not in columns:
        return "there is no such column"
    if check.kind == "column_to_exist":
        return None
    if check.kind in _NUMBERS:
        return _number(check, table, name(column))
    return _counted(check, table, name(column))


def _number(check: Check, table: Table, place: str) -> str | None:
    if set(check.values) - _KNOWN or "mostly" in check.values:
        raise _CannotAskError
    what = _NUMBERS[check.kind].format(place)
    ((right,),) = table.rows(f"SELECT {_between(check.values, what)} FROM data")  # noqa: S608 - quoted
    if right is None:  # a column without values
        raise _CannotAskError
    return None if right else "it is not"


def _counted(check: Check, table: Table, place: str) -> str | None:
    values = check.values
    if set(values) - _KNOWN:
        raise _CannotAskError
    mostly = values.get("mostly", 1.0)
    if isinstance(mostly, bool) or not isinstance(mostly, int | float):
        raise _CannotAskError
    about_nulls = check.kind in {"column_values_to_not_be_null", "column_values_to_be_null"}
    among = "TRUE" if about_nulls else f"{place} IS NOT NULL"
    if check.kind == "column_values_to_be_unique":
        groups = f"SELECT count(*) AS c FROM data WHERE {among} GROUP BY {place}"  # noqa: S608 - quoted
        sums = "coalesce(sum(c), 0), coalesce(sum(c) FILTER (WHERE c > 1), 0)"
        ((rows, bad),) = table.rows(f"SELECT {sums} FROM ({groups})")  # noqa: S608 - quoted
    else:
        counts = f"count(*), count(*) FILTER (WHERE NOT coalesce({_right(check, place)}, FALSE))"
        ((rows, bad),) = table.rows(f"SELECT {counts} FROM data WHERE {among}")  # noqa: S608 - quoted
    if not bad or (rows - bad) / rows >= mostly:
        return None
    return f"{bad:,} of {rows:,} values are not"


def _right(check: Check, place: str) -> str:  # noqa: C901 - one line for each kind of check
    """The condition of SQL that a right value fulfils."""
    values, text = check.values, f"CAST({place} AS VARCHAR)"
    match check.kind:
        case "column_values_to_not_be_null":
            return f"{place} IS NOT NULL"
        case "column_values_to_be_null":
            return f"{place} IS NULL"
        case "column_values_to_be_in_set" | "column_values_to_not_be_in_set":
            members = values.get("value_set")
            if not isinstance(members, list) or not members:
                raise _CannotAskError
            word = "NOT IN" if "not_be" in check.kind else "IN"
            return f"{place} {word} ({', '.join(map(_literal, members))})"
        case "column_values_to_be_read_as":
            if not (kind := _TYPES.get(str(values.get("value")))):
                raise _CannotAskError
            return f"try_cast({text} AS {kind}) IS NOT NULL"
        case "column_values_to_be_between":
            return _between(values, place)
        case "column_value_lengths_to_be_between":
            return _between(values, f"length({text})")
        case "column_value_lengths_to_equal":
            return f"length({text}) = {_literal(values.get('value'))}"
        case "column_values_to_match_regex":
            return f"regexp_matches({text}, {_literal(values.get('regex'))})"
        case "column_values_to_not_match_regex":
            return f"NOT regexp_matches({text}, {_literal(values.get('regex'))})"
    raise _CannotAskError


def _between(values: Mapping[str, Any], what: str) -> str:
    parts = []
    if (low := values.get("min_value")) is not None:
        parts.append(f"{what} {'>' if values.get('strict_min') else '>='} {_literal(low)}")
    if (high := values.get("max_value")) is not None:
        parts.append(f"{what} {'<' if values.get('strict_max') else '<='} {_literal(high)}")
    if not parts:
        raise _CannotAskError
    return " AND ".join(parts)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    raise _CannotAskError
