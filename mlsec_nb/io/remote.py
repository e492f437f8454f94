"""Files that are named by a URL: object stores, hubs, archives; read through fsspec, piece by piece.

Memory is bounded by a few pieces whatever the size of a file. A file of which another piece is asked for must be the
one that was listed: after each further request its version is compared.
"""

import contextlib
import io
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, cast

from mlsec_nb.core import CannotRead, UsageError

from .files import too_big, why
from .urls import PACKED, filesystem, is_on_network, printable, reading, shown, usable

BLOCK: Final = 1 << 12  # bytes of one range that is asked for at least
_FIRST, _MOST = 1 << 18, 8 << 20  # bytes of the pieces of a stream: they double while it is read in order
_KEPT = 16_384  # blocks of `Ranges`: 64 MiB
# What tells one version of a file from the next, as the libraries name it.
_VERSIONS = (
    "ETag", "etag", "generation", "md5Hash", "sha", "blob_id", "LastModified", "last_modified", "mtime", "created",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a folder; `size` and `version` (its kind and what it says) are None when the server does not say."""

    path: str
    folder: bool
    size: int | None
    version: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What a URL names."""

    url: str = field(repr=False)

    @classmethod
    def of(cls, url: str, *, offline: bool) -> "Place":
        """Raises `UsageError` when its scheme is not known, a library is missing, or the network is forbidden."""
        if offline and is_on_network(url):
            raise UsageError(f"{shown(url)} is on the network, and this run is offline")
        with usable(url):
            filesystem(url)[0].clear_instance_cache()  # of which one may hold the credentials of an hour ago
        return cls(url)

    @property
    def path(self) -> str:
        """The path within the file system."""
        return str(filesystem(self.url)[1])

    def info(self) -> Listed:
        """The entry itself; raises `CannotRead`."""
        system, path = filesystem(self.url)
        with reading(self.url):
            if path.strip("/") == "":
                return Listed(path, folder=True, size=None)
            return _listed(system.info(path))

    def entries(self, folder: str) -> list[Listed]:
        """What is in a folder, in the order of the names; raises `CannotRead`."""
        system, _ = filesystem(self.url)
        with reading(self.url):
            found = [_listed(entry) for entry in system.ls(folder, detail=True)]
        return sorted((one for one in found if one.path.strip("/") != folder.strip("/")), key=lambda one: one.path)

    def matching(self) -> list[Listed]:
        """The files that a URL with wildcards names; raises `CannotRead`."""
        system, path = filesystem(self.url)
        with reading(self.url):
            found = system.glob(path, detail=True)
        return [one for _, entry in sorted(found.items()) if not (one := _listed(entry)).folder]

    def full(self, path: str) -> str:
        """The whole URL of a path of this file system; it may hold credentials."""
        first, sep, rest = self.url.partition("::")
        scheme, _, typed = first.partition("://")
        if scheme in {"http", "https"}:
            return path + sep + rest
        tail = path.lstrip("/")
        if scheme in {"github", "ftp", "sftp", "ssh"}:  # the host is no part of the path
            tail = f"{typed.partition('/')[0]}/{tail}"
        return f"{scheme}://{tail}{sep}{rest}"

    def named(self, path: str) -> str:
        """A path of this file system as a report may show it: `s3://bucket/all.zip!/inside.py` for one in an archive.

        It ends as the file's own name ends; what a key of a store holds (`?`, `#`) is kept.
        """
        first, *around = self.full(path).split("::")
        scheme, _, tail = first.partition("://")
        if scheme in {"http", "https"}:
            first = shown(first)
        elif scheme in {"ftp", "sftp", "ssh"}:
            first = f"{scheme}://{tail.partition('/')[0].rpartition('@')[2]}/{tail.partition('/')[2]}"
        inner = (part.partition("://")[2] for part in reversed([first, *around[:-1]]))
        return "!/".join([shown(around[-1]), *(printable(part) for part in inner)]) if around else printable(first)

    def file(self, listed: Listed) -> "RemoteFile":
        """The content of a file; raises `CannotRead` when nobody says how long it is."""
        size = listed.size
        if size is None:
            with reading(self.url):
                size = filesystem(self.url)[0].size(listed.path)
        if size is None:
            raise CannotRead("its server does not say how many bytes it has")
        return RemoteFile(self.url, listed.path, size, listed.version)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """The content of a file behind a URL; sendable, for it opens its file system where it is read."""

    url: str = field(repr=False)
    path: str = field(repr=False)
    size: int
    version: tuple[str, str] | None = None

    @property
    def local(self) -> None:
        return None

    @property
    def has_ranges(self) -> bool:
        """True when any piece can be read without what stands before it."""
        return self.url.partition("://")[0].lower() not in PACKED

    def open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Stream(self)))

    def head(self, count: int) -> bytes:
        """The first bytes, by one request."""
        return self.fetcher().piece(0, min(count, self.size)) if self.size else b""

    def read(self, limit: int) -> bytes:
        """All bytes, by one request."""
        if self.size > limit:
            raise too_big(limit)
        return self.fetcher().all() if self.size else b""

    def ranges(self) -> "Ranges":
        """The bytes as something that is sliced and searched, of which only what is asked for is fetched."""
        return Ranges(self)

    def fetcher(self) -> "_Fetcher":
        return _Fetcher(self)


