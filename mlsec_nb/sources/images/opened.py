"""An image whose layers were indexed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from mlsec_nb.core import CannotRead, Content, Gap, Location
from mlsec_nb.core.image import Entry, Layer
from mlsec_nb.io.files import LocalFile
from mlsec_nb.io.streams import Window

from .tree import Tree

NAME: Final = "sources"


@dataclass(slots=True)
class Opened:
    """An image whose layers were indexed."""

    name: str
    digest: str
    config: Mapping[str, Any]
    layers: Sequence[Layer]
    tree: Tree = field(default_factory=Tree)
    gaps: list[Gap] = field(default_factory=list)

    def tell(self, place: Location, reason: str, code: str) -> None:
        self.gaps.append(Gap(location=place, scanner=NAME, reason=reason, code=code))

    def tell_odd(self, shown: str) -> None:
        """Gaps for the entries that could not be laid as they are."""
        for count, what, code in (
            (self.tree.escaped, "have names that lead out of the image; they were taken as inside it", "malformed"),
            (self.tree.odd, "are of a type that is not known here, and were left out", "malformed"),
            (self.tree.tangled, "were left out: their paths are too long, one by one or all together", "too-big"),
        ):
            if count:
                self.tell(Location(path=shown), f"{count:,} entries {what}", code)

    @property
    def platform(self) -> str:
        words = (self.config.get("os"), self.config.get("architecture"), self.config.get("variant"))
        return "/".join(word for word in words if isinstance(word, str) and word)

    def entries(self) -> Iterator[Entry]:
        return (node.entry() for node in self.tree.nodes())

    def visible(self, path: str) -> Entry | None:
        node = self.tree.at(path)
        return node.entry() if node else None

    def open(self, entry: Entry) -> BinaryIO:
        return self._content(entry).open()

    def read(self, entry: Entry, limit: int) -> bytes:
        return self._content(entry).read(limit)

    def _content(self, entry: Entry) -> Content:
        node = self.tree.all[entry.layer][entry.index]
        if node.content is None or node.kind not in ("file", "hardlink"):
            raise CannotRead("has no bytes of its own", "malformed")
        return node.content if isinstance(node.content, LocalFile) else Window(node.content, node.start, node.size)
