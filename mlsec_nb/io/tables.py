"""Tables in files, opened by DuckDB: CSV, JSON lines, Parquet and Arrow, larger than memory or not.

A file from strangers: DuckDB may read that one file and nothing else, installs and loads nothing, and its messages are
never shown, because they quote what stands in the file.
"""

import contextlib
import importlib.util
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlsec_nb.core import CannotRead, Content

from .files import why

MISSING = "needs DuckDB, which is not installed (`pip install 'mlsec_nb[data]'`)"
_MEMORY = "1GB"
_HEAD = 512
_TEXTS = {
    ".csv": "csv", ".tsv": "csv", ".psv": "csv", ".jsonl": "json", ".ndjson": "json",
}  # fmt: skip
_PACKED = (".gz", ".zst")
_LOOSE = ", all_varchar=true, ignore_errors=true, null_padding=true, strict_mode=false"
# What pandas reads as a missing value, too: one empty word makes no text of a column of numbers.
_NULLS = [
    "", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "#N/A N/A",
]  # fmt: skip
_ARROW = (b"ARROW1\0\0", b"FEA1")


@dataclass(frozen=True, slots=True)
class Table:
    """An open table, in `view`; `columns` are its names with DuckDB's types, in order."""

    connection: Any
    columns: tuple[tuple[str, str], ...]
    loose: bool = False  # lines that do not fit were left out, and all columns are text
    view: str = "data"
    form: str = ""  # what `format_of` said

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer to a question; raises `CannotRead` when the file breaks on the way."""
        import duckdb

        try:
            found: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        except duckdb.Error as error:
            raise _broken(error) from None
        return found

    def batches(self, sql: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The same in parts of so many rows."""
        import duckdb

        try:
            cursor = self.connection.execute(sql)
            while found := cursor.fetchmany(size):
                yield found
        except duckdb.Error as error:
            raise _broken(error) from None


def format_of(content: Content, path: str) -> str | None:
    """The format that can be opened as a table ("csv", "json", "parquet", "arrow"), or None."""
    with content.open() as stream:
        head = stream.read(_HEAD)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(_ARROW):
        return "arrow"
    name = path.lower()
    name = next((name.removesuffix(end) for end in _PACKED if name.endswith(end)), name)
    return _TEXTS.get(os.path.splitext(name)[1])


def is_there() -> bool:
    return importlib.util.find_spec("duckdb") is not None


@contextlib.contextmanager
def opened(content: Content, path: str) -> Iterator[Table]:
    """The table in a file; raises `CannotRead` when DuckDB is missing or the file is no table that it reads."""
    form = format_of(content, path)
    if form is None:
        raise CannotRead("is no table of a format that is read here", "unsupported")
    if not is_there():
        raise CannotRead(MISSING, "tool-missing")
    import duckdb

    with placed(content, path, form) as place, contextlib.closing(_connected(place)) as connection:
        try:
            if form == "arrow":
                connection.register("data", _arrow(place))
                yield Table(connection, _columns(connection), form=form)
                return
            loose = _view(connection, place, form)
            yield Table(connection, _columns(connection), loose, form=form)
        except duckdb.Error as error:
            raise _broken(error) from None


def _broken(error: Exception) -> CannotRead:
    """DuckDB's complaint without its words, which quote the data."""
    kind = type(error).__name__.removesuffix("Exception")
    code = "too-big" if kind == "OutOfMemory" else "malformed"
    return CannotRead(f"cannot be read as a table (DuckDB: {kind})", code)


def _connected(place: str) -> Any:
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
            "allow_community_extensions": "false", "memory_limit": _MEMORY, "preserve_insertion_order": "true",
        },
    )  # fmt: skip
    connection.execute("SET python_enable_replacements=false")
    connection.execute("SET enable_progress_bar=false")
    connection.execute(f"SET allowed_paths=[{quoted(place)}]")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    return connection


def _view(connection: Any, place: str, form: str) -> bool:
    """Makes the view, strictly if the file allows it; True when it had to be read loosely."""
    import duckdb

    if form != "csv":
        reader = "read_parquet({})" if form == "parquet" else "read_json({}, format='newline_delimited')"
        connection.execute(f"CREATE VIEW data AS SELECT * FROM {reader.format(quoted(place))}")  # noqa: S608 - quoted
        return False
    for loose, options in (
        (False, ""),
        (True, ", all_varchar=true, ignore_errors=true, null_padding=true, strict_mode=false"),
    ):
        try:
            sql = f"SELECT * FROM read_csv({quoted(place)}, max_line_size=16777216, nullstr={_NULLS}{options})"  # noqa: S608
            connection.execute(f"CREATE OR REPLACE VIEW data AS {sql}")
            connection.execute("SELECT count(COLUMNS(*)) FROM data").fetchall()
        except duckdb.Error:
            if loose:
                raise
        else:
            return loose
    return True  # pragma: no cover - one of the two ends the loop


def _columns(connection: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(row[0]), str(row[1])) for row in connection.execute("DESCRIBE data").fetchall())


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def name(column: str) -> str:
    """A name of a column as SQL reads it."""
    return '"' + column.replace('"', '""') + '"'


@contextlib.contextmanager
def placed(content: Content, path: str, form: str) -> Iterator[str]:
    """A path without magic characters: a link to the file, or a copy of what is only in memory."""
    ending = next((end for end in _PACKED if path.lower().endswith(end)), "")
    with tempfile.TemporaryDirectory(prefix="mlsec-") as folder:
        place = os.path.join(folder, f"table.{form}{ending}")
        if content.local:
            os.symlink(os.path.abspath(content.local), place)
        else:
            try:
                with content.open() as stream, open(place, "wb") as copy:
                    shutil.copyfileobj(stream, copy, 1 << 20)
            except OSError as error:
                raise CannotRead(f"cannot be kept on this disk: {why(error)}") from error
        yield place


def _arrow(place: str) -> Any:
    if importlib.util.find_spec("pyarrow") is None:
        raise CannotRead("needs pyarrow, which is not installed (`pip install 'mlsec_nb[data]'`)", "tool-missing")
    import pyarrow as pa
    from pyarrow import feather

    try:
        return feather.read_table(place, memory_map=True)
    except (pa.ArrowException, OSError) as error:
        raise CannotRead("cannot be read as an Arrow file", "malformed") from error


def sqlite_texts(path: str) -> Iterator[tuple[str, int, str]]:
    """Every text in the tables of an SQLite file: table and column, number of the row, text. Views are not run."""
    try:
        connection = sqlite3.connect(f"file:{_escaped(path)}?mode=ro&immutable=1", uri=True)
        with contextlib.closing(connection):
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.execute("PRAGMA trusted_schema=OFF")
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
            for table in names:
                cursor = connection.execute(f"SELECT * FROM {name(table)}")  # noqa: S608 - quoted
                columns = [entry[0] for entry in cursor.description]
                for number, row in enumerate(cursor, 1):
                    for column, value in zip(columns, row, strict=True):
                        if isinstance(value, str):
                            yield f"{table}.{column}", number, value
    except sqlite3.Error as error:
        raise CannotRead("cannot be read as an SQLite file", "malformed") from error


def _escaped(path: str) -> str:
    return os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
