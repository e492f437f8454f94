"""Files in, bounded; files out, whole or not at all."""

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from mlsec_nb.core import CannotRead, UsageError

_OPEN = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a named pipe would wait for a writer
_CHUNK = 1 << 20
_NOT_A_FILE = (
    (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"),
)  # fmt: skip
_WORDS = {
    errno.ENOENT: "it is not there (any more)",
    errno.ENOTDIR: "it is not there (any more)",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENXIO: "is a socket or device, not a file",
    errno.ELOOP: "its symbolic links go in a circle",
    errno.ENAMETOOLONG: "its path is too long for this system",
    errno.ENOSPC: "no space is left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
}


def why(error: OSError | ValueError) -> str:
    """An error of the system in a reader's words."""
    if isinstance(error, OSError):
        return _WORDS.get(error.errno or 0) or (error.strerror or type(error).__name__).lower()
    return "its path cannot be a path on this system"


def not_a_file(mode: int) -> str | None:
    """What a directory entry is when it is no regular file, from its `st_mode`; None for a file."""
    if stat.S_ISREG(mode):
        return None
    return next((name for test, name in _NOT_A_FILE if test(mode)), "something that is no file")


def named(text: str, root: Path = Path()) -> tuple[str | None, Path]:
    """`tool:file` as the tool and the file below `root`; no tool for what is a file as it stands."""
    tool, _, rest = text.partition(":")
    if rest and re.fullmatch(r"[a-z][a-z-]+", tool) and not (root / text).exists():
        return tool, root / rest
    return None, root / text


@dataclass(frozen=True, slots=True)
class LocalFile:
    """The content of a regular file; pipes, devices and folders are refused without waiting."""

    path: str

    @property
    def size(self) -> int:
        with _reading():
            return os.stat(self.path).st_size

    @property
    def local(self) -> str | None:
        return self.path

    def open(self) -> BinaryIO:
        with _reading():
            descriptor = os.open(self.path, _OPEN | _NEVER_WAIT)
            if what := not_a_file(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise CannotRead(f"is {what}, not a file")
            return os.fdopen(descriptor, "rb")

    def read(self, limit: int) -> bytes:
        with self.open() as stream, _reading():
            return read_bounded(stream, limit, os.fstat(stream.fileno()).st_size)


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """The content of a folder that is one thing (an OCI layout): it has a place and no bytes of its own."""

    path: str
    size: int = 0

    @property
    def local(self) -> str | None:
        return self.path

    def open(self) -> BinaryIO:
        raise CannotRead("is a folder, not a file")

    def read(self, limit: int) -> bytes:
        del limit
        raise CannotRead("is a folder, not a file")


@dataclass(frozen=True, slots=True)
class Memory:
    """The content of bytes that are in memory already: standard input, a live notebook, a blob."""

    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def local(self) -> str | None:
        return None

    def open(self) -> BinaryIO:
        return BytesIO(self.data)

    def read(self, limit: int) -> bytes:
        if len(self.data) > limit:
            raise too_big(limit)
        return self.data


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Turns the system's errors into `CannotRead`."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise CannotRead(why(error)) from error


def too_big(limit: int) -> CannotRead:
    return CannotRead(f"has more than {limit:,} bytes, the limit", "too-big")


def read_bounded(stream: BinaryIO, limit: int, expected: int = 0) -> bytes:
    """All bytes of a stream; raises `CannotRead` when there are more than `limit`, whatever its size was said to be."""
    if expected > limit:
        raise too_big(limit)
    parts = [stream.read(expected + 1)]
    total = len(parts[0])
    while parts[-1] and total <= limit:
        parts.append(stream.read(min(_CHUNK, limit + 1 - total)))
        total += len(parts[-1])
    if total > limit:
        raise too_big(limit)
    return b"".join(parts) if len(parts) > 2 else parts[0]


def write_atomic(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Writes a file whole or not at all, through symbolic links, keeping its mode; raises `UsageError` when it cannot.

    A device or pipe (`/dev/stdout`) is written to, not replaced.
    """
    raw = data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    try:
        target = Path(path).resolve()
        old = _stat(target)
        if old is not None and stat.S_ISDIR(old.st_mode):
            raise UsageError(f"{os.fspath(path)}: cannot be written: is a folder, not a file")
        if old is not None and not stat.S_ISREG(old.st_mode):
            target.write_bytes(raw)
        else:
            _replace(target, raw, old)
    except (OSError, ValueError, RuntimeError) as error:
        reason = "its symbolic links go in a circle" if isinstance(error, RuntimeError) else why(error)
        raise UsageError(f"{os.fspath(path)}: cannot be written: {reason}") from error


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def new_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A stream whose bytes become a file that was not there before, whole or not at all.

    Raises `UsageError` when the file is there, or cannot be written.
    """
    target = Path(path)
    try:
        if os.path.lexists(target):
            raise UsageError(f"{os.fspath(path)}: is there already")
        with _beside(target, None) as stream:
            yield stream
    except OSError as error:
        raise UsageError(f"{os.fspath(path)}: cannot be written: {why(error)}") from error


def _replace(target: Path, raw: bytes, old: os.stat_result | None) -> None:
    with _beside(target, old) as stream:
        stream.write(raw)


@contextlib.contextmanager
def _beside(target: Path, old: os.stat_result | None) -> Iterator[BinaryIO]:
    """Writes beside the target and moves over it; whatever happens, no temporary file stays."""
    beside = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(beside, flags, 0o666 if old is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
            if old is not None:
                _like(beside, old)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _like(path: Path, old: os.stat_result) -> None:
    """Owner (where we may) and mode of the file that is replaced."""
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(path, old.st_uid, old.st_gid)
    path.chmod(stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    """Makes the move itself lasting; systems that cannot open a folder need no such thing."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
