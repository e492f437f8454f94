"""From a target to an image that can be read."""

import os
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, Content, Gap, Location, UsageError
from mlsec_nb.core.image import Image, Layer
from mlsec_nb.io.archives import format_of
from mlsec_nb.io.files import LocalFile, LocalFolder
from mlsec_nb.io.streams import Shared, unpacked
from mlsec_nb.io.tars import Header, headers

from .blobs import Archive, Blobs, Folder
from .hashing import Hashing
from .manifests import Made, diff_ids, made_of
from .opened import NAME, Opened
from .rootfs import is_root, root

_RATIO: Final = 100  # unpacked to packed bytes of a layer; file systems never come near


def open_image(target: str, limits: Limits = Limits()) -> Image:  # noqa: B008 - frozen
    """The image at a path; raises `UsageError` when there is nothing, and `CannotRead` for what is no image."""
    if not os.path.lexists(target):
        raise UsageError(f"{target}: there is no such file or folder")
    content: Content = LocalFolder(target) if os.path.isdir(target) else LocalFile(target)
    return opened(content, target, limits)


def opened(content: Content, shown: str, limits: Limits) -> Image:
    """The image in an archive or a folder; raises `CannotRead`."""
    if isinstance(content, LocalFolder):
        if os.path.isfile(os.path.join(content.path, "index.json")) or os.path.isfile(
            os.path.join(content.path, "manifest.json")
        ):
            return _layered(Folder(content.path), shown, limits)
        if is_root(content.path):
            return root(content.path, shown, limits)
        raise CannotRead("is neither an OCI layout nor a root filesystem", "unsupported")
    return _layered(Archive(content, limits), shown, limits)


def _layered(blobs: Blobs, shown: str, limits: Limits) -> Opened:
    made = made_of(blobs)
    image = Opened(made.name or shown, made.digest, made.config, _layers(made))
    place = Location(path=shown)
    image.gaps += [Gap(location=place, scanner=NAME, reason=reason, code=code) for reason, code in made.remarks]
    for layer, content in zip([one for one in image.layers if not one.empty], made.layers, strict=False):
        where = place.with_(layer=layer.diff_id or layer.digest)
        try:
            _laid(image, layer, content, limits)
        except CannotRead as error:
            image.gaps.append(Gap(location=where, scanner=NAME, reason=f"the layer {error}", code=error.code))
    if image.tree.odd:
        reason = f"{image.tree.odd:,} entries lead out of the image or are of a type that is not known here"
        image.gaps.append(Gap(location=place, scanner=NAME, reason=reason, code="malformed"))
    return image


def _layers(made: Made) -> list[Layer]:
    """The lines of the history with their layers; layers that it does not tell of come last."""
    ids = diff_ids(made.config)
    rest = list(range(len(made.layers)))
    history = made.config.get("history")
    lines = [line for line in history if isinstance(line, dict)] if isinstance(history, list) else []
    found: list[Layer] = []
    for line in lines:
        empty = bool(line.get("empty_layer")) or not rest
        found.append(_layer(made, ids, len(found), str(line.get("created_by") or ""), None if empty else rest.pop(0)))
    found += [_layer(made, ids, len(found) + at, "", number) for at, number in enumerate(rest)]
    return found


def _layer(made: Made, ids: list[str], index: int, line: str, number: int | None) -> Layer:
    if number is None:
        return Layer(index=index, digest="", diff_id="", created_by=line, empty=True, size=0)
    content = made.layers[number]
    diff_id = ids[number] if number < len(ids) else ""
    digest = made.digests[number] if number < len(made.digests) else ""
    return Layer(index=index, digest=digest or diff_id, diff_id=diff_id, created_by=line, empty=False,
                 size=content.size if content else 0)  # fmt: skip


def _laid(image: Opened, layer: Layer, packed: Content | None, limits: Limits) -> None:
    """One layer into the tree, with its digest computed on the way."""
    if packed is None:
        raise CannotRead("is not there", "unreadable")
    kind = format_of(packed)
    bounds = Limits(unpacked_bytes=limits.unpacked_bytes, ratio=min(limits.ratio, _RATIO))
    content = Shared(packed if kind == "tar" else unpacked(packed, kind or "", bounds))
    hashing = Hashing(content.open())
    errors: list[CannotRead] = []
    while len(image.tree.all) < layer.index:
        image.tree.all.append({})
    left = limits.members - sum(map(len, image.tree.all))
    image.tree.lay(layer.index, _counted(hashing, left, errors), content)
    if errors:
        raise errors[0]
    if layer.diff_id and hashing.digest() != layer.diff_id:
        raise CannotRead("has other bytes than its digest says: it was changed, or is damaged", "malformed")


def _counted(hashing: Hashing, left: int, errors: list[CannotRead]) -> Iterator[Header]:
    """Headers until there are too many, or one is damaged: what came until then still counts."""
    try:
        for number, header in enumerate(headers(cast("BinaryIO", hashing))):
            if number >= left:
                errors.append(CannotRead("goes beyond the number of entries that is the limit", "too-big"))
                return
            yield header
    except CannotRead as error:
        errors.append(error)
