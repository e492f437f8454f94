"""Digests of files and folders, byte for byte those that the tools write."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Protocol

from mlsec_nb.core import CannotRead, CannotScan, Globs
from mlsec_nb.io.files import LocalFile, why

_CHUNK = 1 << 20
_TEXT = bytes([*range(32, 127), *b"\n\r\t\f\b"])
_HIDDEN = frozenset({".git", ".hg", ".dvc", ".svn"})


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def known(algorithm: str) -> bool:
    """Whether digests of this name can be made here."""
    return algorithm in {"md5-dos2unix", "git-blob"} or algorithm in hashlib.algorithms_guaranteed - {
        "shake_128", "shake_256",
    }  # fmt: skip


def of_file(path: Path, algorithm: str) -> str:
    """The digest of a file in lower-case hexadecimal; raises `CannotRead`."""
    with LocalFile(str(path)).open() as stream:
        try:
            if algorithm == "md5-dos2unix":
                return _dos2unix(stream)
            if algorithm == "git-blob":
                start = hashlib.sha1(b"blob %d\0" % os.fstat(stream.fileno()).st_size, usedforsecurity=False)
                return _fed(stream, start)
            return _fed(stream, hashlib.new(algorithm, usedforsecurity=False))
        except OSError as error:
            raise CannotRead(why(error)) from error


def of_files(files: Mapping[str, Path], algorithm: str) -> dict[str, str]:
    """The digests of many files by their names; large ones side by side, where small ones would only wait in line."""
    large = {name for name, path in files.items() if os.path.isfile(path) and os.path.getsize(path) > _CHUNK}  # noqa: PTH113, PTH202 - no error for what cannot be seen
    found = {name: of_file(path, algorithm) for name, path in files.items() if name not in large}
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        names = sorted(large)
        found.update(zip(names, pool.map(lambda name: of_file(files[name], algorithm), names), strict=True))
    return found


def _fed(stream: BinaryIO, digest: _Hash) -> str:
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _dos2unix(stream: BinaryIO) -> str:
    """DVC 2: line ends of text count as LF, where each MiB is text or not by its first 512 bytes."""
    digest = hashlib.md5(usedforsecurity=False)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk.replace(b"\r\n", b"\n") if _is_text(chunk[:512]) else chunk)
    return digest.hexdigest()


def _is_text(block: bytes) -> bool:
    return b"\0" not in block and len(block.translate(None, _TEXT)) <= 0.3 * len(block)


def listing(files: dict[str, str]) -> bytes:
    """DVC's list of a folder, whose md5 is the digest of the folder."""
    entries = [{"md5": digest, "relpath": name} for name, digest in sorted(files.items())]
    return json.dumps(entries, sort_keys=True).encode()


def walk(folder: Path, ignored: Callable[[str, bool], bool], limit: int) -> Iterator[tuple[str, Path]]:
    """Every file below a folder by its relative path; links are followed, each real folder once."""
    todo, seen, count = [(folder, "")], set(), 0
    while todo:
        here, prefix = todo.pop()
        try:
            place = (here.stat().st_dev, here.stat().st_ino)
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            raise CannotRead(f"{prefix or 'the folder'}: {why(error)}") from error
        if place in seen:
            continue
        seen.add(place)
        for entry in entries:
            name, is_folder = prefix + entry.name, entry.is_dir()
            if (is_folder and entry.name in _HIDDEN) or ignored(name, is_folder):
                continue
            count += 1
            if count > limit:
                raise CannotScan(f"the folder has more than {limit:,} entries, the limit", "too-big")
            if is_folder:
                todo.append((Path(entry.path), name + "/"))
            else:
                yield name, Path(entry.path)


def ignored_by(root: Path, folder: Path) -> Callable[[str, bool], bool]:
    """What the `.dvcignore` files from a repository's root down to a pinned folder leave out of it."""
    rules: list[tuple[str, Globs]] = []
    for place in reversed([folder, *folder.parents]):
        if place.is_relative_to(root) and (place / ".dvcignore").is_file():
            try:
                lines = LocalFile(str(place / ".dvcignore")).read(_CHUNK).decode("utf-8", "surrogateescape")
            except CannotRead:
                continue
            inside = folder.relative_to(place).as_posix()
            rules.append(("" if inside == "." else inside + "/", Globs.of(lines.split("\n"))))

    def ignored(name: str, is_folder: bool) -> bool:
        said = [globs.says(prefix + name, folder=is_folder) for prefix, globs in rules]
        return next((bool(word) for word in reversed(said) if word is not None), False)

    return ignored
