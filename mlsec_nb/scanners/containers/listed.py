"""An image whose entries are listed once, because several readers go through all of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from mlsec_nb.core import Gap
from mlsec_nb.core.image import Entry, Image, Layer


class Listed:
    """The same image."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._entries = tuple(image.entries())

    @property
    def name(self) -> str:
        return self._image.name

    @property
    def digest(self) -> str:
        return self._image.digest

    @property
    def platform(self) -> str:
        return self._image.platform

    @property
    def config(self) -> Mapping[str, Any]:
        return self._image.config

    @property
    def layers(self) -> Sequence[Layer]:
        return self._image.layers

    @property
    def gaps(self) -> Sequence[Gap]:
        return self._image.gaps

    def entries(self) -> Iterator[Entry]:
        return iter(self._entries)

    def visible(self, path: str) -> Entry | None:
        return self._image.visible(path)

    def open(self, entry: Entry) -> BinaryIO:
        return self._image.open(entry)

    def read(self, entry: Entry, limit: int) -> bytes:
        return self._image.read(entry, limit)
