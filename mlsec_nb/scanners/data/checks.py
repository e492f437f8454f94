"""Checks asked of a table: those that count in one pass; what cannot be expressed is a gap, never a pass."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlsec_nb.core import CannotRead, Finding, Gap, Severity
from mlsec_nb.io.tables import Table, name, quoted

from .conversions import CannotAskError, Place, dtype_of, fits, placed
from .rules import Teller, named


@dataclass(frozen=True, slots=True)
class Check:
    """One check by the name that Great Expectations gives it, or one in its manner."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """Aggregates of the table, or a query of its own, and what their answer says: None where all is well."""

    asked: tuple[str, ...]
    judge: Callable[[tuple[Any, ...]], str | None]
    query: str | None = None


_KNOWN = frozenset({
    "column", "mostly", "min_value", "max_value", "strict_min", "strict_max", "value_set", "regex", "value",
    "result_format", "catch_exceptions", "meta", "column_list",
    "optional", "nulls", "text", "dtype", "coerce", "fits",  # of the schemas that are read
})  # fmt: skip
# Types of schemas as those of DuckDB that a value has to be read as; None: anything is right.
TYPES = {
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


def judged(checks: list[Check], table: Table, teller: Teller) -> Iterator[Finding | Gap]:
    """Every check that fails, and every one that could not be asked."""
    if not checks:
        return
    questions: list[_Question | None] = []
    for check in checks:
        try:
            questions.append(_question(check, table))
        except CannotAskError:
            questions.append(None)
    answers = _together([question for question in questions if question and question.query is None], table)
    for check, question in zip(checks, questions, strict=True):
        yield from _answered(check, question, answers, table, teller)


def _together(questions: list[_Question], table: Table) -> dict[int, tuple[Any, ...]]:
    """The answers by question, all of one query; none where that query breaks."""
    asked = [sql for question in questions for sql in question.asked]
    if not asked:
        return {}
    try:
        (row,) = table.rows(f"SELECT {', '.join(asked)} FROM data")  # noqa: S608 - names and literals are quoted
    except CannotRead:
        return {}
    found, at = {}, 0
    for question in questions:
        found[id(question)] = row[at : at + len(question.asked)]
        at += len(question.asked)
    return found


def _answered(
    check: Check, question: _Question | None, answers: Mapping[int, tuple[Any, ...]], table: Table, teller: Teller
) -> Iterator[Finding | Gap]:
    column = check.values.get("column")
    part = f"column {named(column)}" if isinstance(column, str) else None
    what = named(check.kind.replace("_", " ")) + (f" ({part})" if part else "")
    try:
        told = _told(question, answers, table)
    except (CannotAskError, CannotRead):
        yield teller.gap(f"not evaluated: {what}", "unsupported")
        return
    if told:
        yield teller.found("DATA-CHECK", what, f"expected {what}: {told}", part=part, severity=check.severity)


def _told(question: _Question | None, answers: Mapping[int, tuple[Any, ...]], table: Table) -> str | None:
    """What is wrong, or None; asked by itself what was not answered together with the others."""
    if question is None:
        raise CannotAskError
    row = answers.get(id(question))
    if row is None:
        (row,) = table.rows(question.query or f"SELECT {', '.join(question.asked)} FROM data")  # noqa: S608 - quoted
    return question.judge(row)


def _settled(told: str | None) -> _Question:
    """A question whose answer is known without asking."""
    return _Question((), lambda _: told, "SELECT 0")


def _question(check: Check, table: Table) -> _Question:
    if check.kind.startswith(("table_", "columns_")):
        return _of_table(check, table)
    values = check.values
    column, kinds = values.get("column"), dict(table.columns)
    if not isinstance(column, str):
        raise CannotAskError
    is_schema = "optional" in values
    if column not in kinds:
        is_right = values.get("optional") or (is_schema and check.kind != "column_to_exist")
        return _settled(None if is_right else "there is no such column")
    if check.kind == "column_to_exist":
        return _settled(None)
    if set(values) - _KNOWN:
        raise CannotAskError
    place = placed(name(column), kinds[column], table.form, values)
    return _of_column(check, place)


def _of_column(check: Check, place: Place) -> _Question:
    values = check.values
    if check.kind == "column_to_be_of_dtype":
        return _Question(*dtype_of(str(values.get("dtype")), place, coerce=bool(values.get("coerce"))))
    if not place.made:
        raise CannotAskError
    if values.get("text") and not place.is_text:
        return _settled("its values are no texts")
    if "optional" in values and check.kind == "column_values_to_be_between" and place.is_text:
        limits = [values.get("min_value"), values.get("max_value")]
        if not any(isinstance(limit, str) for limit in limits):
            return _settled("its values are no numbers")
    if check.kind == "column_values_to_fit":
        return _Question(*fits(str(values.get("fits")), place, strict=values.get("value") == "strict"))
    if check.kind in _NUMBERS:
        return _number(check, place)
    return _counted(check, place)


def _of_table(check: Check, table: Table) -> _Question:
    values, names = check.values, [column for column, _ in table.columns]
    listed = values.get("column_list")
    match check.kind:
        case "table_row_count_to_be_between" | "table_row_count_to_equal":
            exact = values.get("value")
            limits = (
                (exact, exact) if check.kind.endswith("equal") else (values.get("min_value"), values.get("max_value"))
            )
            return _rows(*limits)
        case "table_columns_to_match_ordered_list" if isinstance(listed, list):
            return _settled(None if names == listed else "its columns are others, or in another order")
        case "table_columns_to_be_only" if isinstance(listed, list):
            more = [named(column) for column in names if column not in listed]
            return _settled(f"it has {', '.join(more[:5])} besides" if more else None)
        case "table_columns_to_be_in_order" if isinstance(listed, list):
            right = [column for column in listed if column in names]
            told = [column for column in names if column in listed]
            return _settled(None if right == told else "its columns are in another order")
        case "columns_to_be_unique_together" if isinstance(listed, list) and all(column in names for column in listed):
            every = ", ".join(name(str(column)) for column in listed)
            groups = f"SELECT count(*) AS c FROM data GROUP BY {every}"  # noqa: S608 - quoted
            query = f"SELECT coalesce(sum(c) FILTER (WHERE c > 1), 0) FROM ({groups})"  # noqa: S608 - quoted
            return _Question((), lambda row: f"{row[0]:,} rows are not" if row[0] else None, query)
    raise CannotAskError


def _rows(low: Any, high: Any) -> _Question:
    if any(limit is not None and not isinstance(limit, int) for limit in (low, high)) or (low is high is None):
        raise CannotAskError

    def judge(row: tuple[Any, ...]) -> str | None:
        wrong = (low is not None and row[0] < low) or (high is not None and row[0] > high)
        return f"{row[0]:,} rows" if wrong else None

    return _Question(("count(*)",), judge)


def _number(check: Check, place: Place) -> _Question:
    if "mostly" in check.values:
        raise CannotAskError
    what = _NUMBERS[check.kind].format(place.sql)

    def judge(row: tuple[Any, ...]) -> str | None:
        if row[0] is None:  # a column without values
            raise CannotAskError
        return None if row[0] else "it is not"

    return _Question((_between(check.values, what),), judge)


def _counted(check: Check, place: Place) -> _Question:
    values = check.values
    mostly = values.get("mostly", 1.0)
    if isinstance(mostly, bool) or not isinstance(mostly, int | float):
        raise CannotAskError
    about_nulls = check.kind in {"column_values_to_not_be_null", "column_values_to_be_null"}
    among = "TRUE" if about_nulls or values.get("nulls") else f"{place.sql} IS NOT NULL"

    def judge(row: tuple[Any, ...]) -> str | None:
        rows, bad = row
        if not bad or (rows - bad) / rows >= mostly:
            return None
        return f"{bad:,} of {rows:,} values are not"

    if check.kind == "column_values_to_be_unique":
        groups = f"SELECT count(*) AS c FROM data WHERE {among} GROUP BY {place.sql}"  # noqa: S608 - quoted
        sums = "coalesce(sum(c), 0), coalesce(sum(c) FILTER (WHERE c > 1), 0)"
        return _Question((), judge, f"SELECT {sums} FROM ({groups})")  # noqa: S608 - quoted
    if check.kind == "column_distinct_values_to_equal_set":
        return _distinct(values.get("value_set"), place)
    wrong = f"{among} AND NOT coalesce({_right(check, place)}, FALSE)"
    return _Question((f"count(*) FILTER (WHERE {among})", f"count(*) FILTER (WHERE {wrong})"), judge)


def _distinct(members: Any, place: Place) -> _Question:
    if not isinstance(members, list):
        raise CannotAskError
    most = len(members) + 1
    query = f"SELECT list(v) FROM (SELECT DISTINCT {place.sql} AS v FROM data LIMIT {most + 1})"  # noqa: S608 - quoted

    def judge(row: tuple[Any, ...]) -> str | None:
        return None if set(row[0] or ()) == set(members) else "its different values are others"

    return _Question((), judge, query)


def _right(check: Check, place: Place) -> str:  # noqa: C901, PLR0912 - one line for each kind of check
    """The condition of SQL that a right value fulfils."""
    values, what, text = check.values, place.sql, f"CAST({place.sql} AS VARCHAR)"
    match check.kind:
        case "column_values_to_not_be_null":
            return f"{what} IS NOT NULL"
        case "column_values_to_be_null":
            return f"{what} IS NULL"
        case "column_values_to_be_in_set":
            return _among(values.get("value_set"), place)
        case "column_values_to_not_be_in_set":
            return f"NOT ({_among(values.get('value_set'), place)})"
        case "column_values_to_be_read_as":
            if not (kind := TYPES.get(str(values.get("value")))):
                raise CannotAskError
            return f"try_cast({text} AS {kind}) IS NOT NULL"
        case "column_values_to_be_between":
            return _between(values, what)
        case "column_value_lengths_to_be_between":
            return _between(values, f"length({text})")
        case "column_value_lengths_to_equal":
            return f"length({text}) = {_literal(values.get('value'))}"
        case "column_values_to_match_regex":
            return f"regexp_matches({text}, {_literal(values.get('regex'))})"
        case "column_values_to_not_match_regex":
            return f"NOT regexp_matches({text}, {_literal(values.get('regex'))})"
        case "column_values_to_start_with" | "column_values_to_end_with":
            word = "starts_with" if "start" in check.kind else "ends_with"
            return f"{word}({text}, {_literal(values.get('value'))})"
        case "column_values_to_be_multiples" if place.is_number and isinstance(values.get("value"), int):
            return f"{what} % {_literal(values['value'])} = 0"
    raise CannotAskError


def _among(members: Any, place: Place) -> str:
    """Whether a value is one of these; a text is never a number, whatever it looks like."""
    if not isinstance(members, list) or not members:
        raise CannotAskError
    literals = [_literal(member) for member in members if member is not None and _alike(member, place)]
    return f"{place.sql} IN ({', '.join(literals)})" if literals else "FALSE"


def _alike(member: Any, place: Place) -> bool:
    if place.is_text:
        return isinstance(member, str)
    if place.is_number or place.made == "BOOLEAN":
        return isinstance(member, int | float)
    return True


def _between(values: Mapping[str, Any], what: str) -> str:
    parts = []
    if (low := values.get("min_value")) is not None:
        parts.append(f"{what} {'>' if values.get('strict_min') else '>='} {_literal(low)}")
    if (high := values.get("max_value")) is not None:
        parts.append(f"{what} {'<' if values.get('strict_max') else '<='} {_literal(high)}")
    if not parts:
        raise CannotAskError
    return " AND ".join(parts)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return f"CAST('{value}' AS DOUBLE)"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    raise CannotAskError
