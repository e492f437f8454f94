"""Programs and scripts: a file, member or tail that is one, told by a validated header, never by two bytes.

Formats: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html, Microsoft PE, Apple loader.h
"""

import struct
from collections.abc import Iterator

from mlsec_nb.core import Finding, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

_MACHO = {0xFEEDFACE: "<", 0xFEEDFACF: "<", 0xCEFAEDFE: ">", 0xCFFAEDFE: ">"}
ELF_MACHINES = frozenset({2, 3, 8, 20, 21, 22, 40, 42, 50, 62, 94, 164, 183, 189, 190, 224, 243, 247, 258})
PE_MACHINES = frozenset({0x14C, 0x8664, 0x1C0, 0x1C4, 0xAA64, 0x200, 0x5032, 0x5064, 0xEBC})


def is_elf(view: View, at: int) -> bool:
    head = view.head(64, at)
    if head[:4] != b"\x7fELF" or len(head) < 52 or head[4] not in {1, 2} or head[5] not in {1, 2} or head[6] != 1:
        return False
    kind, machine, version = struct.unpack_from(("<" if head[5] == 1 else ">") + "HHI", head, 16)
    return kind in {1, 2, 3, 4} and machine in ELF_MACHINES and version == 1


def is_pe(view: View, at: int) -> bool:
    head = view.head(64, at)
    if head[:2] != b"MZ" or len(head) < 64:
        return False
    (offset,) = struct.unpack_from("<I", head, 60)
    coff = view.head(24, at + offset) if 0 < offset < 1 << 24 else b""
    return coff[:4] == b"PE\0\0" and struct.unpack_from("<H", coff, 4)[0] in PE_MACHINES if len(coff) == 24 else False


def is_macho(view: View, at: int) -> bool:
    head = view.head(28, at)
    if len(head) < 28:
        return False
    (magic,) = struct.unpack_from("<I", head)
    order = _MACHO.get(magic)
    if order is None:
        return False
    cpu, _, kind, count, size = struct.unpack_from(order + "IIIII", head, 4)
    return cpu & 0xFFFFFF in {7, 12, 18} and 1 <= kind <= 12 and 0 < count < 10_000 and 0 < size < 1 << 24


def kind_at(view: View, at: int) -> str | None:
    """What kind of program begins at an offset."""
    if is_elf(view, at):
        return "an ELF program or library"
    if is_pe(view, at):
        return "a Windows program or library"
    return "a macOS program or library" if is_macho(view, at) else None


def is_script(view: View) -> bool:
    head = view.head(64)
    return head.startswith(
        (b"#!/bin/", b"#!/usr/bin/", b"#! /bin/", b"#! /usr/", b"<script", b"<?php", b"@echo off", b"powershell")
    )


def matches(view: View) -> bool:
    return kind_at(view, 0) is not None or is_script(view) or view.head(8) == b"MZqFpD='"


def scan(view: View, context: Context) -> Iterator[Finding]:
    if view.head(8) == b"MZqFpD='":
        yield context.found(
            "MODEL-EXECUTABLE",
            view,
            "llamafile",
            "The file is a llamafile: a program with a model inside",
            severity=Severity.MEDIUM,
        )
        return
    kind = kind_at(view, 0) or "a script"
    inside = view.depth > 0
    where = f"{view.name} is {kind}" if not inside else f"{kind[0].upper()}{kind[1:]} stands in the model: {view.name}"
    yield context.found(
        "MODEL-EXECUTABLE", view, f"{kind} {view.name}", where, severity=None if kind != "a script" else Severity.MEDIUM
    )
