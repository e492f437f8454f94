"""From a target to an image that can be read."""

import os
from typing import Final

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, Content, Gap, Location, UsageError
from mlsec_nb.core.image import Image, Layer
from mlsec_nb.io.files import LocalFile, LocalFolder

from .blobs import Archive, Blobs, Folder
from .laying import Laying
from .manifests import Made, Which, diff_ids, made_of
from .opened import NAME, Opened
from .references import DAEMON, REGISTRY, daemon_name, reference
from .remote import Remote, remote
from .rootfs import is_root, root

LINES: Final = 10_000  # of the history


def packed(target: str, *, offline: bool = True) -> Content:
    """What a target names: an archive, a folder, an image of a registry or daemon; raises `UsageError`."""
    if target.startswith(DAEMON):
        return remote(daemon_name(target), offline=offline)
    if target.startswith(REGISTRY):
        return remote(reference(target), offline=offline)
    if not os.path.lexists(target):
        raise UsageError(f"{target}: there is no such file or folder")
    return LocalFolder(target) if os.path.isdir(target) else LocalFile(target)


def open_image(target: str, limits: Limits = Limits(), *, offline: bool = True, platform: str = "") -> Image:  # noqa: B008 - frozen
    """The image of a target; raises `UsageError` when there is nothing, and `CannotRead` for what is no image."""
    return opened(packed(target, offline=offline), target, limits, Which(platform))


def opened(content: Content, shown: str, limits: Limits, which: Which, files: Blobs | None = None) -> Image:
    """One image of an archive or a folder, whose `files` may be at hand; raises `CannotRead`."""
    if isinstance(content, LocalFolder) and not _is_layout(content.path):
        if is_root(content.path):
            return root(content.path, shown, limits)
        raise CannotRead("is neither an OCI layout nor a root filesystem", "unsupported")
    files = files or files_of(content, limits)
    damage = files.damage if isinstance(files, Archive) else None
    try:
        made = made_of(files, which)
    except CannotRead as error:
        raise damage or error from error
    if damage:
        made.remarks.append((str(damage), damage.code))
    return _layered(made, shown, limits)


def files_of(content: Content, limits: Limits) -> Blobs:
    """The files of an image that is no root filesystem; raises `CannotRead`."""
    if isinstance(content, LocalFolder):
        return Folder(content.path)
    return content.blobs(limits) if isinstance(content, Remote) else Archive(content, limits)


def _is_layout(path: str) -> bool:
    return any(os.path.isfile(os.path.join(path, name)) for name in ("index.json", "manifest.json"))


def _layered(made: Made, shown: str, limits: Limits) -> Opened:
    image = Opened(made.name or shown, made.digest, made.config, _layers(made))
    place = Location(path=shown)
    image.gaps += [Gap(location=place, scanner=NAME, reason=reason, code=code) for reason, code in made.remarks]
    laying = Laying(image.tree, limits)
    for layer, content in zip([one for one in image.layers if not one.empty], made.layers, strict=False):
        try:
            laying.lay(layer, content)
        except CannotRead as error:
            where = place.with_(layer=layer.diff_id or layer.digest)
            image.gaps.append(Gap(location=where, scanner=NAME, reason=f"the layer {error}", code=error.code))
    image.tell_odd(shown)
    return image


def _layers(made: Made) -> list[Layer]:
    """The lines of the history with their layers; layers that it does not tell of come last."""
    ids = diff_ids(made.config)
    rest = iter(range(len(made.layers)))
    history = made.config.get("history")
    lines = [line for line in history if isinstance(line, dict)] if isinstance(history, list) else []
    if len(lines) > LINES:
        made.remarks.append((f"has {len(lines):,} lines of history, of which {LINES:,} were looked at", "too-big"))
    found: list[Layer] = []
    for line in lines[:LINES]:
        number = None if line.get("empty_layer") else next(rest, None)
        found.append(_layer(made, ids, len(found), str(line.get("created_by") or ""), number))
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
