"""Contents inside contents: a window on one, or one unpacked on the way; nothing is written to disk."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast

from mlsec_nb.core import CannotRead, Content

from .files import read_bounded

_CHUNK = 1 << 16


class _Unpacker(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


_UNPACKERS: dict[str, Callable[[], _Unpacker]] = {
    "deflate": lambda: cast("_Unpacker", zlib.decompressobj(-zlib.MAX_WBITS)),
    "zlib": lambda: cast("_Unpacker", zlib.decompressobj()),
    "gzip": lambda: cast("_Unpacker", zlib.decompressobj(zlib.MAX_WBITS | 16)),
    "bzip2": lambda: cast("_Unpacker", bz2.BZ2Decompressor()),
    "xz": lambda: cast("_Unpacker", lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=1 << 28)),
}
_CONCATENATED = frozenset({"gzip", "bzip2", "xz"})  # several streams behind each other are one file


@dataclass(frozen=True, slots=True)
class Window:
    """So many bytes of another content, from an offset on."""

    whole: Content
    offset: int
    size: int

    @property
    def local(self) -> str | None:
        return None

    def open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_WindowStream(self.whole.open(), self.offset, self.size)))

    def read(self, limit: int) -> bytes:
        with self.open() as stream:
            return read_bounded(stream, limit, self.size)


class _WindowStream(io.RawIOBase):
    def __init__(self, stream: BinaryIO, offset: int, size: int) -> None:
        self._stream, self._offset, self._size, self._place = stream, offset, size, 0
        stream.seek(offset)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        wanted = max(min(len(buffer), self._size - self._place), 0)
        data = self._stream.read(wanted)
        if wanted and not data:
            raise CannotRead("is cut off", "malformed")
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(base + offset, 0)
        self._stream.seek(self._offset + min(self._place, self._size))
        return self._place

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A compressed content, unpacked while it is read.

    `size` is what is known before reading: what an archive declares, or for a bare stream the most that may come.
    More than that is refused, and so is data that ends too early.
    """

    packed: Content
    method: str
    size: int
    declared: bool = True

    @property
    def local(self) -> str | None:
        return None

    def open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_UnpackedStream(self), _CHUNK))

    def read(self, limit: int) -> bytes:
        with self.open() as stream:
            return read_bounded(stream, limit, self.size if self.declared else 0)


class _UnpackedStream(io.RawIOBase):
    """Forward by unpacking, backward by beginning again."""

    def __init__(self, content: Unpacked) -> None:
        self._content = content
        self._stream = content.packed.open()
        self._begin()

    def _begin(self) -> None:
        self._stream.seek(0)
        self._unpacker = _UNPACKERS[self._content.method]()
        self._waiting = b""
        self._ended = False
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = b""
        try:
            while not data and not self._ended:
                data = self._step(len(buffer))
        except (zlib.error, lzma.LZMAError, OSError, EOFError, MemoryError) as error:
            raise CannotRead(f"cannot be unpacked as {self._content.method}: damaged", "malformed") from error
        buffer[: len(data)] = data
        self._place += len(data)
        if self._ended and self._content.declared and self._place < self._content.size:
            raise CannotRead(f"unpacks to less than {self._content.size:,} bytes", "malformed")
        if self._place > self._content.size:
            raise CannotRead(f"unpacks to more than {self._content.size:,} bytes", "too-big")
        return len(data)

    def _step(self, most: int) -> bytes:
        unpacker = self._unpacker
        if unpacker.eof:
            self._next_stream()
            return b""
        hungry = getattr(unpacker, "needs_input", True)
        chunk = self._waiting or (self._stream.read(_CHUNK) if hungry else b"")
        data = unpacker.decompress(chunk, most)
        if hungry and not chunk and not data and not unpacker.eof:
            raise EOFError
        # zlib gives back what it did not take, the others keep it
        self._waiting = getattr(unpacker, "unconsumed_tail", b"")
        return data

    def _next_stream(self) -> None:
        rest = self._unpacker.unused_data or self._stream.read(_CHUNK)
        self._ended = self._content.method not in _CONCATENATED or not rest.strip(b"\0")
        if not self._ended:
            self._waiting, self._unpacker = rest, _UNPACKERS[self._content.method]()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            self._drain(None)
        target = max(offset + (0 if whence == io.SEEK_SET else self._place), 0)
        if target < self._place:
            self._begin()
        self._drain(target)
        return self._place

    def _drain(self, target: int | None) -> None:
        while target is None or self._place < target:
            room = bytearray(_CHUNK if target is None else min(_CHUNK, target - self._place))
            if not self.readinto(room):
                return

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
