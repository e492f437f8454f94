"""Names that look like other names: one slip of the finger, or a letter that looks like another.

The peers are a short list of projects that notebooks use. That the well-known name stands beside the other one is no
excuse for it: that is how a package that pretends to belong to a project looks.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from .requirement import canonical

SHORTEST: Final = 5  # letters; shorter names are one letter apart from each other all the time
_SOUND_ALIKES: Final = ("iy", "ck", "sz", "il", "mn", "uvw")
_LOOK_ALIKES: Final = str.maketrans({"0": "o", "1": "l", "5": "s", "3": "e", "4": "a", "7": "t"})


@cache
def _table() -> Mapping[str, str | Mapping[str, str]]:
    table: dict[str, str | Mapping[str, str]] = tomllib.loads(
        (files(__package__) / "names.toml").read_text(encoding="utf-8")
    )
    return table


@cache
def known() -> frozenset[str]:
    """Projects that people mean."""
    return frozenset(str(_table()["known"]).split())


@cache
def _apart() -> frozenset[str]:
    return frozenset(str(_table()["apart"]).split())


@cache
def _shapes() -> Mapping[str, str]:
    """Every name that one letter left out of a known one makes → the known one."""
    made: dict[str, str] = {}
    for name in sorted(known()):
        if len(name) >= SHORTEST:
            for shape in _without_one(name):
                made.setdefault(shape, name)
    return made


def _without_one(name: str) -> Iterator[str]:
    yield name
    for index in range(len(name)):
        yield name[:index] + name[index + 1 :]


def successor(name: str) -> str | None:
    """What took the place of a project that was given up; None for one that was not."""
    given_up = _table()["given-up"]
    assert isinstance(given_up, Mapping)
    return given_up.get(canonical(name))


def meant(name: str) -> str | None:
    """The project that people mean by a module's name, or None."""
    modules = _table()["modules"]
    assert isinstance(modules, Mapping)
    return modules.get(name) or modules.get(canonical(name))


def imitated(name: str) -> str | None:
    """The well-known name that `name` looks like, or None."""
    low = canonical(name)
    if low in known() or low in _apart() or len(low) < SHORTEST or meant(name):
        return None
    for plain in (low.translate(_LOOK_ALIKES), canonical(name.replace("I", "l"))):
        if plain != low and plain in known():
            return plain
    for shape in _without_one(low):
        other = _shapes().get(shape)
        if other and other != low and _is_slip(low, other):
            return other
    return next((other for other in _joined(low) if other in known()), None)


def _joined(low: str) -> Iterator[str]:
    """The same letters with other dashes: `scikitlearn`, `open-cv-python`."""
    flat = low.replace("-", "")
    yield from (name for name in known() if name.replace("-", "") == flat and name != low and len(flat) > 6)


def _is_slip(a: str, b: str) -> bool:
    """One letter more, less or other, or two letters exchanged; digits and endings that mark a version do not count."""
    if abs(len(a) - len(b)) > 1 or a[0] != b[0] or a.rstrip("0123456789") == b.rstrip("0123456789"):
        return False
    if len(a) == len(b):
        apart = [index for index in range(len(a)) if a[index] != b[index]]
        if len(apart) == 1:
            pair = {a[apart[0]], b[apart[0]]}
            if all(letter.isdigit() for letter in pair):
                return False
            return len(a) > SHORTEST or any(pair <= set(alike) for alike in _SOUND_ALIKES)
        return (
            len(apart) == 2 and apart[1] == apart[0] + 1 and a[apart[0]] == b[apart[1]] and a[apart[1]] == b[apart[0]]
        )
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    index = next((i for i in range(len(shorter)) if shorter[i] != longer[i]), len(shorter))
    return longer[index + 1 :] == shorter[index:]
