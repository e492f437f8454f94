"""The content of an image that is not a file: where it is; it has no bytes of its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead
from mlsec_nb.io.kept import Kept, cache

from .blobs import Archive, Blobs
from .daemon import saved
from .references import Reference
from .registry import Registry

FOLDER: Final = "layers"


@dataclass(frozen=True, slots=True)
class Remote:
    """An image of a registry, or (a mere name) of a daemon."""

    place: Reference | str
    offline: bool
    folder: Path
    size: int = 0

    @property
    def local(self) -> str | None:
        return None

    def open(self) -> BinaryIO:
        self._is_no_file()

    def read(self, limit: int) -> bytes:
        del limit
        self._is_no_file()

    def _is_no_file(self) -> NoReturn:
        raise CannotRead("is an image, not a file", "unsupported")

    def blobs(self, limits: Limits) -> Blobs:
        kept = Kept(self.folder)
        if isinstance(self.place, Reference):
            return Registry(self.place, kept, self.offline, limits.unpacked_bytes)
        return Archive(saved(self.place, kept, limits.unpacked_bytes), limits)


def remote(place: Reference | str, *, offline: bool) -> Remote:
    """Layers are kept below the user's cache folder."""
    return Remote(place, offline, cache(FOLDER))


def digest(place: Reference, *, offline: bool) -> str:
    """What an image of a registry is today, as `sha256:…`; raises `CannotRead`."""
    return Registry(place, Kept(cache(FOLDER)), offline, Limits().unpacked_bytes).tagged()
