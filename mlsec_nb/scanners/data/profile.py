"""A table in numbers: what is kept of data so that later data can be held against it, without keeping the data.

Numbers are kept as counts between fixed edges, categories as keyed digests with counts: no value of a cell is in a
profile, except extremes of numbers. A few queries of DuckDB make it, whatever the size of the table.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mlsec_nb.core import UsageError
from mlsec_nb.io.tables import Table, name

SCHEMA = "mlsec-profile/1"
EDGES = 32
TOP = 64  # categories that are kept with their counts
FEW = 50  # different numbers, up to which they are categories as well
MANY = 20_000  # different values, beyond which a column is free text or an id
_SAMPLE = 250_000  # rows of a sample that quantiles are taken of: an error of rank of 0.1 %
_HASHED = 2_000_000  # rows, beyond which repeated rows are not counted
_INDEX = re.compile(r"__index_level_\d+__\Z")  # how pandas keeps an index in Parquet
_KINDS = (
    ("number", ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
                "UHUGEINT", "FLOAT", "DOUBLE", "REAL", "DECIMAL")),
    ("text", ("VARCHAR", "ENUM", "UUID")),
    ("truth", ("BOOLEAN",)),
    ("time", ("DATE", "TIME", "TIMESTAMP", "INTERVAL")),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; `counts` are those of values up to each of `edges`, and of what is above the last."""

    name: str
    kind: str
    nulls: int = 0
    distinct: int = 0
    infinite: int = 0
    mean: float | None = None
    deviation: float | None = None
    low: float | None = None
    middle: float | None = None
    high: float | None = None
    negatives: int = 0
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    top: Mapping[str, int] = field(default_factory=dict)
    singles: int = 0  # values that occur once
    whole: bool = False  # `top` holds every value


@dataclass(frozen=True, slots=True)
class Profile:
    """A table: its rows, its columns in order, and how often its most frequent row occurs (0: not counted)."""

    rows: int
    columns: tuple[Column, ...]
    repeated: int = 0

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def of(table: Table, like: Profile | None = None) -> Profile:
    """The profile of a table; with the edges of another, so that the two can be compared."""
    kinds = [(column, _kind(kind)) for column, kind in table.columns if not _INDEX.match(column)]
    asked = [_first(column, kind) for column, kind in kinds]
    (row,) = table.rows(f"SELECT count(*), {', '.join(sql for part in asked for sql in part) or '0'} FROM data")  # noqa: S608
    rows, at, columns = int(row[0]), 1, []
    for (column, kind), part in zip(kinds, asked, strict=True):
        columns.append(_column(column, kind, rows, row[at : at + len(part)]))
        at += len(part)
    columns = _counted(table, _divided(table, columns, rows, like))
    columns = [_categories(table, column) for column in columns]
    return Profile(rows, tuple(columns), _repeated(table, rows))


def _kind(declared: str) -> str:
    if declared.endswith("]"):
        return "other"
    return next((kind for kind, names in _KINDS if declared.startswith(names)), "other")


def _first(column: str, kind: str) -> list[str]:
    """What the first query asks of a column."""
    place = name(column)
    if kind != "number":
        return [f"count({place})", f"approx_count_distinct({place})"]
    value = f"CAST({place} AS DOUBLE)"
    fine = f"FILTER (WHERE isfinite({value}))"
    return [
        f"count({place}) FILTER (WHERE NOT isnan({value}))", f"approx_count_distinct({place})",
        f"count(*) FILTER (WHERE isinf({value}))", f"avg({value}) {fine}",
        f"stddev_pop({value}) FILTER (WHERE abs({value}) < 1e150)", f"min({value}) {fine}", f"max({value}) {fine}",
        f"count(*) FILTER (WHERE {value} < 0)",
    ]  # fmt: skip


def _column(column: str, kind: str, rows: int, values: tuple[Any, ...]) -> Column:
    nulls, distinct = rows - int(values[0]), int(values[1])
    if kind != "number":
        return Column(name=column, kind=kind, nulls=nulls, distinct=distinct)
    _, _, infinite, mean, deviation, low, high, negatives = values
    return Column(
        name=column, kind=kind, nulls=nulls, distinct=distinct, infinite=int(infinite), mean=_finite(mean),
        deviation=_finite(deviation), low=_finite(low), high=_finite(high), negatives=int(negatives),
    )  # fmt: skip


