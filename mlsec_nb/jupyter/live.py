"""What a live session holds, as artifacts: cells that ran, their results, the history on disk, variables."""

import argparse
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlsec_nb.core import Artifact, Kind, UsageError
from mlsec_nb.io.files import LocalFile, Memory


def notebook(cells: Sequence[str], results: dict[int, str] | None = None) -> bytes:
    """A notebook of these cells, with the result of cell number `n` (from 1) where there is one."""
    shown = results or {}
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "python3", "language": "python"}},
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"in-{number}",
                    "metadata": {},
                    "execution_count": number,
                    "source": text,
                    "outputs": [_result(number, shown[number])] if number in shown else [],
                }
                for number, text in enumerate(cells, 1)
            ],
        }
    ).encode()


def _result(number: int, text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": {"text/plain": text}}


def session(shell: Any) -> Artifact:
    """The cells that ran in this session, with their results as text."""
    cells = [str(text) for text in shell.user_ns.get("In", [""])[1:]]
    results = {number: _text(value) for number, value in shell.user_ns.get("Out", {}).items() if number <= len(cells)}
    return Artifact("<this session>", Kind.NOTEBOOK, Memory(notebook(cells, results)))


def _text(value: Any) -> str:
    """A result as text, where that is cheap and runs no code of strangers: text and plain containers."""
    return value if isinstance(value, str) else repr(value) if isinstance(value, bytes | dict | list | tuple) else ""


def history(shell: Any) -> list[Artifact]:
    """The cells of this session, and of every older one in the history file of IPython."""
    found = [session(shell)]
    rows: Iterable[tuple[int, int, Any]] = shell.history_manager.search("*", raw=True, output=True)
    by_session: dict[int, dict[int, tuple[str, str]]] = {}
    for number, line, row in rows:
        text, result = row if isinstance(row, tuple) else (row, None)
        by_session.setdefault(number, {})[line] = (str(text), str(result or ""))
    for number, lines in sorted(by_session.items()):
        cells = [text for text, _ in lines.values()]
        results = {place: result for place, (_, result) in enumerate(lines.values(), 1) if result}
        found.append(Artifact(f"<session {number}>", Kind.NOTEBOOK, Memory(notebook(cells, results))))
    return found


def this_notebook() -> Artifact | None:
    """The notebook file of this kernel, where Jupyter Server says which it is (`JPY_SESSION_NAME`)."""
    path = Path(os.environ.get("JPY_SESSION_NAME", ""))
    is_there = path.suffix == ".ipynb" and path.is_file()
    return Artifact(path.name, Kind.NOTEBOOK, LocalFile(str(path))) if is_there else None


def named(shell: Any, targets: Sequence[str]) -> list[str]:
    """Those of the targets that are variables of the session."""
    return [target for target in targets if target.isidentifier() and target in shell.user_ns]


@contextmanager
def as_file(shell: Any, args: argparse.Namespace, option: str) -> Iterator[None]:
    """Inside the block, an option that names a table of the session names a file of it."""
    name = getattr(args, option, None)
    if not name or not named(shell, [name]):
        yield
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.parquet"
        path.write_bytes(variable(shell, name).content.read(1 << 40))
        setattr(args, option, str(path))
        yield


def variable(shell: Any, name: str) -> Artifact:
    """A variable that holds data (a pandas, polars or Arrow table), as an artifact in memory."""
    value = shell.user_ns.get(name)
    data = _parquet(value)
    if data is None:
        raise UsageError(f"{name} is neither a path nor a pandas, polars or Arrow table")
    return Artifact(f"<{name}>.parquet", Kind.DATA, Memory(data))


def _parquet(value: Any) -> bytes | None:
    """A table as Parquet; None for what is no table."""
    kind = type(value).__module__.partition(".")[0]
    target = io.BytesIO()
    if kind == "pandas" and hasattr(value, "to_parquet"):
        value.to_parquet(target)
    elif kind == "polars" and hasattr(value, "write_parquet"):
        value.write_parquet(target)
    elif kind == "pyarrow" and hasattr(value, "schema"):
        import pyarrow.parquet as pq

        pq.write_table(value, target)
    else:
        return None
    return target.getvalue()
