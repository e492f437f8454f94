"""Programs, scripts and archives anywhere in a run of bytes: every byte is looked at, every beginning is checked.

What a needle finds must have a whole header: on 1.07 GB of random floats there is no false hit (the two bytes `MZ`
alone have thousands). Headers are told by regular expressions, so that a file that is all beginnings costs no more
than a slow search.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mlsec_nb.scanners.models.formats.executables import ELF_MACHINES, PE_MACHINES, is_elf, is_macho, is_pe
from mlsec_nb.scanners.models.view import View

from . import filters

WINDOW = 1 << 18  # stays in the processor's cache while it is searched for each needle
OVERLAP = 128  # bytes behind a window that are looked at with it
_REACH = 4096  # bytes between a DOS header and the PE header that it leads to
_VERSION = {"<": rb"\x01\0\0\0", ">": rb"\0\0\0\x01"}


def _any(numbers: Iterable[int], order: str) -> bytes:
    """A pattern for one of some 16-bit numbers."""
    return b"(?:" + b"|".join(re.escape(struct.pack(order + "H", number)) for number in sorted(numbers)) + b")"


_ELF = re.compile(
    rb"\x7fELF[\1\2](?:" + b"|".join(
        mark + rb"\x01.{9}" + _any({1, 2, 3, 4}, order) + _any(ELF_MACHINES, order) + _VERSION[order]
        for mark, order in ((rb"\x01", "<"), (rb"\x02", ">"))
    ) + b")",
    re.DOTALL,
)  # fmt: skip
_MACHO = re.compile(rb"[\xce\xcf]\xfa\xed\xfe[\x07\x0c\x12]\0\0.{5}[\1-\x0c]\0\0\0..\0\0...\0", re.DOTALL)
_PE = re.compile(rb"PE\0\0" + _any(PE_MACHINES, "<"))
_DOS = re.compile(rb"MZ(?=.{58}(.[\0-\x10]\0\0))", re.DOTALL)
_SCRIPT = re.compile(
    rb"(?=" + filters.PRINTABLE + b"{%d})" % filters.RUN + rb"(?:#!/(?:usr/)?bin/(?:env )?[a-z]{2,10}[0-9.]*[ \n]"
    rb"|powershell(?:\.exe)? -[a-zA-Z]|<script[ >]|cmd\.exe /c )"
)
_ZIP = re.compile(
    rb"PK\x03\x04[\n-?]\0.[\0-\x0f](?:[\0\x08\x09\x0c\x0e\x5d-\x5f\x63]\0).{16}[\1-\xff]\0..[!-~]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is searched: texts of which one is in every beginning, and a function that gives where it begins."""

    name: str
    needles: tuple[bytes, ...]
    places: "Places"


Places = Callable[[View, bytes, int], Iterator[int]]


def _checked(pattern: re.Pattern[bytes], check: Callable[[View, int], bool]) -> Places:
    def places(view: View, window: bytes, begin: int) -> Iterator[int]:
        return (at for match in pattern.finditer(window) if check(view, at := begin + match.start()))

    return places


def _windows_programs(view: View, window: bytes, begin: int) -> Iterator[int]:
    """A PE header, and within reach before it a DOS header whose offset leads there."""
    headers = {begin + match.start() for match in _PE.finditer(window)}
    if headers:
        start = max(begin - _REACH, 0)
        for match in _DOS.finditer(view.head(begin - start + len(window), start)):
            at = start + match.start()
            if at + int.from_bytes(match.group(1), "little") in headers and is_pe(view, at):
                yield at


def _always(view: View, at: int) -> bool:
    del view
    return at >= 0


PROGRAMS = (
    Kind("An ELF program", (b"\x7fELF",), _checked(_ELF, is_elf)),
    Kind("A Windows program", (b"PE\0\0",), _windows_programs),
    Kind("A macOS program", (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"), _checked(_MACHO, is_macho)),
)
ARCHIVES = (Kind("A zip archive", (b"PK\3\4",), _checked(_ZIP, _always)),)
SCRIPTS = (
    Kind("A script", (b"#!/bin/", b"#!/usr/bin", b"powershell", b"<script", b"cmd.exe /c"), _checked(_SCRIPT, _always)),
)