def _divided(table: Table, columns: list[Column], rows: int, like: Profile | None) -> list[Column]:
    """The columns with the edges that part their values, those of another profile or quantiles, and their middle.

    Quantiles of a large table are those of a sample, drawn by the digests of whole rows and so the same every time;
    what lies between the edges is counted exactly afterwards.
    """
    wanted = [column for column in columns if column.kind == "number"]
    if not wanted:
        return columns
    every = ", ".join(name(column) for column, _ in table.columns)
    part = f"WHERE hash({every}) % {rows // _SAMPLE} = 0" if rows >= 2 * _SAMPLE else ""
    steps = ", ".join(f"{step / EDGES:.6f}" for step in range(1, EDGES))
    asked = [
        f"quantile_disc({value}, [{steps}]) FILTER (WHERE isfinite({value}))"
        for value in (f"CAST({name(column.name)} AS DOUBLE)" for column in wanted)
    ]
    (row,) = table.rows(f"SELECT {', '.join(asked)} FROM data {part}")  # noqa: S608 - names are quoted
    found = {}
    for column, quantiles in zip(wanted, row, strict=True):
        values = [float(value) for value in quantiles or []]
        other = like.column(column.name) if like else None
        edges = other.edges if other and other.kind == "number" else tuple(sorted(set(values)))
        found[column.name] = {"edges": edges, "middle": values[len(values) // 2] if values else None}
    return [_with(column, **found.get(column.name, {})) for column in columns]


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _counted(table: Table, columns: list[Column]) -> list[Column]:
    """The columns with the counts of their values between the edges."""
    wanted = [column for column in columns if column.edges]
    if not wanted:
        return columns
    asked = [
        f"histogram({value}, {list(c.edges)}) FILTER (WHERE isfinite({value}))"
        for c in wanted
        for value in [f"CAST({name(c.name)} AS DOUBLE)"]
    ]
    (row,) = table.rows(f"SELECT {', '.join(asked)} FROM data")  # noqa: S608 - names are quoted
    found = {}
    for column, counted in zip(wanted, row, strict=True):
        counts = {float(edge): int(count) for edge, count in (counted or {}).items()}
        inside = [counts.pop(edge, 0) for edge in column.edges]
        found[column.name] = (*inside, sum(counts.values()))
    return [_with(column, counts=found.get(column.name, ())) for column in columns]


def _categories(table: Table, column: Column) -> Column:
    """The column with its most frequent values, unless it is free text, an id or a measure."""
    many = FEW if column.kind == "number" else MANY
    if column.kind not in {"text", "truth", "number"} or column.distinct > many * 1.2:
        return column
    place = name(column.name)
    groups = f"SELECT CAST({place} AS VARCHAR) AS v, count(*) AS c FROM data WHERE {place} IS NOT NULL GROUP BY {place}"  # noqa: S608
    best = f"list({{'v': v, 'c': c}} ORDER BY c DESC, v)[1:{TOP}]"
    ((count, singles, best),) = table.rows(f"SELECT count(*), count(*) FILTER (WHERE c = 1), {best} FROM ({groups})")  # noqa: S608
    top = {digest(entry["v"]): int(entry["c"]) for entry in best or ()}
    return _with(column, distinct=int(count), singles=int(singles), top=top, whole=int(count) <= TOP)


def digest(value: str) -> str:
    """A category as it is kept: equal ones can be told equal, and short ones guessed; long texts cannot be read."""
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8, person=b"mlsec-profile").hexdigest()


def _repeated(table: Table, rows: int) -> int:
    """How often the most frequent row occurs."""
    if not table.columns or not 0 < rows <= _HASHED:
        return 0
    every = ", ".join(name(column) for column, _ in table.columns if not _INDEX.match(column)) or "0"
    found = table.rows(f"SELECT count(*) AS c FROM data GROUP BY hash({every}) ORDER BY c DESC LIMIT 1")  # noqa: S608
    return int(found[0][0])


def _with(column: Column, **changes: Any) -> Column:
    return Column(**{**asdict(column), **changes})


def dump(profile: Profile) -> str:
    """The profile as JSON, the same text for the same data."""
    plain = asdict(Column(name="", kind=""))
    columns = [
        {key: value for key, value in asdict(column).items() if value is not None and repr(value) != repr(plain[key])}
        for column in profile.columns
    ]
    value = {"schema": SCHEMA, "rows": profile.rows, "repeated": profile.repeated, "columns": columns}
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _number(value: Any) -> float:
    found = float(value)
    if not math.isfinite(found):
        raise ValueError("no number")
    return found


# A profile may come from strangers: every value is made what it has to be, for edges become part of a query.
_READ: Mapping[str, Callable[[Any], Any]] = {
    "name": str, "kind": str, "nulls": int, "distinct": int, "infinite": int, "negatives": int, "singles": int,
    "mean": _number, "deviation": _number, "low": _number, "middle": _number, "high": _number, "whole": bool,
    "edges": lambda values: tuple(_number(value) for value in values),
    "counts": lambda values: tuple(int(value) for value in values),
    "top": lambda values: {str(value): int(count) for value, count in values.items()},
}  # fmt: skip


def load(text: str, path: str) -> Profile:
    """The profile in a JSON text; what is none is a `UsageError`."""
    try:
        value = json.loads(text)
        if value["schema"] != SCHEMA:
            raise UsageError(f"{path}: is a profile of another version ({value['schema']!s:.40}), not {SCHEMA}")
        columns = tuple(
            Column(**{key: _READ[key](item) for key, item in column.items()}) for column in value["columns"]
        )
        return Profile(int(value["rows"]), columns, int(value["repeated"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path}: is no profile of mlsec") from error
