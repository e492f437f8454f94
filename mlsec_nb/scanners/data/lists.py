"""Pins that are no DVC's: checksum lists, Croissant, Frictionless, Hugging Face's metadata and cache."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mlsec_nb.core import CannotRead, CannotScan, Finding, Gap
from mlsec_nb.io.files import LocalFile

from .hashing import known
from .pins import BY_LENGTH, HEX, Base, Pin, line_of
from .rules import Teller, named

_LIST = re.compile(r"(?i)(?:^|[._-])(md5|sha1|sha224|sha256|sha384|sha512|b2|check)sums?(?:\.(?:txt|asc|list))?$"
                   r"|\.(md5|sha1|sha256|sha384|sha512)$")  # fmt: skip
# GNU coreutils: digest, space, space or star, name; BSD: ALGORITHM (name) = digest.
_GNU = re.compile(r"\\?(?P<digest>[0-9a-fA-F]{32,128})(?:\s+\*?(?P<name>\S.*))?$")
_BSD = re.compile(r"(?P<algorithm>[A-Za-z0-9-]+) ?\((?P<name>.+)\) ?= ?(?P<digest>[0-9a-fA-F]{32,128})$")
_CACHE = re.compile(r"(?:models|datasets|spaces)--")
_LEVELS = 4  # folders above a file in which Hugging Face's metadata is looked for


def is_list(name: str) -> bool:
    """Whether a file is a list of checksums by its name."""
    return _LIST.search(name) is not None


def is_descriptor(name: str) -> bool:
    """Whether a file may describe data and pin it, by its name."""
    return name in {"datapackage.json", "croissant.json", "metadata.json"} or name.endswith(
        (".croissant.json", "-croissant.json", ".datapackage.json", ".resource.json")
    )


def of_list(text: str, path: str, base: Base, teller: Teller) -> Iterator[Pin | Finding | Gap]:
    """What a list of checksums promises; lines that are none are left alone, for signatures stand around lists."""
    own = PurePosixPath(path)
    blake = own.name.lower().startswith("b2")
    for number, line in enumerate(text.split("\n"), 1):
        found = _BSD.match(line.strip()) or _GNU.match(line.strip())
        if not found:
            continue
        name = found["name"] or own.stem
        digest = found["digest"].lower()
        algorithm = BY_LENGTH.get(len(digest), "")
        if blake and len(digest) == 128:
            algorithm = "blake2b"
        if said := found.groupdict().get("algorithm"):
            algorithm = {"BLAKE2b": "blake2b"}.get(said, said.lower().replace("-", ""))
        yield from _pin(name, algorithm, digest, None, number, base, teller)


def _pin(
    name: str, algorithm: str, digest: str, size: int | None, line: int | None, base: Base, teller: Teller
) -> Iterator[Pin | Finding | Gap]:
    target, shown = base.find(name), named(name)
    if target is None:
        yield teller.found(
            "DATA-PIN-OUTSIDE", shown, f"{shown} is outside of the repository and was not read", line=line
        )
    elif not known(algorithm):
        yield teller.gap(f"{shown} has no digest that can be verified here", "unsupported", line)
    else:
        yield Pin(target=target, name=shown, algorithm=algorithm, digest=digest, size=size, line=line, optional=True)


def of_descriptor(text: str, base: Base, teller: Teller) -> Iterator[Pin | Finding | Gap]:
    """What a description of data pins.

    Data packages: https://specs.frictionlessdata.io. Croissant: https://docs.mlcommons.org/croissant.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CannotScan("is no valid JSON", "malformed") from error
    if not isinstance(value, Mapping):
        return
    for entry in _entries(value.get("resources")):
        paths = entry.get("path")
        if isinstance(paths, str) and isinstance(entry.get("hash"), str):
            algorithm, _, digest = entry["hash"].rpartition(":")
            yield from _described(text, paths, algorithm or "md5", digest, entry.get("bytes"), base, teller)
    for entry in _entries(value.get("distribution")):
        url = entry.get("contentUrl")
        for algorithm in ("sha256", "md5"):
            if isinstance(url, str) and isinstance(entry.get(algorithm), str) and "containedIn" not in entry:
                yield from _described(text, url, algorithm, entry[algorithm], None, base, teller)
                break


def _described(
    text: str, name: str, algorithm: str, digest: str, size: Any, base: Base, teller: Teller
) -> Iterator[Pin | Finding | Gap]:
    if "://" in name or not HEX.match(digest):
        return  # lies on another machine, or is a placeholder
    counted = size if isinstance(size, int) and not isinstance(size, bool) else None
    algorithm = algorithm.lower().replace("-", "")
    yield from _pin(name, algorithm, digest.lower(), counted, line_of(text, digest), base, teller)


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def of_hub(local: str) -> Pin | None:
    """What Hugging Face's own tools noted of a file that they fetched, in its cache or beside a folder of downloads."""
    path = Path(local)
    real = path.resolve()
    if real.parent.name == "blobs" and _CACHE.match(real.parent.parent.name) and HEX.match(real.name):
        return _etag(path, real.name)
    for folder in list(path.absolute().parents)[:_LEVELS]:
        inside = path.absolute().relative_to(folder).as_posix()
        note = folder / ".cache/huggingface/download" / f"{inside}.metadata"
        if note.is_file():
            try:
                lines = LocalFile(str(note)).read(4096).decode("ascii", "replace").split("\n")
            except CannotRead:
                return None
            return _etag(path, lines[1].strip()) if len(lines) > 1 else None
    return None


def _etag(path: Path, etag: str) -> Pin | None:
    """The tag is the SHA-256 of a large file, the git blob of a small one; any other says nothing of the bytes."""
    algorithm = {64: "sha256", 40: "git-blob"}.get(len(etag))
    if not algorithm or not HEX.match(etag):
        return None
    return Pin(target=path, name=named(path.name), algorithm=algorithm, digest=etag.lower())
