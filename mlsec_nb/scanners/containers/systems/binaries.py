"""What compilers of Go and Rust leave in a program: the modules that it was built of.

Go: https://pkg.go.dev/debug/buildinfo; Rust, where `cargo auditable` built it:
https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md.
"""

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from mlsec_nb.scanners.containers.packages import GO, RUST, Package

ELF: Final = b"\x7fELF"
_GO_MAGIC: Final = b"\xff Go buildinf:"
_INLINE: Final = 2  # the flag of strings that stand behind the head, as since Go 1.18
_MARKS: Final = 16  # bytes around the list of modules
_MOST: Final = 8 << 20  # bytes of one list
_FARTHEST: Final = 1 << 48  # bytes into a program
_SECTIONS: Final = 4_096


@dataclass(frozen=True, slots=True)
class Section:
    """A run of bytes of a program, with its address when it is loaded."""

    name: bytes
    address: int
    offset: int
    size: int


def packages(stream: BinaryIO) -> list[Package]:
    """The modules of a program, none when it does not say; raises `ValueError` where what it says is damaged."""
    try:
        found = {section.name: section for section in sections(stream)}
        if b".go.buildinfo" in found:
            return list(_go(stream, found[b".go.buildinfo"], list(found.values())))
        if b".dep-v0" in found:
            return list(_rust(_bytes(stream, found[b".dep-v0"])))
    except (struct.error, zlib.error, RecursionError) as error:
        raise ValueError("damaged") from error
    return []


def sections(stream: BinaryIO) -> Iterator[Section]:
    """The sections of an ELF file: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html."""
    stream.seek(0)
    head = stream.read(64)
    if len(head) < 52 or head[:4] != ELF or head[4] not in (1, 2) or head[5] not in (1, 2):
        return
    order, wide = "<" if head[5] == 1 else ">", head[4] == 2
    place = struct.unpack_from(f"{order}Q", head, 40)[0] if wide else struct.unpack_from(f"{order}I", head, 32)[0]
    size, count, names = struct.unpack_from(f"{order}HHH", head, 58 if wide else 46)
    if not place or size < (64 if wide else 40) or not count or count > _SECTIONS or names >= count:
        return
    table = _read(stream, place, size * count)
    shape = f"{order}4xI8xQQQ" if wide else f"{order}4xI4xIII"
    found = []
    for number in range(min(count, len(table) // size)):
        name = struct.unpack_from(f"{order}I", table, size * number)[0]
        _kind, address, offset, length = struct.unpack_from(shape, table, size * number)
        found.append((name, Section(b"", address, offset, length)))
    if names >= len(found):
        return
    texts = _bytes(stream, found[names][1])
    for name, section in found:
        yield Section(texts[name:].partition(b"\0")[0], section.address, section.offset, section.size)


def _bytes(stream: BinaryIO, section: Section) -> bytes:
    return _read(stream, section.offset, section.size)


def _read(stream: BinaryIO, place: int, size: int) -> bytes:
    if size > _MOST or place > _FARTHEST:
        raise ValueError("too big")
    stream.seek(place)
    return stream.read(size)


def _go(stream: BinaryIO, section: Section, among: list[Section]) -> Iterator[Package]:
    data = _bytes(stream, section)
    if not data.startswith(_GO_MAGIC) or len(data) < 32:
        raise ValueError("no build information")
    if data[15] & _INLINE:
        version, at = _counted(data, 32)
        modules, _ = _counted(data, at)
    else:
        version, modules = _pointed(stream, data, among)
    yield from _go_packages(version.decode("utf-8", "replace"), modules)


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    length = shift = 0
    while at < len(data):
        byte = data[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    if length > len(data) - at:
        raise ValueError("cut off")
    return data[at : at + length], at + length


def _pointed(stream: BinaryIO, data: bytes, among: list[Section]) -> tuple[bytes, bytes]:
    """Two pointers, each at a pointer and a length."""
    width, order = data[14], ">" if data[15] & 1 else "<"
    if width not in (4, 8):
        raise ValueError("no size of a pointer")
    letter = "Q" if width == 8 else "I"
    texts = []
    for number in range(2):
        (place,) = struct.unpack_from(f"{order}{letter}", data, 16 + width * number)
        start, length = struct.unpack(f"{order}2{letter}", _at(stream, place, 2 * width, among))
        texts.append(_at(stream, start, length, among) if length else b"")
    return texts[0], texts[1]


def _at(stream: BinaryIO, address: int, length: int, among: list[Section]) -> bytes:
    for section in among:
        if section.address and section.address <= address < section.address + section.size:
            return _read(stream, section.offset + address - section.address, length)
    raise ValueError("an address that is nowhere")


def _go_packages(version: str, modules: bytes) -> Iterator[Package]:
    if version.startswith("go"):
        yield Package(system=GO, name="stdlib", version=version[2:].partition(" ")[0])
    text = modules[_MARKS:-_MARKS].decode("utf-8", "replace") if len(modules) > 2 * _MARKS else ""
    found: list[tuple[str, str]] = []
    for line in text.split("\n"):
        words = line.split("\t")
        if words[0] in ("mod", "dep") and len(words) >= 3:
            found.append((words[1], words[2]))
        elif words[0] == "=>" and len(words) >= 3 and found:  # what stands in place of the last one
            found[-1] = (words[1], words[2])
    for name, said in found:
        if said != "(devel)" and not name.startswith((".", "/")):
            yield Package(system=GO, name=name, version=said.removeprefix("v"))


def _rust(data: bytes) -> Iterator[Package]:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, _MOST)
    if unpacker.unconsumed_tail:
        raise ValueError("too big")
    value: Any = json.loads(text)
    listed = value.get("packages") if isinstance(value, Mapping) else None
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, Mapping) and entry.get("kind", "runtime") == "runtime" and not entry.get("root"):
            name, version = entry.get("name"), entry.get("version")
            if isinstance(name, str) and isinstance(version, str):
                yield Package(system=RUST, name=name, version=version, extra={"from": str(entry.get("source", ""))})
