"""Files that are kept below the user's cache folder, by names that say what is in them."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mlsec_nb.core import CannotRead

from .files import LocalFile, why

Sink = Callable[[bytes], object]
MOST: Final = 16 << 30  # bytes of one folder; what was not used for longest goes first


def cache(name: str) -> Path:
    """A folder below `$XDG_CACHE_HOME` (https://specifications.freedesktop.org/basedir-spec/latest/)."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "mlsec" / name


def private_folder(folder: Path) -> Path:
    """Makes a folder, and those on the way to it, for the user alone; one of ours that others may read is closed."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    for ours in (one for one in (folder, *folder.parents) if one.name == "mlsec"):
        if ours.stat().st_mode & 0o077:
            ours.chmod(0o700)
    return folder


def private_file(path: Path) -> Path:
    """Makes a file that is not there, and closes one that is, for the user alone."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600))
    path.chmod(0o600)
    return path


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@dataclass(frozen=True, slots=True)
class Kept:
    """Files in one folder; a file is there whole or not at all."""

    folder: Path
    most: int = MOST

    def get(self, name: str) -> LocalFile | None:
        """A file by a name that `put` took, None when it is not kept (any more)."""
        path = self._path(name)
        try:
            os.utime(path)
        except OSError:
            return None
        return LocalFile(str(path))

    def put(self, name: str, fill: Callable[[Sink], object], digest: str | None = None) -> LocalFile:
        """Keeps what `fill` writes; raises `CannotRead` when that has another digest (as in `sha256:…`)."""
        path = self._path(name)
        found = hashlib.new(digest.partition(":")[0] if digest else "sha256")
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            private_folder(self.folder)
            with open(beside, "xb", opener=_private) as stream:

                def sink(data: bytes) -> None:
                    stream.write(data)
                    found.update(data)

                fill(sink)
            if digest and f"{found.name}:{found.hexdigest()}" != digest:
                raise CannotRead(f"came with other bytes than its digest {digest[:19]}… says", "malformed")
            beside.replace(path)
        except OSError as error:
            raise CannotRead(f"cannot be kept in {self.folder}: {why(error)}") from error
        finally:
            with contextlib.suppress(OSError):
                beside.unlink()
        self._trim(path)
        return LocalFile(str(path))

    def _path(self, name: str) -> Path:
        return self.folder / "".join(c if c.isalnum() else "-" for c in name)

    def _trim(self, newest: Path) -> None:
        """Deletes what was not used for longest when all together is too much."""
        with contextlib.suppress(OSError):  # somebody else may be trimming too
            states = [(path.stat(), path) for path in self.folder.iterdir()]
            files = [(state.st_mtime_ns, state.st_size, path) for state, path in states]
            total = sum(size for _, size, _ in files)
            for _, size, path in sorted(files):
                if total <= self.most or path == newest:
                    break
                path.unlink()
                total -= size
