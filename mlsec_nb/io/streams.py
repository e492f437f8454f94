"""Contents inside contents: a window on one, or one unpacked on the way; nothing is written to disk."""

import bz2
import io
import lzma
import zlib
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast, runtime_checkable

from mlsec_nb.core import CannotRead, Content

from .files import read_bounded
from .zstandard import zstd

_CHUNK = 1 << 16
_APART = 2 << 20  # bytes between two marks, at first
_MARKS = 128  # each some 100 kB
_BLOCK = 1 << 17
_KEPT = 16  # blocks
_OPTIONS = {int(zstd.DecompressionParameter.window_log_max): 27}  # bytes of memory that a frame may ask for: 128 MiB
_AGAIN = 4 << 30  # bytes of zstandard that are unpacked again because somebody went back; or so many times all of it:
_TIMES = 16


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast something may grow while it is unpacked: `ratio` times what was read, and `spare` bytes more."""

    ratio: int
    spare: int

    def keep(self, unpacked: int, read: int) -> None:
        """Raises `CannotRead` for what grows faster."""
        if unpacked > self.spare + self.ratio * read:
            reason = f"unpacks to more than {self.spare:,} bytes and {self.ratio} times what it is packed in"
            raise CannotRead(reason, "too-big")


ANY_PACE = Pace(0, 1 << 62)


class _Unpacker(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


@runtime_checkable
class _Copied(_Unpacker, Protocol):
    """One whose state can be kept: zlib's."""

    def copy(self) -> "_Copied": ...


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
        if isinstance(self.whole, Shared) and self.size <= limit:
            data = self.whole.piece(self.offset, self.size)
            if len(data) < self.size:
                raise CannotRead("is cut off", "malformed")
            return data
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
    pace: Pace = ANY_PACE

    @property
    def local(self) -> str | None:
        return None

    def open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_UnpackedStream(self), _CHUNK))

    def read(self, limit: int) -> bytes:
        with self.open() as stream:
            return read_bounded(stream, limit, self.size if self.declared else 0)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place from which unpacking can go on: where it is in the packed bytes, and the state of the unpacker."""

    place: int
    packed: int
    unpacker: _Unpacker


class _UnpackedStream(io.RawIOBase):
    """Forward by unpacking, elsewhere from the nearest place that was marked on the way, or from the beginning."""

    def __init__(self, content: Unpacked) -> None:
        self._content = content
        self._stream = content.packed.open()
        self._marks: list[_Mark] = []
        self._apart = _APART
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
        self._mark()
        if self._ended and self._content.declared and self._place < self._content.size:
            raise CannotRead(f"unpacks to less than {self._content.size:,} bytes", "malformed")
        if self._place > self._content.size:
            raise CannotRead(f"unpacks to more than {self._content.size:,} bytes", "too-big")
        self._content.pace.keep(self._place, self._stream.tell())
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
        mark = self._marks[at - 1] if (at := bisect_right(self._marks, target, key=lambda mark: mark.place)) else None
        if mark and (target < self._place or mark.place > self._place):
            self._go_on(mark)
        elif target < self._place:
            self._begin()
        self._drain(target)
        return self._place

    def _mark(self) -> None:
        """Keeps a place now and then; of too many every second one."""
        last = self._marks[-1].place if self._marks else 0
        if self._place - last < self._apart or self._ended or not isinstance(self._unpacker, _Copied):
            return
        packed = self._stream.tell() - len(self._waiting)
        self._marks.append(_Mark(self._place, packed, self._unpacker.copy()))
        if len(self._marks) > _MARKS:
            self._marks, self._apart = self._marks[1::2], self._apart * 2

    def _go_on(self, mark: _Mark) -> None:
        self._stream.seek(mark.packed)
        assert isinstance(mark.unpacker, _Copied)
        self._unpacker, self._waiting = mark.unpacker.copy(), b""
        self._ended, self._place = False, mark.place

    def _drain(self, target: int | None) -> None:
        while target is None or self._place < target:
            room = bytearray(_CHUNK if target is None else min(_CHUNK, target - self._place))
            if not self.readinto(room):
                return

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class Blocks:
    """The blocks that were read last of some contents, as many as fit."""

    def __init__(self, most: int = _KEPT) -> None:
        self._most = most
        self._held: dict[tuple[int, int], bytes] = {}

    def get(self, owner: int, number: int) -> bytes | None:
        return self._held.pop((owner, number), None)

    def put(self, owner: int, number: int, block: bytes) -> None:
        self._held[owner, number] = block
        if len(self._held) > self._most:
            del self._held[next(iter(self._held))]

    def forget(self, owner: int) -> None:
        for key in [key for key in self._held if key[0] == owner]:
            del self._held[key]


class Shared:
    """A content that is opened once, whoever reads it: what was unpacked until a place is not unpacked again."""

    def __init__(self, whole: Content, blocks: Blocks | None = None) -> None:
        self.whole = whole
        self._stream: BinaryIO | None = None
        self._blocks = blocks or Blocks()

    @property
    def size(self) -> int:
        return self.whole.size

    @property
    def local(self) -> str | None:
        return self.whole.local

    def open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_SharedStream(self), _CHUNK))

    def read(self, limit: int) -> bytes:
        with self.open() as stream:
            return read_bounded(stream, limit)

    def block(self, number: int) -> bytes:
        """One block of the bytes; the last ones are kept, for readers go back a little at every file."""
        if (known := self._blocks.get(id(self), number)) is None:
            self._stream = self._stream or self.whole.open()
            self._stream.seek(number * _BLOCK)
            known = self._stream.read(_BLOCK)
        self._blocks.put(id(self), number, known)
        return known

    def piece(self, offset: int, size: int) -> bytes:
        """Some bytes without the cost of a stream; fewer where the content ends."""
        number, start = divmod(offset, _BLOCK)
        data = self.block(number)[start : start + size]
        if len(data) == size:
            return data
        parts, missing = [data], size - len(data)
        while missing and parts[-1]:
            number += 1
            parts.append(self.block(number)[:missing])
            missing -= len(parts[-1])
        return b"".join(parts)

    def __del__(self) -> None:
        self._blocks.forget(id(self))
        if self._stream is not None:
            self._stream.close()

    def end(self) -> int:
        self._stream = self._stream or self.whole.open()
        return self._stream.seek(0, io.SEEK_END)


class _SharedStream(io.RawIOBase):
    def __init__(self, shared: Shared) -> None:
        self._shared, self._place = shared, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        number, start = divmod(self._place, _BLOCK)
        data = self._shared.block(number)[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            self._place = self._shared.end() + offset
        else:
            self._place = max(offset + (self._place if whence == io.SEEK_CUR else 0), 0)
        return self._place


def unpacked(packed: Content, method: str, most: int, pace: Pace = ANY_PACE) -> Content:
    """A compressed content, unpacked to at most so many bytes; raises `CannotRead` for a method that is not known."""
    if method == "zstd":
        return Zstandard(packed, most, pace)
    if method not in _UNPACKERS:
        raise CannotRead("is no archive that is known here", "unsupported")
    return Unpacked(packed, method, most, declared=False, pace=pace)


@dataclass(frozen=True, slots=True)
class Zstandard:
    """The same for zstandard."""

    packed: Content
    size: int
    pace: Pace = ANY_PACE

    @property
    def local(self) -> str | None:
        return None

    def open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_ZstandardStream(self), _CHUNK))

    def read(self, limit: int) -> bytes:
        with self.open() as stream:
            return read_bounded(stream, limit)


class _ZstandardStream(io.RawIOBase):
    """Forward by unpacking, backward by beginning again."""

    def __init__(self, content: Zstandard) -> None:
        self._content = content
        self._packed = content.packed.open()
        self._again = self._farthest = 0
        self._begin()

    def _begin(self) -> None:
        self._packed.seek(0)
        self._stream = zstd.ZstdFile(self._packed, options=_OPTIONS)
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except (zstd.ZstdError, EOFError) as error:
            raise CannotRead("cannot be unpacked as zstd: damaged", "malformed") from error
        buffer[: len(data)] = data
        self._place += len(data)
        if self._place > self._content.size:
            raise CannotRead(f"unpacks to more than {self._content.size:,} bytes", "too-big")
        self._content.pace.keep(self._place, self._packed.tell())
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        target = max(offset + (self._place if whence == io.SEEK_CUR else 0), 0)
        if target < self._place:
            self._farthest, self._again = max(self._farthest, self._place), self._again + target
            if self._again > max(_AGAIN, _TIMES * self._farthest):
                raise CannotRead("would have to be unpacked too many times", "too-big")
            self._begin()
        while self._place < target and self.readinto(bytearray(min(_CHUNK, target - self._place))):
            pass
        return self._place

    def close(self) -> None:
        if not self.closed:
            self._packed.close()
        super().close()
