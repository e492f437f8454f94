"""R's own files (RDS, RData): promises run as soon as a value is touched, calls when the model is used.

Format: https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

HEADS = (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n")
MAX_ITEMS = 5_000_000
_PROMISE, _CALL, _CLOSURE, _BYTECODE = 5, 6, 3, 21
_PAIRS = frozenset({2, 3, 5, 6, 17, 239, 240})  # pairlist, closure, promise, call, dots
_VECTORS = {10: 4, 13: 4, 14: 8, 15: 16, 24: 1}  # logical, integer, real, complex, raw: bytes of an item
_LISTS = frozenset({16, 19, 20})  # strings, list, expression
_SPECIAL = frozenset({254, 253, 252, 251, 242, 241, 247, 246, 245})  # nothing behind their flags
_HARD = frozenset({
    "system", "system2", "shell", "shell.exec", "pipe", "dyn.load", "socketConnection", "download.file", "source",
    "sys.source", "unlink", "file.remove", "file.rename", "Sys.setenv", "setwd", "url", "fifo", "library.dynam",
    "install.packages", "loadNamespace", "writeLines", "writeBin", "file.create", "cat", "sink",
})  # fmt: skip
_SURE = _HARD - {"loadNamespace", "cat", "setwd", "url", "source", "writeLines", "sink"}


@dataclass(slots=True)
class Walk:
    """What was met on the way through a serialized value."""

    symbols: set[str] = field(default_factory=set)
    kinds: set[int] = field(default_factory=set)
    promised: set[str] = field(default_factory=set)
    end: int = 0


def matches(view: View) -> bool:
    head = view.head(14)
    return head.startswith(HEADS) or (head[:2] in {b"X\n", b"A\n", b"B\n"} and head[2:6] in {b"\0\0\0\2", b"\0\0\0\3"})


def scan(view: View, context: Context) -> Iterator[Finding | Gap]:
    begin = 5 if view.head(5) in HEADS else 0
    if view.head(2, begin) != b"X\n":
        yield context.gap(view, "R's text and native formats are not opened", "unsupported")
        return
    walk = Walk()
    try:
        _walk(view, begin, walk)
    except (struct.error, ValueError) as error:
        yield context.gap(view, f"broken at byte {walk.end}: {error}", "malformed")
    hard = sorted(walk.symbols & _HARD)
    if _PROMISE in walk.kinds:
        severity = Severity.CRITICAL if walk.promised & _HARD else Severity.HIGH if hard else Severity.MEDIUM
        names = ", ".join(sorted(walk.promised & _HARD) or hard) or "no function that is known to be dangerous"
        yield context.found(
            "MODEL-R-CODE",
            view,
            f"promise: {names}",
            f"A promise runs when the value is touched; it uses {names}",
            severity=severity,
        )
    elif walk.symbols & _SURE and walk.kinds & {_CALL, _CLOSURE, _BYTECODE}:
        names = ", ".join(sorted(walk.symbols & _SURE))
        yield context.found("MODEL-R-CODE", view, names, f"Calls in the file use {names}")


def _int(view: View, at: int) -> int:
    return int(struct.unpack(">i", view.head(4, at))[0])


def _walk(view: View, at: int, walk: Walk) -> None:
    """Step through every item; a stack of what is still to come stands in for recursion."""
    version = _int(view, at + 2)
    at += 14
    if version == 3:
        at += 4 + _int(view, at)
    todo: list[bool] = [False]  # for each item to come: stands it inside a promise
    for _ in range(MAX_ITEMS):
        if not todo:
            return
        walk.end = at
        inside = todo.pop()
        flags = _int(view, at)
        kind, has_attributes, has_tag = flags & 0xFF, flags & 0x200, flags & 0x400
        at += 4
        walk.kinds.add(kind)
        inside = inside or kind == _PROMISE
        at, more = _item(view, at, kind, walk, inside=inside)
        if kind in _PAIRS:
            more += (has_attributes != 0 or kind in {239, 240}) + (has_tag != 0)
        elif has_attributes and kind not in {1, 4, 9, *_SPECIAL}:
            more += 1
        todo += [inside] * more
    raise ValueError("too many items")


def _item(view: View, at: int, kind: int, walk: Walk, *, inside: bool) -> tuple[int, int]:
    """Behind an item's own bytes, and how many items follow that belong to it."""
    if kind in _SPECIAL or kind == 0:
        return at, 0
    if kind == 9:  # CHARSXP
        size = _int(view, at)
        if size > 0 and inside:
            walk.promised.add(view.head(min(size, 200), at + 4).decode("utf-8", "replace"))
        if 0 < size <= 64:
            walk.symbols.add(view.head(size, at + 4).decode("utf-8", "replace"))
        return at + 4 + max(size, 0), 0
    if kind in _VECTORS:
        return at + 4 + _length(view, at) * _VECTORS[kind], 0
    if kind in _LISTS:
        return at + 4, _length(view, at)
    if kind in _PAIRS:
        return at, 2
    return _rare(view, at, kind)


def _length(view: View, at: int) -> int:
    size = _int(view, at)
    if size < 0 or size > view.size:
        raise ValueError("a length beyond the end")
    return size


def _rare(view: View, at: int, kind: int) -> tuple[int, int]:
    if kind == 1:  # symbol: its name follows
        return at, 1
    if kind == 4:  # environment: locked, then enclosure, frame, hash table, attributes
        return at + 4, 4
    if kind == 255:  # reference
        return at, 0
    if kind in {7, 8}:  # builtin: length and name
        return at + 4 + _length(view, at), 0
    if kind in {249, 250, 248}:  # namespace, package, persistent: strings
        return at + 8, _length(view, at + 4)
    if kind == 238:  # ALTREP: info, state, attributes
        return at, 3
    if kind in {22, 23}:  # external pointer: two values; weak reference
        return at, 2 if kind == 22 else 0
    if kind == 25:  # S4
        return at, 0
    raise ValueError(f"an item of the type {kind}")
