"""A run of bytes that is looked at: a file, a member of an archive, a byte string inside a pickle."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from mlsec_nb.core import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`data[start:end]` (bytes or a memory map) and where it stands; `name` is what its loader calls it.

    `via` names the reader that leads here ("torch.load", "zip member", …); `depth` counts containers around it.
    """

    data: bytes
    start: int
    end: int
    name: str
    location: Location
    depth: int = 0
    via: str = ""

    @property
    def size(self) -> int:
        return self.end - self.start

    def head(self, count: int, at: int = 0) -> bytes:
        """At most `count` bytes from `at` on."""
        begin = self.start + at
        return self.data[begin : min(begin + count, self.end)] if begin < self.end else b""

    def tail(self, count: int) -> bytes:
        return self.data[max(self.end - count, self.start) : self.end]

    def raw(self) -> bytes:
        return self.data[self.start : self.end]

    def forget(self, at: int, size: int) -> None:
        """Tell the system that these pages of a memory map are done with, so that they do not pile up."""
        advise = getattr(self.data, "madvise", None)
        if advise is not None and hasattr(mmap, "MADV_DONTNEED"):
            begin = (self.start + at) // mmap.PAGESIZE * mmap.PAGESIZE
            advise(mmap.MADV_DONTNEED, begin, min(size, len(self.data) - begin))

    def find(self, what: bytes, at: int = 0, stop: int | None = None) -> int:
        """The offset of `what` in this view, -1 when it is not there."""
        end = self.end if stop is None else min(self.start + stop, self.end)
        found = self.data.find(what, self.start + at, end)
        return found - self.start if found >= 0 else -1

    def finds(self, what: bytes, limit: int = 1000) -> Iterator[int]:
        """All offsets of `what`, at most `limit`."""
        at = self.find(what)
        while at >= 0 and limit > 0:
            yield at
            limit -= 1
            at = self.find(what, at + 1)

    def part(self, start: int, end: int, name: str | None = None, via: str = "") -> Self:
        """A run of this view as a view of its own, at the same place."""
        begin = min(self.start + max(start, 0), self.end)
        return replace(self, start=begin, end=min(max(self.start + end, begin), self.end), name=name or self.name,
                       depth=self.depth + 1, via=via or self.via)  # fmt: skip

    def member(self, name: str, data: bytes, start: int, end: int, via: str = "") -> Self:
        """A member of the container that this view is."""
        member = f"{self.location.member} › {name}" if self.location.member else name
        return replace(self, data=data, start=start, end=end, name=name, depth=self.depth + 1, via=via or self.via,
                       location=self.location.with_(member=member))  # fmt: skip
