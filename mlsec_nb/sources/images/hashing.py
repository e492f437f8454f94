"""A layer's bytes on their one way from beginning to end, and the digest of them."""

import hashlib
import io
from typing import BinaryIO, Final

_CHUNK: Final = 1 << 16


class Hashing(io.RawIOBase):
    """A stream that is read from its beginning, skipped bytes too, and hashed on the way."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._place, self.hashed = stream, 0, 0
        self._digest = hashlib.sha256()

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        del whence
        if offset < self._place:
            self._stream.seek(offset)
            self._place = offset
        while self._place < offset and self.read(min(offset - self._place, 1 << 20)):
            pass
        return self._place

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        new = self._place + len(data) - self.hashed
        if new > 0:
            self._digest.update(data[-new:])
            self.hashed += new
        self._place += len(data)
        return data

    def digest(self) -> str:
        while self.read(_CHUNK):
            pass
        return f"sha256:{self._digest.hexdigest()}"
