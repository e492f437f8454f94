"""Images made of dictionaries: path → bytes, a link, or a folder, layer by layer; None deletes."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from mlsec_nb.config import Config
from mlsec_nb.core import Artifact, CannotRead, Gap, Kind, Report
from mlsec_nb.core.image import Entry, Layer
from mlsec_nb.pipeline import audit_found

Files = Mapping[str, "bytes | str | File | None"]


@dataclass(frozen=True)
class File:
    """A file with a mode and an owner of its own."""

    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    kind: str = "file"


@dataclass
class FakeImage:
    """An image in memory, after the contract of `core.image`."""

    layers: Sequence[Layer]
    all: list[tuple[Entry, bytes]]
    config: Mapping[str, Any]
    name: str = "app:1"
    digest: str = "sha256:" + "0" * 64
    platform: str = "linux/amd64"
    gaps: Sequence[Gap] = field(default_factory=tuple)

    def entries(self) -> Iterator[Entry]:
        return iter([entry for entry, _ in self.all])

    def visible(self, path: str) -> Entry | None:
        return next((entry for entry, _ in self.all if entry.path == path and entry.gone is None), None)

    def open(self, entry: Entry) -> BinaryIO:
        return io.BytesIO(self.read(entry, 1 << 40))

    def read(self, entry: Entry, limit: int) -> bytes:
        data = next(data for other, data in self.all if other == entry)
        if len(data) > limit:
            raise CannotRead("too big", "too-big")
        return data


def image(*layers: Files, history: Sequence[str] = (), config: Mapping[str, Any] | None = None) -> FakeImage:
    """The image of some layers; a text is a link, `None` deletes a path and all below it."""
    made, entries = [], list[tuple[Entry, bytes]]()
    for number, files in enumerate(layers):
        line = history[number] if number < len(history) else f"COPY {number}"
        made.append(Layer(index=number, digest=f"sha256:{number:064x}", diff_id=f"sha256:{number + 100:064x}",
                          created_by=line, empty=False, size=1_000))  # fmt: skip
        for path, what in files.items():
            entries = [(_gone(entry, path, number, deep=what is None), data) for entry, data in entries]
            if what is not None:
                entries.append(_entry(path, what, number))
    return FakeImage(made, entries, {"config": dict(config or {})})


def _gone(entry: Entry, path: str, layer: int, *, deep: bool) -> Entry:
    hit = entry.path == path or (deep and entry.path.startswith(path + "/"))
    return replace(entry, gone=layer) if hit and entry.gone is None and entry.layer < layer else entry


def _entry(path: str, what: bytes | str | File, layer: int) -> tuple[Entry, bytes]:
    if isinstance(what, str):
        return Entry(path=path, kind="symlink", size=0, mode=0o777, uid=0, gid=0, layer=layer, link=what), b""
    file = what if isinstance(what, File) else File(what)
    entry = Entry(path=path, kind=file.kind, size=len(file.data), mode=file.mode, uid=file.uid, gid=file.gid,
                  layer=layer)  # fmt: skip
    return entry, file.data


@dataclass(frozen=True)
class Held:
    """The content of an image that is at hand."""

    image: FakeImage
    size: int = 0
    local: str | None = None

    def open(self) -> BinaryIO:
        raise CannotRead("an image")

    def read(self, limit: int) -> bytes:
        raise CannotRead(f"an image of {limit}")


def report(made: FakeImage, config: Config | None = None, **options: Any) -> Report:
    """The whole audit of an image; `options` are those of the containers table."""
    config = (config or Config(jobs=1)).with_(tables={"containers": options})
    return audit_found([Artifact("app.tar", Kind.IMAGE, Held(made))], ["app.tar"], config)


def rules(found: Report) -> set[str]:
    return {one.finding.rule.id for one in found.findings}


__all__ = ["FakeImage", "File", "Held", "image", "report", "rules"]
