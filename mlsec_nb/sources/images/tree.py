"""Layers laid over each other: what stands where in the end, and what a later layer overwrote or deleted.

https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

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
_LINKS: Final = 40  # in one path, as Linux has it
_LONGEST: Final = 4096  # bytes of a path, as Linux has it
_ROOM: Final = 64 << 20  # characters of all paths, folders that nothing but a path names included
_WORK: Final = 1 << 28  # characters that are looked at to follow links


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
    index: int = 0
    _entry: Entry | None = None

    def entry(self) -> Entry:
        """The same for readers, made once, when all layers are laid."""
        if self._entry is None:
            self._entry = Entry(
                path=self.path, kind=self.kind, size=self.size, mode=self.mode, uid=self.uid, gid=self.gid,
                layer=self.layer, link=self.link, gone=self.gone, index=self.index,
            )  # fmt: skip
        return self._entry


class Tree:
    """All entries of the layers that were laid so far.

    `escaped` counts those whose names lead out of the image (they are laid inside, as runtimes do), `odd` those of
    types that are not known, and `tangled` those left out because their paths are too long, or too many together.
    """

    def __init__(self) -> None:
        self.now: dict[str, Node] = {}  # by paths that lead through no link
        self.all: list[list[Node]] = []
        self.escaped = self.odd = self.tangled = 0
        self._below: dict[str, set[str]] = {}
        self._room, self._work = _ROOM, _WORK

    def lay(self, layer: int, headers: Iterable[Header], content: Content) -> None:
        """The whiteouts of a layer first, for they are about what lies below it; then its entries, in their order."""
        whiteouts, nodes = [], list[Node]()
        for header in headers:
            kind = _KINDS.get(header.kind)
            path = self._plain(header.name)
            if not path or kind is None or not self._has_room(path, header.link):
                self.odd += bool(path) and kind is None  # the root itself is nothing to lay
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

    def _plain(self, name: str) -> str:
        """A path without a beginning slash, "" for the root; one that leads out is counted, and ends inside."""
        if "./" not in name and "//" not in name and "\0" not in name and not name.endswith("."):
            return name.strip("/")  # as nearly all are
        parts: list[str] = []
        escaped = "\0" in name
        for part in name.replace("\0", "").split("/"):
            if part == "..":
                escaped = escaped or not parts
                parts = parts[:-1]
            elif part not in ("", "."):
                parts.append(part)
        self.escaped += escaped
        return "/".join(parts)

    def _has_room(self, path: str, link: str) -> bool:
        self._room -= len(path) + len(link)
        fits = self._room >= 0 and len(path) <= _LONGEST and len(link) <= _LONGEST
        self.tangled += not fits
        return fits

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
        folder, _, name = path.rpartition("/")
        self._below.get(folder, set()).discard(name)

    def put(self, node: Node) -> None:
        """An entry over what stands there, its folder's links followed."""
        if len(self.all) <= node.layer:
            self.all += [[] for _ in range(node.layer + 1 - len(self.all))]
        folder, _, name = node.path.rpartition("/")
        folder = self.resolved(folder)
        node.path = f"{folder}/{name}" if folder else name
        if min(self._work, self._room) < 0 or not self._named(folder, name, node.layer):
            self.tangled += 1
            return
        if node.kind == "hardlink":
            self._linked(node)
        old = self.now.get(node.path)
        if node.kind != "dir" and node.path in self._below:  # a file in place of a folder
            self._remove(node.path, node.layer)
            self._below.setdefault(folder, set()).add(name)
        if old is not None:
            old.gone = node.layer
        node.index = len(self.all[node.layer])
        self.now[node.path] = node
        self.all[node.layer].append(node)

    def _linked(self, node: Node) -> None:
        """A hard link is what it leads to, with the bytes of it: another link, if that is one."""
        target = self.at(self._plain(node.link))
        if target is None or target.kind == "dir":
            node.content = None
            return
        if target.kind not in ("file", "hardlink"):
            node.kind, node.link = target.kind, target.link
        node.size, node.mode, node.content, node.start = target.size, target.mode, target.content, target.start

    def _named(self, folder: str, name: str, layer: int) -> bool:
        """Makes the folders that lead to a name, in place of files if need be; False when there is no room for more."""
        while name not in (names := self._below.setdefault(folder, set())):
            names.add(name)
            above = self.now.get(folder)
            if above is not None and above.kind != "dir":
                above.gone = layer
                del self.now[folder]
            self._room -= len(folder)
            folder, _, name = folder.rpartition("/")
            if not name or self._room < 0:
                break
        return self._room >= 0

    def at(self, path: str) -> Node | None:
        """What stands at a path now, the links of its folders followed."""
        folder, _, name = path.rpartition("/")
        folder = self.resolved(folder)
        return self.now.get(f"{folder}/{name}" if folder else name)

    def resolved(self, path: str) -> str:
        """A folder's path with links followed, never out of the image."""
        if not path or path in self._below:  # which knows no path through a link
            return path
        todo, done, links = path.split("/")[::-1], list[str](), 0
        while todo and self._work >= 0:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done[:-1]
                continue
            done.append(part)
            here = "/".join(done)
            self._work -= len(here) + 32
            node = self.now.get(here)
            if node is not None and node.kind == "symlink" and links < _LINKS:
                links += 1
                done = [] if node.link.startswith("/") else done[:-1]
                todo += node.link.split("/")[::-1]
        return "/".join(done) if self._work >= 0 else "\0"  # which nothing is called

    def nodes(self) -> Iterator[Node]:
        for layer in self.all:
            yield from layer
