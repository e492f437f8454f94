"""A container image as scanners see it: its layers and the entries in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from .gap import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    index: int
    digest: str
    diff_id: str
    created_by: str
    empty: bool
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    path: str
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    layer: int
    link: str = ""
    gone: int | None = None


class Image(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def platform(self) -> str: ...
    @property
    def config(self) -> Mapping[str, Any]: ...
    @property
    def layers(self) -> Sequence[Layer]: ...
    @property
    def gaps(self) -> Sequence[Gap]: ...
    def entries(self) -> Iterator[Entry]: ...
    def visible(self, path: str) -> Entry | None: ...
    def open(self, entry: Entry) -> BinaryIO: ...
    def read(self, entry: Entry, limit: int) -> bytes: ...
