"""The scanners: artifact → findings, gaps, components. One room each; none knows another.

A scanner is registered here by one function that imports its room only when it is called. Third parties use the entry
point group `mlsec_nb.scanners`: name → a callable that takes `Settings` and gives a `Scanner`.
"""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points

from mlsec_nb.config import Settings
from mlsec_nb.core import Scanner

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


BUILT_IN: Mapping[str, Build] = {"secrets": _secrets, "code": _code, "models": _models}


def available() -> dict[str, Build]:
    """Every scanner's builder by name: ours, then third parties'; a name of ours cannot be taken."""
    found = {entry.name: _loader(entry.name) for entry in entry_points(group="mlsec_nb.scanners")}
    return {**found, **BUILT_IN}


def _loader(name: str) -> Build:
    def build(settings: Settings) -> Scanner:
        (entry,) = entry_points(group="mlsec_nb.scanners", name=name)
        scanner: Scanner = entry.load()(settings)
        return scanner

    return build
