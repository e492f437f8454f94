"""DVC: `dvc status --json` and `dvc data status --json` (https://dvc.org/doc/command-reference/status)."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity

from .told import Told, prose
from .values import at, text

_SEVERITIES = {
    "modified": Severity.HIGH, "deleted": Severity.HIGH, "not in cache": Severity.MEDIUM,
    "not_in_cache": Severity.MEDIUM, "not_in_remote": Severity.MEDIUM, "changed checksum": Severity.HIGH,
    "changed command": Severity.MEDIUM, "new": Severity.LOW, "added": Severity.LOW, "renamed": Severity.MEDIUM,
    "update available": Severity.LOW, "always changed": Severity.INFO, "frozen": Severity.INFO,
}  # fmt: skip
_CHANGED = frozenset({"changed outs", "changed deps", "changed checksum", "changed command", "always changed"})
_TABLES = ("committed", "uncommitted")
_LISTS = ("not_in_cache", "not_in_remote")


def is_mine(value: Any) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    if any(isinstance(at(value, key), Mapping) for key in _TABLES):
        return any(key in value for key in (*_LISTS, "untracked", "unchanged", "git")) or set(value) <= set(_TABLES)
    entries = [item for rows in value.values() for item in (rows if isinstance(rows, list) else [None])]
    return bool(entries) and all(_is_entry(item) for item in entries)


def _is_entry(item: Any) -> bool:
    return item in _CHANGED if isinstance(item, str) else isinstance(item, Mapping) and bool(_CHANGED & set(item))


def read(value: Any, told: Told) -> None:
    """Every path that is not as it was recorded, once for each way in which it is not."""
    is_data_status = any(isinstance(at(value, key), Mapping) for key in _TABLES)
    for stage, path, state in _data_status(value) if is_data_status else _status(value):
        told.found(
            state, f"Data that is {state.replace('_', ' ')}", severity=_SEVERITIES.get(state, Severity.MEDIUM),
            message=f"{path or stage} is {state.replace('_', ' ')}" + (f" (stage {stage})" if stage and path else ""),
            confidence=Confidence.HIGH, place=told.place(path or stage), shown=Evidence.fact(prose(f"{stage} {state}")),
            references=("CWE-354",),
        )  # fmt: skip


def _status(value: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for stage, rows in value.items():
        for item in rows:
            if isinstance(item, str):
                yield stage, "", item
                continue
            for kind, paths in item.items():
                if isinstance(paths, Mapping):
                    for path, state in paths.items():
                        yield stage, path, state if isinstance(state, str) else str(kind)
                else:
                    yield stage, "", str(kind)


def _data_status(value: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    tables = [(name, at(value, name)) for name in _TABLES]
    states = [(name, str(state), paths) for name, table in tables if isinstance(table, Mapping)
              for state, paths in table.items() if state != "unchanged"]  # fmt: skip
    states += [("", name, at(value, name)) for name in _LISTS]
    for name, state, paths in states:
        for item in paths if isinstance(paths, list) else ():
            yield name, text(item, "new") if isinstance(item, Mapping) else text([item], 0), state
