"""The formats, in the order in which they are tried; every one that matches is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlsec_nb.core import Component, Finding, Gap

from .context import Context
from .formats import compressed, npy, pickles, tars, zips
from .view import View

Item = Finding | Gap | Component | View


@dataclass(frozen=True, slots=True)
class Format:
    """A format by name; `matches` is cheap, `scan` yields also the views of what is inside."""

    name: str
    matches: Callable[[View], bool]
    scan: Callable[[View, Context], Iterator[Item]]


FORMATS: tuple[Format, ...] = (
    Format("pickle", pickles.matches, pickles.scan),
    Format("zip", zips.matches, zips.scan),
    Format("npy", npy.matches, npy.scan),
    Format("compressed", compressed.matches, compressed.scan),
    Format("tar", tars.matches, tars.scan),
)  # fmt: skip
