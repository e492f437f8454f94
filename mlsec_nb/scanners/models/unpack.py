"""Compressed streams, opened with a limit on what comes out."""

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable
from typing import Any, Protocol

from .context import Context
from .view import View

CHUNK = 1 << 20
LITTLE = 256  # bytes of zstandard, from which at most 8 MiB come
MOST = 1 << 29  # bytes of one stream that are kept in memory


class Stream(Protocol):
    """What bz2, lzma and zlib decompressors share."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


class TooMuch(Exception):  # noqa: N818 - reads with `raise`
    """More would come out than may; `data` is what came until then."""

    def __init__(self, data: bytes, reason: str) -> None:
        super().__init__(reason)
        self.data = data
        self.reason = reason


def _zlib(bits: int) -> Callable[[], Any]:
    return lambda: zlib.decompressobj(bits)


def _optional(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


class _Bitwise:
    """Feeds a decompressor that cannot be told how much may come out with little at a time."""

    needs_input = True

    def __init__(self, inner: Any, error: type[Exception]) -> None:
        self.inner = inner
        self.error = error
        self.data, self.at = b"", 0

    @property
    def eof(self) -> bool:
        return bool(self.inner.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self.inner.unused_data) + self.data[self.at :]

    def decompress(self, piece: bytes, limit: int) -> bytes:
        del limit
        self.data, self.at = (piece, 0) if piece else (self.data, self.at)
        try:
            out = self.inner.decompress(self.data[self.at : self.at + LITTLE])
        except self.error as error:
            raise ValueError(str(error)) from None
        self.at += LITTLE
        self.needs_input = self.at >= len(self.data)
        return bytes(out)


def _zstd() -> Any:
    library = _optional("zstandard")
    return _Bitwise(library.ZstdDecompressor().decompressobj(), library.ZstdError) if library else None


def _lz4() -> Any:
    library = _optional("lz4.frame")
    return library.LZ4FrameDecompressor() if library else None


DECODERS: dict[str, Callable[[], Any]] = {
    "deflate": _zlib(-15), "zlib": _zlib(15), "gzip": _zlib(31), "bz2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor, "zstd": _zstd, "lz4": _lz4,
}  # fmt: skip
BROKEN = (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError, RuntimeError)


def unpack(view: View, codec: str, context: Context) -> tuple[bytes, int]:
    """All that comes out of the first stream in `view`, and how many bytes went in.

    Raises `TooMuch` at a limit, one of `BROKEN` for a stream that is none, and `LookupError` when the library for
    the codec is not installed.
    """
    decoder = DECODERS[codec]()
    if decoder is None:
        raise LookupError(codec)
    limits = context.settings.limits
    out, total, at = [], 0, view.start
    while at < view.end and not getattr(decoder, "eof", False):
        piece = view.data[at : min(at + CHUNK, view.end)]
        at += len(piece)
        try:
            for part in _parts(decoder, piece):
                out.append(part)
                total += len(part)
                context.unpacked += len(part)
                if total > MOST or context.unpacked > limits.unpacked_bytes:
                    raise TooMuch(b"".join(out), f"more than {total >> 20} MiB come out of it")
                if total > CHUNK and total > limits.ratio * max(at - view.start, 1):
                    raise TooMuch(b"".join(out), f"over {limits.ratio} times its size comes out of it")
        except BROKEN as error:
            if total:
                raise TooMuch(b"".join(out), f"the compressed data is broken: {error}") from None
            raise
    if not getattr(decoder, "eof", True):
        raise TooMuch(b"".join(out), "the compressed stream is cut off")
    unused = len(getattr(decoder, "unused_data", b""))
    return b"".join(out), at - view.start - unused


def _parts(decoder: Any, piece: bytes) -> Any:
    """What comes out of one piece, at most 1 MiB (of zstandard 8) at a time."""
    if hasattr(decoder, "needs_input"):
        yield decoder.decompress(piece, CHUNK)
        while not decoder.eof and not decoder.needs_input:
            yield decoder.decompress(b"", CHUNK)
    else:
        while piece:
            yield decoder.decompress(piece, CHUNK)
            piece = decoder.unconsumed_tail
