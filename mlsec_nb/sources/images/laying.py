"""Layers into the tree, one after the other, within what all of them together may cost."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, Content
from mlsec_nb.core.image import Layer
from mlsec_nb.io.archives import format_of
from mlsec_nb.io.streams import Blocks, Pace, Shared, unpacked
from mlsec_nb.io.tars import Header, headers

from .blobs import RATIO, SPARE
from .hashing import Hashing
from .tree import Tree


@dataclass(slots=True)
class Laying:
    """What is left of the limits of one image."""

    tree: Tree
    limits: Limits
    spare: int = field(default_factory=lambda: SPARE)
    unpacked: int = 0
    count: int = 0
    seen: set[str] = field(default_factory=set)
    blocks: Blocks = field(default_factory=Blocks)

    def lay(self, layer: Layer, packed: Content | None) -> None:
        """One layer, its digest computed on the way; raises `CannotRead`, and what was laid until then still counts."""
        if packed is None:
            raise CannotRead("is not there", "unreadable")
        kind = format_of(packed) or ("tar" if _is_empty(packed) else None)
        # A layer that is there twice is read twice, but brought only once.
        ratio = 0 if (again := (layer.diff_id or layer.digest) in self.seen) else RATIO
        self.seen.add(layer.diff_id or layer.digest)
        most = self.limits.unpacked_bytes - self.unpacked
        if kind == "tar":
            if packed.size > (min(most, self.spare) if again else most):
                raise CannotRead("goes beyond the number of bytes that is the limit", "too-big")
            content = Shared(packed, self.blocks)
        else:
            content = Shared(unpacked(packed, kind or "", most, Pace(ratio, self.spare)), self.blocks)
        hashing = Hashing(content.open())
        try:
            self._laid(layer, hashing, content)
        finally:
            self.unpacked += hashing.hashed
            self.spare -= max(hashing.hashed - ratio * packed.size, 0)

    def _laid(self, layer: Layer, hashing: Hashing, content: Content) -> None:
        errors: list[CannotRead] = []
        self.tree.lay(layer.index, self._counted(hashing, errors), content)
        if errors:
            raise errors[0]
        if layer.diff_id and hashing.digest() != layer.diff_id:
            raise CannotRead("has other bytes than its digest says: it was changed, or is damaged", "malformed")

    def _counted(self, hashing: Hashing, errors: list[CannotRead]) -> Iterator[Header]:
        """Headers until there are too many, or one is damaged: what came until then still counts."""
        try:
            for header in headers(cast("BinaryIO", hashing)):
                if self.count >= self.limits.members:
                    errors.append(CannotRead("goes beyond the number of entries that is the limit", "too-big"))
                    return
                self.count += 1
                yield header
        except CannotRead as error:
            errors.append(error)


def _is_empty(content: Content) -> bool:
    """Whether it is a tar without entries, which begins with its end: empty blocks."""
    with content.open() as stream:
        return not stream.read(512).strip(b"\0")
