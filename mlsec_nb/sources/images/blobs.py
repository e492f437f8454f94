"""The files that an image is made of, by name: those of a tar, packed or not, or those of a folder."""

import json
import os
import posixpath
from typing import Any, Final, Protocol

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, Content
from mlsec_nb.io.archives import format_of
from mlsec_nb.io.files import LocalFile
from mlsec_nb.io.streams import Pace, Shared, Window, unpacked
from mlsec_nb.io.tars import Header, headers

DOCUMENT: Final = 4 << 20  # bytes of an index, manifest or configuration
RATIO: Final = 20  # unpacked to packed bytes; whole file systems never come near …
SPARE: Final = 512 << 20  # … but for so many bytes, of empty files
_LINKS: Final = 8


class Blobs(Protocol):
    """Files by name."""

    def get(self, name: str) -> Content | None: ...


class Folder:
    """The files of a folder; a name that leads out of it is none."""

    def __init__(self, path: str) -> None:
        self._path = os.path.realpath(path)

    def get(self, name: str) -> Content | None:
        names = (name, name.rpartition("/")[2]) if name.startswith("blobs/") else (name,)  # docker's folders are flat
        paths = (os.path.realpath(os.path.join(self._path, one)) for one in names)
        return next((LocalFile(path) for path in paths if self._has(path)), None)

    def _has(self, path: str) -> bool:
        return os.path.commonpath([self._path, path]) == self._path and os.path.isfile(path)


class Archive:
    """The files of a tar; links in it lead to its other files, as those of older versions of docker do."""

    def __init__(self, content: Content, limits: Limits) -> None:
        kind = format_of(content)
        whole: Content = Shared(
            content if kind == "tar" else unpacked(content, kind or "", limits.unpacked_bytes, Pace(RATIO, SPARE))
        )
        self._files: dict[str, Content] = {}
        self._links: dict[str, str] = {}
        self.damage: CannotRead | None = None  # what came before it still counts
        with whole.open() as stream:
            try:
                for header in headers(stream):
                    self._take(header, whole, limits.members)
            except CannotRead as error:
                self.damage = error

    def _take(self, header: Header, whole: Content, most: int) -> None:
        if len(self._files) + len(self._links) >= most:
            raise CannotRead(f"has more than {most:,} members, the limit", "too-big")
        name = posixpath.normpath("/" + header.name).lstrip("/")
        if header.kind in (b"0", b"\0", b"7"):
            self._files[name] = Window(whole, header.data, header.size)
        elif header.kind == b"2":
            self._links[name] = posixpath.normpath(posixpath.join("/", posixpath.dirname(name), header.link))
        elif header.kind == b"1":
            self._links[name] = posixpath.normpath("/" + header.link)

    def get(self, name: str) -> Content | None:
        name = posixpath.normpath("/" + name).lstrip("/")
        for _ in range(_LINKS):
            if name in self._files or name not in self._links:
                break
            name = self._links[name].lstrip("/")
        return self._files.get(name)


def document(blobs: Blobs, name: str) -> tuple[bytes, Any] | None:
    """The bytes and the JSON of a file, None when it is not there; raises `CannotRead` for what is no JSON."""
    content = blobs.get(name)
    if content is None:
        return None
    data = content.read(DOCUMENT)
    try:
        return data, json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CannotRead(f"{name} is no JSON", "malformed") from error
