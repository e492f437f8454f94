"""Bytes of tensors, gaps and tails: programs hidden in them.

What a needle finds must have a whole header: on 1.07 GB of random floats there is no false hit (the two bytes `MZ`
alone have thousands). Scripts are searched for only in short runs.
"""

import re
from collections.abc import Callable, Iterator

from mlsec_nb.core import Finding, Gap
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from .executables import is_elf, is_macho, is_pe

SMALL = 1 << 26  # bytes of a run that are searched without being asked, and for scripts too
_WINDOW = 1 << 20  # stays in the processor's cache while it is searched for each needle
_OVERLAP = 16
_LIMIT = 200  # hits of one needle that are checked in a window; more are a gap, for a hostile file can be all hits
_SCRIPTS = (b"#!/bin/", b"#!/usr/bin", b"powershell", b"<script", b"cmd.exe /c")
_SCRIPT = re.compile(
    rb"#!/(?:usr/)?bin/(?:env )?[a-z]{2,10}[0-9.]*[ \n]|powershell(?:\.exe)? -[a-zA-Z]|<script[ >]|cmd\.exe /c "
)


def search(view: View, context: Context) -> Iterator[Finding | Gap]:
    """Programs anywhere in the view, each kind once; a gap for a kind with too many beginnings to check them all."""
    told: set[str] = set()
    unread: set[str] = set()
    for at, kind in programs(view, unread):
        if kind not in told:
            told.add(kind)
            message = f"{kind} begins at byte {at} of {view.name}"
            yield context.found("MODEL-EXECUTABLE", view, f"{kind} inside", message, offset=at)
    for kind in sorted(unread - told):
        yield context.gap(view, f"too many byte runs that begin like {kind[0].lower()}{kind[1:]}", "too-big")


def programs(view: View, unread: set[str]) -> Iterator[tuple[int, str]]:
    """Offset and kind of everything that is a program or script by more than its magic.

    Kinds of which not every beginning was checked are added to `unread`.
    """
    needles = _NEEDLES + (_TEXTS if view.size <= SMALL else ())
    for begin in range(0, view.size, _WINDOW):
        window = view.head(_WINDOW + _OVERLAP, begin)
        for needle, check, kind in needles:
            for count, at in enumerate(_hits(window, needle)):
                if count == _LIMIT:
                    unread.add(kind)
                    break
                start = check(view, begin + at)
                if start >= 0:
                    yield start, kind
        view.forget(begin, _WINDOW)


def _hits(window: bytes, needle: bytes) -> Iterator[int]:
    at = window.find(needle)
    while at >= 0:
        yield at
        at = window.find(needle, at + 1)


def _elf(view: View, at: int) -> int:
    return at if is_elf(view, at) else -1


def _macho(view: View, at: int) -> int:
    return at - 1 if at and is_macho(view, at - 1) else -1


def _script(view: View, at: int) -> int:
    return at if _SCRIPT.match(view.head(64, at)) else -1


def _dos_header(view: View, at: int) -> int:
    """Where the program of a PE header begins: an `MZ` before it whose offset leads here; -1 when there is none."""
    begin = max(at - 4096, 0)
    window = view.head(at - begin, begin)
    place = window.rfind(b"MZ")
    while place >= 0:
        if is_pe(view, begin + place):
            return begin + place
        place = window.rfind(b"MZ", 0, place)
    return -1


_Needle = tuple[bytes, Callable[[View, int], int], str]  # what is searched, where the program begins (-1: it is none)
_NEEDLES: tuple[_Needle, ...] = (
    (b"\x7fELF", _elf, "An ELF program"),
    (b"PE\0\0", _dos_header, "A Windows program"),
    (b"\xfa\xed\xfe", _macho, "A macOS program"),
)
_TEXTS: tuple[_Needle, ...] = tuple((word, _script, "A script") for word in _SCRIPTS)
