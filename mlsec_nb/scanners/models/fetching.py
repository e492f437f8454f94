"""Model files behind a URL: pieces of a big one whose format has a directory, all bytes of any other."""

import mmap
from collections.abc import Iterator
from typing import cast

from mlsec_nb.config import Settings
from mlsec_nb.core import CannotScan
from mlsec_nb.io.remote import Ranges, RemoteFile, spooled

WHOLE = 16 << 20  # bytes of a file that is fetched as a whole
UNFETCHED = "only directories and pickles were fetched; `bytes = true` looks at the rest too"


def is_pieces(data: object) -> bool:
    """True for bytes of which only what is asked for is fetched."""
    return isinstance(data, Ranges)


def check(data: object) -> None:
    """Raises `CannotRead` when the file changed between two pieces."""
    if isinstance(data, Ranges):
        data.check()


def fetched(content: RemoteFile, settings: Settings) -> Iterator[bytes]:
    """The bytes: pieces as they are asked for, or all of them in a file of ours on this disk."""
    if _wants_pieces(content, settings):
        yield cast("bytes", content.ranges())  # it has what is used of bytes: find, index, slice, len
        return
    if content.size > settings.limits.unpacked_bytes:
        raise CannotScan(f"{content.size} bytes to be fetched", "too-big")
    with spooled(content) as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        yield cast("bytes", view)


def _wants_pieces(content: RemoteFile, settings: Settings) -> bool:
    """True for a big file of which a directory and a few members tell all; `bytes = true` asks for all of it."""
    if settings.options.get("bytes") or content.size <= WHOLE or not content.has_ranges:
        return False
    head = content.head(16)
    return head.startswith((b"PK\x03\x04", b"GGUF")) or head[8:10] == b'{"'  # a zip, GGUF, safetensors
