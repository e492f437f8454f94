"""The content of an artifact that is an image: bytes or a folder, and the image in it, opened when it is asked for."""

from dataclasses import dataclass, field
from typing import Any, BinaryIO

from mlsec_nb.config import Limits
from mlsec_nb.core import Content
from mlsec_nb.core.image import Image

from .blobs import Blobs
from .manifests import FIRST, Which


@dataclass(slots=True)
class ImageContent:
    """The same content with `.image`; what was opened stays in the process that opened it."""

    packed: Content
    shown: str
    limits: Limits
    which: Which = FIRST
    files: Blobs | None = field(default=None, compare=False)
    opened: Image | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        return self.packed.size

    @property
    def local(self) -> str | None:
        return self.packed.local

    def open(self) -> BinaryIO:
        return self.packed.open()

    def read(self, limit: int) -> bytes:
        return self.packed.read(limit)

    @property
    def image(self) -> Image:
        """Raises `CannotRead` for what is no image after all."""
        from .opening import opened

        self.opened = self.opened or opened(self.packed, self.shown, self.limits, self.which, self.files)
        return self.opened

    def __getstate__(self) -> tuple[Any, ...]:
        return self.packed, self.shown, self.limits, self.which

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.packed, self.shown, self.limits, self.which = state
        self.opened = self.files = None
