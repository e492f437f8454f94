"""Types: what pandas would make of a column, and what pandera and Pydantic convert it to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Asked = tuple[tuple[str, ...], Callable[[tuple[Any, ...]], str | None]]

_PANDAS = {
    "TINYINT": "int8", "SMALLINT": "int16", "INTEGER": "int32", "BIGINT": "int64", "UTINYINT": "uint8",
    "USMALLINT": "uint16", "UINTEGER": "uint32", "UBIGINT": "uint64", "FLOAT": "float32", "DOUBLE": "float64",
    "BOOLEAN": "bool", "VARCHAR": "str",
}  # fmt: skip
_SAME = {
    "int": "int64", "Int64": "int64", "Int32": "int32", "float": "float64", "Float64": "float64", "String": "str",
    "string": "str", "string[python]": "str", "string[pyarrow]": "str",
    "datetime": "datetime64", "Timestamp": "datetime64",
    "DateTime": "datetime64", "timestamp": "datetime64", "datetime64": "datetime64", "datetime64[ns]": "datetime64",
    "datetime64[us]": "datetime64", "datetime64[ms]": "datetime64", "datetime64[s]": "datetime64", "INT64": "int64",
    "Category": "category", "CategoricalDtype": "category", "Categorical": "category", "Object": "object",
}  # fmt: skip
_DTYPES = frozenset({*_PANDAS.values(), *_SAME.values(), "category", "object"})
_WIDTHS = {"int64": (-(2**63), 2**63 - 1), "int32": (-(2**31), 2**31 - 1)}
_WHOLE = r"'^\s*[+-]?\d+(_\d+)*\s*$'"
_WHOLE_OR_POINT = r"'^\s*[+-]?\d+(_\d+)*(\.0*)?\s*$'"
_TRUTHS = "('0', 'off', 'f', 'false', 'n', 'no', '1', 'on', 't', 'true', 'y', 'yes')"
_LIKE_DATE = r"'^[\dTtZz_ :.,+-]*\d[\dTtZz_ :.,+-]*$'"
_DAY = r"'^\d{4}-\d{2}-\d{2}$'"
_MOMENT = r"'^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?$'"


class CannotAskError(Exception):
    """A check that has no equal here."""


@dataclass(frozen=True, slots=True)
class Place:
    """A column as it is asked for: its name in SQL, DuckDB's type, and the value that is compared, with its type."""

    column: str
    kind: str
    sql: str
    made: str

    @property
    def is_text(self) -> bool:
        return self.made == "VARCHAR"

    @property
    def is_number(self) -> bool:
        return _is_number(self.made)


def _is_whole(kind: str) -> bool:
    return kind.endswith("INT") or kind in {"INTEGER", "UINTEGER"}


def _is_number(kind: str) -> bool:
    return _is_whole(kind) or kind in {"FLOAT", "DOUBLE"} or kind.startswith("DECIMAL")


def placed(column: str, kind: str, form: str, values: Mapping[str, Any]) -> Place:
    """A column as a check compares it: after the conversions of its schema, whose dates of text files stay texts."""
    is_schema = "optional" in values
    if is_schema and form == "csv" and kind.startswith(("DATE", "TIME")):
        column, kind = f"CAST({column} AS VARCHAR)", "VARCHAR"
    # To pandas a value that is not a number is a missing one.
    sql = f"nullif({column}, CAST('nan' AS {kind}))" if kind in {"FLOAT", "DOUBLE"} else column
    if values.get("fits") in {"int", "float"} and kind == "VARCHAR":
        return Place(column, kind, *_as_number(sql, str(values["fits"])))
    if values.get("coerce") and "dtype" in values:
        return Place(column, kind, *_coerced(sql, kind, str(values["dtype"])))
    return Place(column, kind, sql, kind)


def _as_number(sql: str, fits: str) -> tuple[str, str]:
    if fits == "float":
        return f"try_cast({sql} AS DOUBLE)", "DOUBLE"
    digits = f"regexp_replace(replace({sql}, '_', ''), '\\.0*\\s*$', '')"
    return f"try_cast({digits} AS HUGEINT)", "HUGEINT"


