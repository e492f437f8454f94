"""The scanners: artifact → findings, gaps, components. One room each; none knows another.

A scanner is registered here by one function that imports its room only when it is called. Third parties use the entry
point group `mlsec_nb.scanners`: name → a callable that takes `Settings` and gives a `Scanner`.
"""

import hashlib
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from mlsec_nb._version import __version__
from mlsec_nb.config import Settings
from mlsec_nb.core import TEXT_KINDS, Kind, Scanner

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Build = Callable[[Settings], Scanner]


def _code(settings: Settings) -> Scanner:
    from .code.scanner import build

    return build(settings)


def _secrets(settings: Settings) -> Scanner:
    from .secrets.scanner import build

    return build(settings)


def _models(settings: Settings) -> Scanner:
    from .models.scanner import build

    return build(settings)


def _dependencies(settings: Settings) -> Scanner:
    from .dependencies.scanner import build

    return build(settings)


def _infrastructure(settings: Settings) -> Scanner:
    from .infrastructure.scanner import build

    return build(settings)


def _data(settings: Settings) -> Scanner:
    from .data.scanner import build

    return build(settings)


def _containers(settings: Settings) -> Scanner:
    from .containers.scanner import build

    return build(settings)


def _api(settings: Settings) -> Scanner:
    from .api.scanner import build

    return build(settings)


# What a scanner may want at most, so that it is not even imported for other artifacts; who is not named may want all.
_TEXTS = frozenset(TEXT_KINDS)
KINDS: Mapping[str, frozenset[Kind]] = {
    "secrets": _TEXTS,
    "code": _TEXTS,
    "models": frozenset({Kind.MODEL, Kind.DATA, Kind.BINARY, Kind.TEXT}),
    "dependencies": _TEXTS,
    "infrastructure": frozenset({Kind.IAC, Kind.TEXT, Kind.NOTEBOOK}),
    "data": frozenset({Kind.DATA, Kind.MODEL, Kind.BINARY, Kind.TEXT}),
    "containers": frozenset({Kind.IMAGE}),
    "api": frozenset({Kind.API}),
}

# What a scanner judges by the artifact's bytes alone, never by a file beside it; who is not named is not known to.
_ALONE: Mapping[str, frozenset[Kind]] = {
    "secrets": _TEXTS,
    "code": _TEXTS,
    "dependencies": frozenset({Kind.NOTEBOOK, Kind.SOURCE}),
    "infrastructure": frozenset({Kind.NOTEBOOK}),
    "containers": frozenset({Kind.IMAGE}),
}

# Who judges a text by itself, and so can also be shown what stands in data, piece by piece.
OF_ANY_TEXT = frozenset({"secrets", "code", "data"})

# Words of which one stands in every notebook in which a scanner finds anything: it is not imported for others.
_MARKS: Mapping[str, tuple[str, ...]] = {
    "dependencies": ("pip", "conda", "mamba", "uv", "poetry", "pdm", "apt", "npm", "yarn", "writefile", "/// script"),
    "infrastructure": ("%%writefile", "%%file"),
}


def marks(name: str, settings: Settings) -> tuple[str, ...]:
    """The words without which a scanner has nothing to say of a notebook; none when it may want any."""
    return () if settings.options.get("environment") else _MARKS.get(name, ())


def judges_alone(name: str, kind: Kind, settings: Settings) -> bool:
    """Whether the artifact's bytes decide what the scanner says of this kind, if it says anything at all."""
    if kind not in KINDS.get(name, frozenset(Kind)):
        return True
    return not settings.options.get("environment") and kind in _ALONE.get(name, frozenset())


BUILT_IN: Mapping[str, Build] = {
    "secrets": _secrets,
    "code": _code,
    "models": _models,
    "dependencies": _dependencies,
    "infrastructure": _infrastructure,
    "data": _data,
    "containers": _containers,
    "api": _api,
}


def available() -> dict[str, Build]:
    """Every scanner's builder by name: ours, then third parties'; a name of ours cannot be taken."""
    return {**{name: _loader(name) for name in _entries()}, **BUILT_IN}


@cache
def _entries() -> "Mapping[str, EntryPoint]":
    """Third parties' scanners; looked up once, because that reads a file of every installed package."""
    if not any(map(_may_extend, sys.path)):
        return {}
    from importlib.metadata import entry_points  # takes 20 ms, ten times as long as the look before it

    return {entry.name: entry for entry in entry_points(group=_GROUP)}


_GROUP = "mlsec_nb.scanners"


def _may_extend(folder: str) -> bool:
    """Whether a package that is installed in a folder of the search path may bring a scanner."""
    try:
        return any(_brings(path) for path in Path(folder).iterdir() if path.suffix in _INSTALLED)
    except NotADirectoryError:  # an archive
        return True
    except OSError:
        return False


_INSTALLED = frozenset({".dist-info", ".egg-info", ".egg"})


def _brings(package: Path) -> bool:
    try:
        return _GROUP.encode() in (package / "entry_points.txt").read_bytes()
    except OSError:  # it has none
        return package.suffix == ".egg"


@cache
def digest() -> str:
    """A digest that changes when a built-in rule does, or when a third party's scanner comes, goes or changes."""
    found = hashlib.sha256(__version__.encode())
    here = files(__package__)
    for path in sorted(Path(str(here)).rglob("*.toml")):
        found.update(path.relative_to(str(here)).as_posix().encode() + b"\0" + path.read_bytes())
    for name, entry in sorted(_entries().items()):
        found.update(f"{name}={entry.value} {entry.dist.version if entry.dist else ''}".encode())
    return found.hexdigest()[:16]


def _loader(name: str) -> Build:
    def build(settings: Settings) -> Scanner:
        scanner: Scanner = _entries()[name].load()(settings)
        return scanner

    return build
