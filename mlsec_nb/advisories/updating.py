"""Fetching what is published, and taking the same from files."""

import datetime as dt
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io import network
from mlsec_nb.io.files import LocalFile, Memory

from . import reading
from .writing import writing

LARGEST: Final = 2 << 30  # bytes of one export
_PATIENCE: Final = 900.0  # seconds for one export


def published() -> dict[str, Any]:
    """Where advisories are published."""
    return tomllib.loads((files(__package__) / "sources.toml").read_text(encoding="utf-8"))


def update(path: Path, ecosystems: Sequence[str], *, offline: bool, base: str | None = None) -> dict[str, int]:
    """Fetches the exports of ecosystems, EPSS and KEV into the store; what came of each.

    `base` is the address of a mirror with the same files (`<ecosystem>/all.zip`, `epss.csv.gz`, `kev.json`). Raises
    `UsageError` when something cannot be had; the store is then what it was.
    """
    where = published()
    if base:
        where = {"osv": base + "/{ecosystem}/all.zip", "epss": base + "/epss.csv.gz", "kev": base + "/kev.json"}
    today = dt.datetime.now(dt.UTC).date()
    done: dict[str, int] = {}
    with writing(path) as store:
        for ecosystem in ecosystems:
            data = _fetched(where["osv"].format(ecosystem=quote(ecosystem, safe="")), offline=offline)
            before = store.added
            store.add(reading.packed(ecosystem, Memory(data)))
            store.as_of(ecosystem, today)
            done[ecosystem] = store.added - before
        done["EPSS"] = store.epss(_table("EPSS", _fetched(where["epss"], offline=offline)))
        done["KEV"] = store.kev(_table("KEV", _fetched(where["kev"], offline=offline)))
    return done


def import_(path: Path, sources: Sequence[Path]) -> dict[str, int]:
    """Takes OSV exports, single records, EPSS and KEV from files and folders into the store."""
    done = {"records": 0, "EPSS": 0, "KEV": 0}
    for source in sources:
        if not source.exists():
            raise UsageError(f"{source}: there is no such file or folder")
    with writing(path) as store:
        for source in sources:
            kind = _kind(source)
            if kind:
                rows = _table(kind, _read(source))
                done[kind] = store.epss(rows) if kind == "EPSS" else store.kev(rows)
                continue
            before = store.added + store.kept
            store.add(reading.records(source))
            if store.added + store.kept == before:
                raise UsageError(f"{source}: no advisory is in it")
        done["records"] = store.added
    return done


def _kind(source: Path) -> str:
    """EPSS and KEV are told by what they hold."""
    low = source.name.lower()
    if low.endswith((".csv", ".csv.gz")):
        return "EPSS"
    if low.endswith(".json") and source.stat().st_size < reading.ONE and b'"cveID"' in _read(source)[: 1 << 20]:
        return "KEV"
    return ""


def _read(source: Path) -> bytes:
    try:
        return LocalFile(str(source)).read(reading.ONE)
    except CannotRead as error:
        raise UsageError(f"{source}: {error}") from error


def _table(kind: str, data: bytes) -> list[Any]:
    try:
        return list(reading.epss(data) if kind == "EPSS" else reading.kev(data))
    except (CannotRead, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"what should be the table of {kind} is none") from error


def _fetched(url: str, *, offline: bool) -> bytes:
    try:
        answer = network.get(url, offline=offline, timeout=_PATIENCE, limit=LARGEST)
    except CannotRead as error:
        raise UsageError(f"advisories cannot be fetched: {error}") from error
    if answer.status != 200:
        raise UsageError(f"advisories cannot be fetched: {url} answered {answer.status}")
    return answer.body