def _coerced(sql: str, kind: str, dtype: str) -> tuple[str, str]:
    """What pandera compares after it made a column of this type, and the type of that; "" where it cannot be had."""
    wanted = _SAME.get(dtype, dtype)
    if wanted == _PANDAS.get(kind) or wanted in {"category", "object"}:
        return sql, kind
    if wanted in _WIDTHS and (kind in {"FLOAT", "DOUBLE"} or _is_whole(kind)):
        return (sql, kind) if _is_whole(kind) else (f"trunc({sql})", kind)
    if wanted in _WIDTHS and kind == "VARCHAR":
        return f"try_cast({sql} AS HUGEINT)", "HUGEINT"
    if wanted == "float64" and (_is_number(kind) or kind in {"VARCHAR", "BOOLEAN"}):
        return f"try_cast({sql} AS DOUBLE)", "DOUBLE"
    if wanted == "datetime64" and (kind == "VARCHAR" or kind.startswith("TIMESTAMP")):
        return f"try_cast({sql} AS TIMESTAMP)", "TIMESTAMP"
    if wanted == "str" and _is_whole(kind):
        return f"CAST({sql} AS VARCHAR)", "VARCHAR"
    return "error('unknown')", ""


def dtype_of(dtype: str, place: Place, *, coerce: bool) -> Asked:
    """Whether pandas would give a column this type, or could make it of this type; a width that no file has is none."""
    wanted = _SAME.get(dtype, dtype)
    if wanted not in _DTYPES:
        raise CannotAskError
    if coerce:
        return _can_become(dtype, wanted, place)
    filled = f"count({place.column})"

    def judge(row: tuple[Any, ...]) -> str | None:
        rows, full = row
        is_date = place.kind.startswith(("DATE", "TIME", "DECIMAL"))
        found = "datetime64" if place.kind.startswith("TIMESTAMP") else "object" if is_date else _PANDAS.get(place.kind)
        if found is None or (rows and not full) or (found == "str" and wanted == "object"):
            raise CannotAskError  # which it is differs between versions of pandas
        if full < rows and found != "str":
            found = "float64" if "int" in found else {"bool": "object"}.get(found, found)
        return None if found == wanted and dtype != "boolean" else f"its type is {found}"

    return ("count(*)", filled), judge


def _can_become(dtype: str, wanted: str, place: Place) -> Asked:
    wrong = f"NOT coalesce({_becomes(dtype, wanted, place)}, FALSE)"
    # pandas reads more ways to write a date, but each has a digit in it.
    is_open = wanted == "datetime64" and place.kind == "VARCHAR"
    sure = f"NOT regexp_matches({place.column}, '\\d')" if is_open else "TRUE"

    def judge(row: tuple[Any, ...]) -> str | None:
        if row[0] and not row[1]:
            raise CannotAskError
        return f"{row[0]:,} values cannot be made {dtype}" if row[0] else None

    return (f"count(*) FILTER (WHERE {wrong})", f"count(*) FILTER (WHERE {wrong} AND {sure})"), judge


def _becomes(dtype: str, wanted: str, place: Place) -> str:
    """The condition of SQL that a value can be made of this type; pandas' own `Int64` takes missing values."""
    column, text, kind = place.column, f"CAST({place.column} AS VARCHAR)", place.kind
    known = _is_number(kind) or kind == "BOOLEAN"
    empty = f"{column} IS NULL OR " if dtype in {"Int64", "Int32", "INT64"} or wanted not in _WIDTHS else ""
    if wanted in {"str", "object", "category", "bool"} and dtype != "boolean":
        return "TRUE"
    if wanted in _WIDTHS and (known or kind == "VARCHAR"):
        number = f"try_cast({text} AS HUGEINT)" if kind == "VARCHAR" else f"CAST({column} AS DOUBLE)"
        inside = f"{number} BETWEEN {_WIDTHS[wanted][0]} AND {_WIDTHS[wanted][1]}"
        if kind == "VARCHAR":
            return f"{empty}regexp_matches({text}, {_WHOLE}) AND {inside}"
        if empty and kind in {"FLOAT", "DOUBLE"}:
            return f"{empty}isnan({column}) OR {column} = trunc({column}) AND {inside}"
        return f"{empty}{inside}"
    if wanted == "float64" and (known or kind == "VARCHAR"):
        return f"{empty}try_cast({text} AS DOUBLE) IS NOT NULL" if kind == "VARCHAR" else "TRUE"
    if wanted == "datetime64" and (kind == "VARCHAR" or kind.startswith("TIMESTAMP")):
        return f"{empty}try_cast({text} AS TIMESTAMP) IS NOT NULL"
    if wanted == "datetime64" and known:
        return f"{empty}NOT isinf(CAST({column} AS DOUBLE))" if kind != "BOOLEAN" else "FALSE"
    raise CannotAskError


