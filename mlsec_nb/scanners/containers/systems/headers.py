"""The header of one rpm package, as databases hold it: https://rpm-software-management.github.io/rpm/manual/hregions.html.

Two counts, an index of (tag, type, offset, count), and the data that the index points into; all numbers big-endian.
"""

import struct
from typing import Final

from mlsec_nb.scanners.containers.packages import RPM, Digests, Package

NAME, VERSION, RELEASE, EPOCH, LICENSE, ARCH = 1000, 1001, 1002, 1003, 1014, 1022
SOURCERPM, VENDOR, MODULARITY = 1044, 1011, 5096
DIGESTS, DIRINDEXES, BASENAMES, DIRNAMES, ALGORITHM = 1035, 1116, 1117, 1118, 5011
_WANTED: Final = frozenset({
    NAME, VERSION, RELEASE, EPOCH, LICENSE, ARCH, SOURCERPM, VENDOR, MODULARITY, DIGESTS, DIRINDEXES, BASENAMES,
    DIRNAMES, ALGORITHM,
})  # fmt: skip
_INT32, _STRING, _STRINGS, _LOCAL = 4, 6, 8, 9
_ALGORITHMS: Final = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512"}
_MOST: Final = 1 << 20  # entries of one index

Value = list[str] | list[int]


def tags(blob: bytes) -> dict[int, Value]:
    """The tags that are of use here; raises `ValueError` for what is no header."""
    if len(blob) < 8:
        raise ValueError("too short")
    count, size = struct.unpack_from(">II", blob)
    store = 8 + 16 * count
    if not 0 < count < _MOST or store + size > len(blob):
        raise ValueError("counts that do not fit")
    found: dict[int, Value] = {}
    for at in range(8, store, 16):
        tag, kind, offset, number = struct.unpack_from(">IIII", blob, at)
        if tag in _WANTED and offset < size:
            value = _value(blob, kind, store + offset, number, store + size)
            if value:
                found[tag] = value
    return found


def _value(blob: bytes, kind: int, at: int, number: int, end: int) -> Value:
    if kind == _INT32:
        number = min(number, (end - at) // 4)
        return list(struct.unpack_from(f">{number}I", blob, at))
    if kind in (_STRING, _STRINGS, _LOCAL):
        pieces = blob[at:end].split(b"\0", number if kind == _STRINGS else 1)
        return [piece.decode("utf-8", "surrogateescape") for piece in pieces[: number if kind == _STRINGS else 1]]
    return []


def package(found: dict[int, Value]) -> Package | None:
    """The package of a header, its version with epoch and release as `rpm` compares it."""
    name, version, release = (_text(found, tag) for tag in (NAME, VERSION, RELEASE))
    if not name or not version:
        return None
    epoch = found.get(EPOCH, [])
    whole = f"{epoch[0]}:" if epoch else ""
    whole += f"{version}-{release}" if release else version
    source = _text(found, SOURCERPM).removesuffix(".src.rpm").removesuffix(".nosrc.rpm")
    extra = {"vendor": _text(found, VENDOR), "module": _text(found, MODULARITY)}
    return Package(
        system=RPM, name=name, version=whole, arch=_text(found, ARCH), licence=_text(found, LICENSE),
        source=source.rsplit("-", 2)[0] if source.count("-") > 1 else name, source_version=whole,
        extra={key: value for key, value in extra.items() if value and value != "(none)"},
    )  # fmt: skip


def owned(found: dict[int, Value]) -> Digests:
    """The files of a header with their digests."""
    names, folders, indexes = found.get(BASENAMES, []), found.get(DIRNAMES, []), found.get(DIRINDEXES, [])
    digests = found.get(DIGESTS, [])
    algorithm = _ALGORITHMS.get(_number(found, ALGORITHM, 1), "")
    files = Digests()
    for number, (name, index) in enumerate(zip(names, indexes, strict=False)):
        if isinstance(index, int) and index < len(folders):
            digest = str(digests[number]) if number < len(digests) else ""
            path = f"{folders[index]}{name}".lstrip("/")
            files[path] = f"{algorithm}:{digest}" if digest and algorithm else ""
    return files


def _text(found: dict[int, Value], tag: int) -> str:
    value = found.get(tag, [])
    return str(value[0]) if value else ""


def _number(found: dict[int, Value], tag: int, default: int) -> int:
    value = found.get(tag, [])
    return int(value[0]) if value else default
