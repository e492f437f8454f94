"""The stores that pinned data is fetched from: DVC's cache, and remotes that are folders of this machine.

Asked for by name only, because the configuration of a repository says where they are, which may be anywhere.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from mlsec_nb.core import SKIPPED, CannotRead, Finding, Gap
from mlsec_nb.io.files import LocalFile

from . import dvc, hashing
from .pins import LIMIT, Base, Pin
from .rules import Teller

MOST = 50  # objects of one store that are told one by one


def checked(pin: Pin, base: Base, teller: Teller) -> Iterator[Finding | Gap]:
    """Every object of a pin in every store: whether it is there, and has the digest that it is kept under."""
    if pin.algorithm not in {"md5", "md5-dos2unix"}:
        yield teller.gap(
            f"{pin.name}: objects of {pin.algorithm} are not looked for in stores", "unsupported", pin.line
        )
        return
    for called, store in dict.fromkeys(dvc.objects(base.root)):
        if not store.is_dir():
            if called == dvc.CACHE:
                continue  # data may be here without one
            yield teller.gap(f"{called} is not here, so {pin.name} was not verified in it", "unreadable", pin.line)
            continue
        missing, bad = _judged(pin, store)
        if bad:
            told = f"{called} holds {bad:,} object{'s' * (bad > 1)} of {pin.name} with bytes of another name"
            yield teller.found("DATA-PIN-CACHE", f"{called}: {pin.name}", told, line=pin.line)
        if missing:
            told = f"{called} lacks {missing:,} object{'s' * (missing > 1)} of {pin.name}"
            yield teller.gap(told, SKIPPED if called == dvc.CACHE else "unreadable", pin.line)


def _judged(pin: Pin, store: Path) -> tuple[int, int]:
    """How many objects are missing, and how many are bad."""
    old = pin.algorithm == "md5-dos2unix"
    name = pin.digest + (".dir" if pin.folder else "")
    found = _object(store, name, old=old)
    if found is None:
        return 1, 0
    try:
        if hashing.of_file(found, pin.algorithm if not pin.folder else "md5") != pin.digest:
            return 0, 1
        digests = _listed(found) if pin.folder else []
    except CannotRead:
        return 1, 0
    places = {digest: _object(store, digest, old=old) for digest in digests}
    there = {digest: path for digest, path in places.items() if path is not None}
    actual = hashing.of_files(there, pin.algorithm)
    return len(places) - len(there), sum(digest != made for digest, made in actual.items())


def _listed(path: Path) -> list[str]:
    try:
        return [str(entry["md5"]).lower() for entry in json.loads(LocalFile(str(path)).read(LIMIT))]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CannotRead("is no list of a folder", "malformed") from error


def _object(store: Path, name: str, *, old: bool) -> Path | None:
    if not all(char in "0123456789abcdef" for char in name.removesuffix(".dir")):
        return None
    places = (store / "files/md5", store) if not old else (store, store / "files/md5")
    found = (place / name[:2] / name[2:] for place in places)
    return next((path for path in found if path.is_file()), None)
