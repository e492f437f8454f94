"""DVC's files: `.dvc`, `dvc.lock`, and the lists of folders in its cache.

https://dvc.org/doc/user-guide/project-structure
"""

import configparser
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mlsec_nb.core import CannotRead, CannotScan, Finding, Gap
from mlsec_nb.io.files import LocalFile

from .hashing import known
from .pins import LIMIT, Base, Pin, line_of
from .rules import Teller, named

CACHE = "the cache"
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
    origin = _imported(value.get("deps"))
    for entry in _entries(value.get("outs")):
        yield from _pin(text, entry, folder, base, teller, origin)
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
        inputs = [named(str(entry["path"])) for entry in _entries(stage.get("deps")) if "path" in entry]
        origin = {"stage": named(str(name)), "deps": ", ".join(inputs)}
        for entry in _entries(stage.get("outs")):
            yield from _pin(text, entry, folder, base, teller, origin)
        for entry in _entries(stage.get("deps")):
            yield from _pin(text, entry, folder, base, teller)


def _imported(deps: Any) -> dict[str, str]:
    """Where an imported file comes from: an address, or a repository and its revision."""
    for entry in _entries(deps):
        told = entry.get("repo")
        repo = told if isinstance(told, Mapping) else {}
        words = (repo.get("url"), entry.get("path"), repo.get("rev_lock"))
        return {"source": named(" ".join(str(word) for word in words if word))}
    return {}


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
    text: str, entry: Mapping[str, Any], folder: str, base: Base, teller: Teller, origin: dict[str, str] | None = None
) -> Iterator[Pin | Finding | Gap]:
    name, is_input = entry.get("path"), origin is None
    if not isinstance(name, str) or not name:
        yield teller.gap("has an entry without a path, which was not verified", "malformed")
        return
    if "://" in name:
        return  # read from another machine; only what was made of it lies here
    if isinstance(entry.get("files"), list):
        for file in _entries(entry["files"]):
            inner = {**file, "path": f"{name}/{file.get('relpath', '')}"}
            yield from _pin(text, inner, folder, base, teller, origin)
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
        where = {"remote": remote} if origin is not None and (remote := _remote(base.root, entry)) else {}
        yield Pin(
            target=target, name=shown, algorithm=algorithm, digest=digest.removesuffix(".dir").lower(), line=line,
            size=size if isinstance(size, int) else None, folder=digest.endswith(".dir"), input=is_input,
            provenance=None if origin is None else {**origin, **where},
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


def _configured(root: Path) -> Iterator[configparser.RawConfigParser]:
    """The configurations of a repository, the nearest first."""
    for name in ("config.local", "config"):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(LocalFile(str(root / ".dvc" / name)).read(LIMIT).decode("utf-8", "replace"))
        except (CannotRead, configparser.Error):
            continue
        yield parser


def _remote(root: Path, entry: Mapping[str, Any]) -> str:
    """The remote of an entry: its own or the default one, with its address."""
    own = entry.get("remote")
    configs = list(_configured(root))
    name = (
        own if isinstance(own, str) else next(filter(None, (c.get("core", "remote", fallback="") for c in configs)), "")
    )
    sections = (f"'remote \"{name}\"'", f'remote "{name}"')
    found = (c.get(section, "url", fallback="") for c in configs for section in sections)
    return named(f"{name} {next(filter(None, found), '')}".strip())


def objects(root: Path) -> Iterator[tuple[str, Path]]:
    """The stores of a repository on this machine with what each is called: its cache, remotes that are folders."""
    yield from ((CACHE, place) for place in _caches(root))
    for parser in _configured(root):
        for section in parser.sections():
            url = parser.get(section, "url", fallback="").removeprefix("file://")
            if section.strip("'").startswith("remote ") and url and "://" not in url:
                name = section.strip("'").removeprefix("remote ").strip('"')
                yield f"the remote {named(name)}", Path(os.path.normpath(root / ".dvc" / url))


def _caches(root: Path) -> Iterator[Path]:
    """Where the cache may be: as configured, and where it is otherwise."""
    for parser in _configured(root):
        if folder := parser.get("cache", "dir", fallback=""):
            yield root / ".dvc" / folder
    yield root / ".dvc/cache"