class _Fetcher:
    """Asks for pieces of one file; raises `CannotRead`, also when the file is no longer what it was."""

    def __init__(self, content: RemoteFile) -> None:
        self._content = content
        self._asked = 0
        with reading(content.url):
            self._system, _ = filesystem(content.url)
            self._stream = None if content.has_ranges else self._system.open(content.path, "rb")

    def all(self) -> bytes:
        """One byte more is asked for than there should be: a file that has grown gives it."""
        return self._whole(0, self._content.size, 1)

    def piece(self, start: int, end: int) -> bytes:
        """The bytes from one offset to another."""
        self._asked += 1
        return self._whole(start, end, 0)

    def _whole(self, start: int, end: int, more: int) -> bytes:
        with reading(self._content.url):
            if self._stream is None:
                data = bytes(self._system.cat_file(self._content.path, start=start, end=end + more))
            else:
                self._stream.seek(start)
                data = bytes(self._stream.read(end + more - start))
        if len(data) != end - start:
            raise _changed()
        return data

    def check(self) -> None:
        """Raises `CannotRead` when the pieces may be of two versions."""
        if self._asked < 2 or self._content.version is None or self._stream is not None:
            return
        kind, was = self._content.version
        with reading(self._content.url):
            entry = self._system.info(self._content.path)
        if entry.get(kind) is not None and str(entry[kind]) != was:
            raise _changed()


def _changed() -> CannotRead:
    return CannotRead("changed while it was read")


class _Stream(io.RawIOBase):
    """A file behind a URL as a stream: pieces that grow while it is read in order."""

    def __init__(self, content: RemoteFile) -> None:
        self._size = content.size
        self._fetcher = content.fetcher()
        self._at = 0
        self._piece, self._begin, self._step = b"", 0, _FIRST

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(offset + (0, self._at, self._size)[whence], 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        target = memoryview(buffer).cast("B")
        end = self._begin + len(self._piece)
        if not self._begin <= self._at < end:
            if self._at >= self._size:
                return 0
            self._step = min(self._step * 2, _MOST) if self._at == end and end else _FIRST
            self._piece = self._fetcher.piece(self._at, min(self._at + max(self._step, len(target)), self._size))
            self._fetcher.check()
            self._begin = self._at
        given = memoryview(self._piece)[self._at - self._begin :][: len(target)]
        target[: len(given)] = given
        self._at += len(given)
        return len(given)


class Ranges:
    """What of `bytes` a reader of formats uses: length, slices, `find`; blocks are fetched when they are touched."""

    def __init__(self, content: RemoteFile) -> None:
        self._size = content.size
        self._fetcher = content.fetcher()
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            start, stop, step = key.indices(self._size)
            return self._run(start, stop)[::step] if start < stop else b""
        at = key + self._size if key < 0 else key
        if not 0 <= at < self._size:
            raise IndexError("index out of range")
        return self._run(at, at + 1)[0]

    def find(self, what: bytes, start: int = 0, end: int | None = None) -> int:
        """As `bytes.find`, a megabyte at a time."""
        stop = self._size if end is None else min(end, self._size)
        for at in range(start, stop, 1 << 20):
            found = self._run(at, min(at + (1 << 20) + len(what) - 1, stop)).find(what)
            if found >= 0:
                return at + found
        return -1

    def check(self) -> None:
        """Raises `CannotRead` when the pieces so far may be of two versions of the file."""
        self._fetcher.check()

    def _run(self, start: int, stop: int) -> bytes:
        """Neighbours that are missing come in one request."""
        first, last = start // BLOCK, (stop - 1) // BLOCK
        parts: list[bytes] = []
        number = first
        while number <= last:
            if number in self._blocks:
                self._blocks.move_to_end(number)
                parts.append(self._blocks[number])
                number += 1
                continue
            end = number
            while end <= last and end not in self._blocks:
                end += 1
            data = self._fetcher.piece(number * BLOCK, min(end * BLOCK, self._size))
            parts.append(data)
            for one in range(max(number, end - _KEPT), end):
                begin = (one - number) * BLOCK
                self._blocks[one] = data[begin : begin + BLOCK]
            number = end
            while len(self._blocks) > _KEPT:
                self._blocks.popitem(last=False)
        joined = parts[0] if len(parts) == 1 else b"".join(parts)
        return joined[start - first * BLOCK : stop - first * BLOCK]


@contextlib.contextmanager
def spooled(content: RemoteFile) -> Iterator[BinaryIO]:
    """All bytes in a nameless file on this disk, for what has to be a real file; raises `CannotRead`."""
    with tempfile.TemporaryFile() as kept:
        try:
            with content.open() as stream:
                shutil.copyfileobj(stream, kept, _MOST)
            kept.flush()
        except OSError as error:
            raise CannotRead(f"cannot be kept on this disk: {why(error)}") from error
        yield cast("BinaryIO", kept)


def _listed(entry: Any) -> Listed:
    size = entry.get("size")
    kind = next((name for name in _VERSIONS if entry.get(name) is not None), None)
    version = (kind, str(entry[kind])) if kind else None
    is_folder = entry.get("type") == "directory"
    return Listed(str(entry["name"]), is_folder, int(size) if size is not None else None, version)
