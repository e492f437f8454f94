"""All bytes of a view: each kind of program, script or archive is told once, and so are addresses."""

import time
from collections.abc import Iterator

from mlsec_nb.core import Finding, Gap
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from . import filters
from .programs import ARCHIVES, OVERLAP, PROGRAMS, SCRIPTS, WINDOW, Kind
from .texts import addresses

SMALL = 1 << 26  # bytes of a view that are searched without being asked
_MAX_ADDRESSES = 5  # that are told of one view


def search(view: View, context: Context, *, numbers: bool = False) -> Iterator[Finding | Gap | View]:
    """What stands in the view; `numbers`: it is made of numbers, where an archive has no place."""
    todo = [*PROGRAMS, *(ARCHIVES if numbers else ()), *SCRIPTS]
    may_hold = filters.needles([needle[:4] for kind in todo if kind not in SCRIPTS for needle in kind.needles])
    may_be_text = filters.text()
    told: set[str] = set()
    for begin in range(0, view.size, WINDOW):
        if time.monotonic() > context.deadline:
            yield context.gap(view, f"only the first {begin} bytes were searched for programs", "timeout")
            return
        window = view.head(WINDOW + OVERLAP, begin)
        binary, plain = may_hold(window), may_be_text(window)
        for kind in [kind for kind in todo if (plain if kind in SCRIPTS else binary)]:
            at = next(_places(kind, view, window, begin), None)
            if at is not None:
                todo.remove(kind)
                yield from _told(view, context, kind, at)
        if plain and len(told) < _MAX_ADDRESSES:
            yield from _addresses(view, context, window, begin, told)
        view.forget(begin, WINDOW)


def _places(kind: Kind, view: View, window: bytes, begin: int) -> Iterator[int]:
    if any(needle in window for needle in kind.needles):
        yield from kind.places(view, window, begin)


def _told(view: View, context: Context, kind: Kind, at: int) -> Iterator[Finding | View]:
    message = f"{kind.name} begins at byte {at} of {view.name}"
    rule = "MODEL-HIDDEN-DATA" if kind in ARCHIVES else "MODEL-EXECUTABLE"
    yield context.found(rule, view, f"{kind.name} inside", message, offset=at)
    if kind in ARCHIVES and at:  # one at the very beginning is read as what it is
        yield view.part(at, view.size, f"{view.name} (bytes at {at})", "bytes in a tensor")


def _addresses(view: View, context: Context, window: bytes, begin: int, told: set[str]) -> Iterator[Finding]:
    for at, address, what in addresses(window):
        if address not in told:
            told.add(address)
            message = f"The model names the address {address}, which {what}"
            yield context.found("MODEL-ADDRESS", view, address, message, offset=begin + at)
        if len(told) >= _MAX_ADDRESSES:
            return