def fits(kind: str, place: Place, *, strict: bool) -> Asked:
    """Whether each value is taken by a field of Pydantic; two counts: what is wrong, and what only Pydantic can say."""
    right, unsure = _strict(kind, place) if strict else _lax(kind, place)
    there = f"{place.column} IS NOT NULL"

    def judge(row: tuple[Any, ...]) -> str | None:
        wrong, open_ = row
        if not wrong and open_:
            raise CannotAskError
        return f"{wrong:,} values are no {kind}" if wrong else None

    wrong = f"count(*) FILTER (WHERE {there} AND NOT coalesce({right} OR {unsure}, FALSE))"
    return (wrong, f"count(*) FILTER (WHERE {there} AND NOT coalesce({right}, FALSE) AND {unsure})"), judge


def _strict(kind: str, place: Place) -> tuple[str, str]:
    is_right = {
        "int": _is_whole(place.kind), "float": _is_number(place.kind), "str": place.kind == "VARCHAR",
        "bool": place.kind == "BOOLEAN", "datetime": place.kind.startswith("TIMESTAMP"), "date": place.kind == "DATE",
    }.get(kind, False)  # fmt: skip
    return str(is_right), "FALSE"


def _lax(kind: str, place: Place) -> tuple[str, str]:
    """The conditions of what is right, and of what cannot be told here."""
    if place.kind == "VARCHAR":
        return _lax_text(kind, place.column)
    column, is_number = place.column, _is_number(place.kind)
    if kind == "int" and place.kind in {"FLOAT", "DOUBLE"}:
        return f"(isfinite({column}) AND {column} = trunc({column}) OR isnan({column}))", "FALSE"
    if kind == "bool" and is_number:
        return f"{column} IN (0, 1)", "FALSE"
    if kind == "date" and place.kind.startswith("TIMESTAMP"):
        return f"{column} = date_trunc('day', {column})", "FALSE"
    if kind == "datetime" and is_number:  # seconds or, beyond the year 2603, milliseconds
        return f"(abs({column}) <= 2.5e14 OR isnan(CAST({column} AS DOUBLE)))", "FALSE"
    if kind == "date" and is_number:
        return f"(abs({column}) <= 2e10 AND {column} % 86400 = 0)", f"abs({column}) > 2e10"
    truth = place.kind == "BOOLEAN"
    right = {
        "int": truth or _is_whole(place.kind), "float": truth or is_number, "bool": truth, "date": place.kind == "DATE",
        "datetime": place.kind.startswith(("DATE", "TIMESTAMP")),
    }.get(kind, False)  # fmt: skip
    return str(right), "FALSE"


def _lax_text(kind: str, column: str) -> tuple[str, str]:
    shape, made = (_DAY, "DATE") if kind == "date" else (_MOMENT, "TIMESTAMP")
    if kind.startswith("date"):
        sure = f"regexp_matches({column}, {shape}) AND try_cast({column} AS {made}) IS NOT NULL"
        return f"({sure})", f"(NOT regexp_matches({column}, {shape}) AND regexp_matches({column}, {_LIKE_DATE}))"
    return {
        "int": f"regexp_matches({column}, {_WHOLE_OR_POINT})", "float": f"try_cast({column} AS DOUBLE) IS NOT NULL",
        "bool": f"lower({column}) IN {_TRUTHS}", "str": "TRUE",
    }.get(kind, "FALSE"), "FALSE"  # fmt: skip
