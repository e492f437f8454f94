"""Layers laid over each other: what stands where in the end, and what a later layer overwrote or deleted.

https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mlsec_nb.core import Content
from mlsec_nb.core.image import Entry
from mlsec_nb.io.tars import Header

_WHITEOUT, _OPAQUE, _AUFS = ".wh.", ".wh..wh..opq", ".wh..wh."
_KINDS: Final = {
    b"0": "file", b"\0": "file", b"7": "file", b"1": "hardlink", b"2": "symlink", b"3": "device", b"4": "device",
    b"5": "dir", b"6": "fifo",
}  # fmt: skip
_LINKS: Final = 40


@dataclass(slots=True)
class Node:
    """One entry of one layer, and where its bytes are."""

    path: str
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    layer: int
    link: str = ""
    gone: int | None = None
    content: Content | None = None
    start: int = 0

    def entry(self) -> Entry:
        return Entry(path=self.path, kind=self.kind, size=self.size, mode=self.mode, uid=self.uid, gid=self.gid,
                     layer=self.layer, link=self.link, gone=self.gone)  # fmt: skip


class Tree:
    """All entries of the layers that were laid so far; `odd` counts those that could not be laid."""

    def __init__(self) -> None:
        self.now: dict[str, Node] = {}
        self.all: list[dict[str, Node]] = []
        self.odd = 0
        self._below: dict[str, set[str]] = {}

    def lay(self, layer: int, headers: Iterable[Header], content: Content) -> None:
        """The whiteouts of a layer first, for they are about what lies below it; then its entries, in their order."""
        self.all.append({})
        whiteouts, nodes = [], list[Node]()
        for header in headers:
            path = _plain(header.name)
            kind = _KINDS.get(header.kind)
            if not path or kind is None:
                self.odd += path != ""  # the root itself is nothing to lay
                continue
            folder, _, name = path.rpartition("/")
            if name.startswith(_WHITEOUT):
                whiteouts.append((folder, name))
                continue
            kind = "dir" if kind == "file" and header.name.endswith("/") else kind
            nodes.append(Node(path, kind, header.size if kind == "file" else 0, header.mode, header.uid, header.gid,
                              layer, header.link if "link" in kind else "", None, content, header.data))  # fmt: skip
        for folder, name in whiteouts:
            self._whiteout(folder, name, layer)
        for node in nodes:
            self.put(node)

    def _whiteout(self, folder: str, name: str, layer: int) -> None:
        folder = self.resolved(folder)
        if name == _OPAQUE:
            for below in sorted(self._below.get(folder, ())):
                self._remove(f"{folder}/{below}" if folder else below, layer)
        elif not name.startswith(_AUFS):
            path = name.removeprefix(_WHITEOUT)
            self._remove(f"{folder}/{path}" if folder else path, layer)

    def _remove(self, path: str, layer: int) -> None:
        """A path and all below it; without recursion, for paths may be deep."""
        todo = [path]
        while todo:
            one = todo.pop()
            todo += [f"{one}/{name}" for name in self._below.pop(one, ())]
            if node := self.now.pop(one, None):
                node.gone = layer
            folder, _, name = one.rpartition("/")
            self._below.get(folder, set()).discard(name)

    def put(self, node: Node) -> None:
        """An entry over what stands there, its folder's links followed."""
        if len(self.all) <= node.layer:
            self.all += [{} for _ in range(node.layer + 1 - len(self.all))]
        folder, _, name = node.path.rpartition("/")
        folder = self.resolved(folder)
        node.path = f"{folder}/{name}" if folder else name
        if node.kind == "hardlink":
            self._linked(node)
        old = self.now.get(node.path)
        if node.kind != "dir" and node.path in self._below:  # a file in place of a folder
            self._remove(node.path, node.layer)
        if old is not None:
            old.gone = node.layer
        above = self.now.get(folder)
        if above is not None and above.kind != "dir":  # and the other way round
            self._remove(folder, node.layer)
        self.now[node.path] = node
        self.all[node.layer][node.path] = node
        self._named(folder, name)

    def _linked(self, node: Node) -> None:
        """A hard link has the bytes of what it leads to."""
        path = _plain(node.link) or ""
        folder, _, name = path.rpartition("/")
        folder = self.resolved(folder)
        target = self.now.get(f"{folder}/{name}" if folder else name)
        if target is None or target.kind not in ("file", "hardlink"):
            node.content = None
            return
        node.size, node.mode, node.content, node.start = target.size, target.mode, target.content, target.start

    def _named(self, folder: str, name: str) -> None:
        while name not in (names := self._below.setdefault(folder, set())):
            names.add(name)
            folder, _, name = folder.rpartition("/")
            if not name:
                return

    def resolved(self, path: str) -> str:
        """A folder's path with links followed, never out of the image."""
        if not path:
            return ""
        todo, done, links = path.split("/")[::-1], list[str](), 0
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done[:-1]
                continue
            done.append(part)
            node = self.now.get("/".join(done))
            if node is not None and node.kind == "symlink" and links < _LINKS:
                links += 1
                done = [] if node.link.startswith("/") else done[:-1]
                todo += node.link.split("/")[::-1]
        return "/".join(done)

    def nodes(self) -> Iterator[Node]:
        for layer in self.all:
            yield from layer.values()


def _plain(name: str) -> str | None:
    """A path without a beginning slash; None for one that leads out, nothing for the root."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in name:
        return None
    return posixpath.join(*parts) if parts else ""
