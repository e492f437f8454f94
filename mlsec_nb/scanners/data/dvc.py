"""DVC's files: `.dvc`, `dvc.lock`, and the lists of folders in its cache.

https://dvc.org/doc/user-guide/project-structure
"""

import configparser
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mlsec_nb.core import CannotRead, CannotScan, Finding, Gap
from mlsec_nb.io.files import LocalFile

from .hashing import known
from .pins import LIMIT, Base, Pin, line_of
from .rules import Teller, named

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def pins(text: str, base: Base, teller: Teller, *, lock: bool) -> Iterator[Pin | Finding | Gap]:
    """What a `.dvc` or `dvc.lock` file promises."""
    value = _loaded(text)
    if not isinstance(value, Mapping):
        raise CannotScan("is no file of DVC: its YAML is no mapping", "malformed")
    if lock:
        stages = value.get("stages", value if "schema" not in value else {})
        yield from _stages(text, stages, base, teller)
        return
    folder = value.get("wdir", "") if isinstance(value.get("wdir", ""), str) else ""
    for entry in _entries(value.get("outs")):
        yield from _pin(text, entry, folder, base, teller)
    if not _entries(value.get("outs")):
        yield teller.gap("names no data (`outs` is missing or empty), so nothing was verified", "malformed")


def _loaded(text: str) -> Any:
    try:
        return yaml.load(text, _LOADER)  # noqa: S506 - a safe loader, the one in C where there is one
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise CannotScan(f"is no valid YAML{where}", "malformed") from error


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _stages(text: str, stages: Any, base: Base, teller: Teller) -> Iterator[Pin | Finding | Gap]:
    folders = _folders(base.folder / "dvc.yaml")
    for name, stage in stages.items() if isinstance(stages, Mapping) else ():
        if not isinstance(stage, Mapping):
            continue
        folder = folders.get(str(name).partition("@")[0], "")
        for role in ("outs", "deps"):
            for entry in _entries(stage.get(role)):
                yield from _pin(text, entry, folder, base, teller, role == "deps")


def _folders(path: Path) -> dict[str, str]:
    """The working folder of each stage, which the lock does not repeat."""
    try:
        value = _loaded(LocalFile(str(path)).read(LIMIT).decode("utf-8", "replace"))
    except CannotRead:
        return {}
    stages = value.get("stages") if isinstance(value, Mapping) else None
    found = stages.items() if isinstance(stages, Mapping) else ()
    return {
        str(name): stage["wdir"]
        for name, stage in found
        if isinstance(stage, Mapping) and isinstance(stage.get("wdir"), str)
    }


def _pin(
    text: str, entry: Mapping[str, Any], folder: str, base: Base, teller: Teller, is_input: bool = False
) -> Iterator[Pin | Finding | Gap]:
    name = entry.get("path")
    if not isinstance(name, str) or not name:
        yield teller.gap("has an entry without a path, which was not verified", "malformed")
        return
    if "://" in name:
        return  # read from another machine; only what was made of it lies here
    if isinstance(entry.get("files"), list):
        for file in _entries(entry["files"]):
            inner = {**file, "path": f"{name}/{file.get('relpath', '')}"}
            yield from _pin(text, inner, folder, base, teller, is_input)
        return
    algorithm, digest = _digest(entry)
    shown, line = named(name), line_of(text, digest or name)
    target = base.find(name, folder)
    if target is None:
        yield teller.found(
            "DATA-PIN-OUTSIDE", shown, f"{shown} is outside of the repository and was not read", line=line
        )
        yield teller.gap(f"{shown} is outside of the repository and was not verified", "unsupported", line)
    elif not digest or not known(algorithm):
        if not is_input:
            yield teller.gap(f"{shown} has no digest that can be verified here", "unsupported", line)
    else:
        size = entry.get("size")
        yield Pin(
            target=target, name=shown, algorithm=algorithm, digest=digest.removesuffix(".dir").lower(), line=line,
            size=size if isinstance(size, int) else None, folder=digest.endswith(".dir"), input=is_input,
        )  # fmt: skip


def _digest(entry: Mapping[str, Any]) -> tuple[str, str]:
    """The algorithm and the digest; an md5 that names no `hash` is of DVC 2, which reads CRLF as LF."""
    name = entry.get("hash")
    key = name if isinstance(name, str) and isinstance(entry.get(name), str) else "md5"
    digest = entry.get(key)
    if not isinstance(digest, str):
        return key, ""
    return (key if name else "md5-dos2unix"), digest


def manifest(pin: Pin, base: Base) -> tuple[dict[str, str] | None, bool]:
    """The files of a pinned folder by the list in the cache, if it is there; and whether that list is sound."""
    for cache in _caches(base.root):
        for place in ("files/md5/", ""):
            path = cache / f"{place}{pin.digest[:2]}/{pin.digest[2:]}.dir"
            try:
                data = LocalFile(str(path)).read(LIMIT)
            except CannotRead:
                continue
            if hashlib.md5(data, usedforsecurity=False).hexdigest() != pin.digest:
                return None, False
            return _listed(data), True
    return None, True


def _listed(data: bytes) -> dict[str, str] | None:
    try:
        entries = json.loads(data)
        return {str(entry["relpath"]): str(entry["md5"]).lower() for entry in entries}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _caches(root: Path) -> Iterator[Path]:
    """Where the cache may be: as configured, and where it is otherwise."""
    for name in ("config.local", "config"):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(LocalFile(str(root / ".dvc" / name)).read(LIMIT).decode("utf-8", "replace"))
        except (CannotRead, configparser.Error):
            continue
        if folder := parser.get("cache", "dir", fallback=""):
            yield root / ".dvc" / folder
    yield root / ".dvc/cache"
