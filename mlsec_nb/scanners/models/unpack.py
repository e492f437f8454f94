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


def _zstd() -> Any:
    library = _optional("zstandard")
    return library.ZstdDecompressor().decompressobj() if library else None


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
    """What comes out of one piece, at most 1 MiB at a time where the library can."""
    if hasattr(decoder, "unconsumed_tail"):
        while piece:
            yield decoder.decompress(piece, CHUNK)
            piece = decoder.unconsumed_tail
    elif hasattr(decoder, "needs_input"):
        yield decoder.decompress(piece, CHUNK)
        while not decoder.eof and not decoder.needs_input:
            yield decoder.decompress(b"", CHUNK)
    else:
        yield decoder.decompress(piece)
