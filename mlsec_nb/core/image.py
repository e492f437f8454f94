"""A container image as scanners see it: its layers, and the entries in each of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from .gap import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer, or one line of the history that made none (`empty`); `size` is in bytes as they are stored."""

    index: int
    digest: str
    diff_id: str
    created_by: str
    empty: bool
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something in a layer, by its path without a leading slash.

    `kind` is "file", "dir", "symlink", "hardlink", "device" or "fifo"; `link` is what a link leads to; `gone` is the
    index of the layer that overwrote or deleted it, None for what is still there. `index` is its place among the
    entries of its layer: a layer may have a path twice, and both have bytes.
    """

    path: str
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    layer: int
    link: str = ""
    gone: int | None = None
    index: int = 0


class Image(Protocol):
    """An image that was opened; nothing of it is unpacked to disk."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def platform(self) -> str: ...

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration as OCI has it: https://specs.opencontainers.org/image-spec/config/."""
        ...

    @property
    def layers(self) -> Sequence[Layer]: ...

    @property
    def gaps(self) -> Sequence[Gap]:
        """What could not be read of it."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Every entry of every layer, from the first layer on."""
        ...

    def visible(self, path: str) -> Entry | None:
        """What stands at a path in the end, or None; links of its folders are followed inside the image, it is not."""
        ...

    def open(self, entry: Entry) -> BinaryIO:
        """The bytes of a file or hard link, seekable; raises `CannotRead`."""
        ...

    def read(self, entry: Entry, limit: int) -> bytes:
        """The same in memory; raises `CannotRead` when there are more than `limit` of them."""
        ...
