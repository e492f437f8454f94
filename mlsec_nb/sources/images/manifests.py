"""Which blobs are the configuration and the layers: by docker's list or by OCI's index."""

import hashlib
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlsec_nb.core import SKIPPED, CannotRead, Content, mask_text

from .blobs import Blobs, document

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_DEEPEST: Final = 4
MOST: Final = 500  # layers, each an open file; no runtime takes more than some 127
_NAMES: Final = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


@dataclass(frozen=True, slots=True)
class Made:
    """What an image is made of; a layer that is not there is None, `remarks` are reasons and codes of gaps."""

    name: str
    digest: str
    config: Mapping[str, Any]
    layers: tuple[Content | None, ...]
    digests: tuple[str, ...]
    remarks: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Which:
    """One image of several: by platform ("" is this machine's), and by one of its `names` ("" is the first)."""

    platform: str = ""
    name: str = ""


FIRST: Final = Which()


def made_of(blobs: Blobs, which: Which = FIRST) -> Made:
    """One image; raises `CannotRead` when there is none."""
    index = document(blobs, "index.json")
    listed = document(blobs, "manifest.json")
    if index and isinstance(index[1], dict) and index[1].get("manifests"):
        return _of_index(blobs, index[1], _tag(listed[1]) if listed else "", which)
    if listed and isinstance(listed[1], list) and listed[1] and isinstance(listed[1][0], dict):
        made = _of_list(blobs, listed[1], which.name)
        wanted = which.platform
        if wanted and not _fits(own := _platform({"platform": made.config}), wanted):
            raise CannotRead(f"has no image for {mask_text(wanted)}, only for {own}")
        return made
    if listed and isinstance(listed[1], dict) and "layers" in listed[1]:  # `podman save --format docker-dir`
        return _of_manifest(blobs, listed[1], "", [])
    raise CannotRead("holds neither an index of OCI nor a manifest of docker", "unsupported")


def names(blobs: Blobs) -> list[str]:
    """What the images are called, when there are several that are not one for several platforms."""
    index = document(blobs, "index.json")
    listed = document(blobs, "manifest.json")
    if index and isinstance(index[1], dict) and index[1].get("manifests"):
        several = {str(one.get("digest")): _called(one) for one in reversed(_images(index[1])) if not _platform(one)}
        found = list(several.values())[::-1]  # a second name of the same image is none
    elif listed and isinstance(listed[1], list):
        found = [_listed_as(one, number) for number, one in enumerate(listed[1], 1)]
    else:
        found = []
    found = list(dict.fromkeys(found))
    return found if len(found) > 1 else []


def _called(descriptor: Mapping[str, Any]) -> str:
    told = descriptor.get("annotations")
    told = told if isinstance(told, dict) else {}
    return next((str(told[key]) for key in _NAMES if told.get(key)), str(descriptor.get("digest"))[:19])


def _listed_as(one: Any, number: int) -> str:
    return _tag([one]) or f"image {number}"


def platforms(blobs: Blobs, name: str = "") -> list[str]:
    """For which platforms there is an image, in the order of the index; none when it does not say."""
    index = document(blobs, "index.json")
    first = {"manifests": [one for one in _images(index[1] if index else None) if name in ("", _called(one))]}
    todo: list[tuple[Any, int]] = [(first, 0)]
    found: dict[str, None] = {}
    seen: set[str] = set()
    while todo:
        value, depth = todo.pop()
        for one in _images(value):
            digest = str(one.get("digest"))
            if name := _platform(one):
                found[name] = None
            elif depth < _DEEPEST and digest not in seen and (inner := _blob(blobs, one)):
                seen.add(digest)
                todo.append((inner[1], depth + 1))
    return list(found)


def _tag(value: Any) -> str:
    first = value[0] if isinstance(value, list) and value else None
    tags = first.get("RepoTags") if isinstance(first, dict) else None
    return str(tags[0]) if isinstance(tags, list) and tags else ""


def _of_list(blobs: Blobs, listed: list[Any], name: str) -> Made:
    """`docker save`: one of its images."""
    named = [one for number, one in enumerate(listed, 1) if isinstance(one, dict) and _listed_as(one, number) == name]
    first = named[0] if named else listed[0]
    left = 0 if named else len(listed) - 1
    told = f"{left} other images" if left > 1 else "another image"
    remarks = [(f"{told} in it {'were' if left > 1 else 'was'} not looked at", SKIPPED)] if left else []
    found = document(blobs, str(first.get("Config")))
    if not found or not isinstance(found[1], dict):
        raise CannotRead("its configuration is not there", "malformed")
    names = list(_strings(first, "Layers"))
    layers = tuple(blobs.get(name) for name in _few(names, remarks))
    digests = tuple(str(one) for one in _strings(found[1].get("rootfs"), "diff_ids"))
    return Made(_tag([first]), _sha256(found[0]), found[1], layers, digests, remarks)


def _of_index(blobs: Blobs, index: Mapping[str, Any], tag: str, which: Which) -> Made:
    remarks: list[tuple[str, str]] = []
    if named := [one for one in _images(index) if which.name and _called(one) == which.name]:
        index, tag = {"manifests": named[:1]}, which.name
    descriptor, manifest = _chosen(blobs, index, which.platform, remarks)
    name = tag or (_called(descriptor) if descriptor.get("annotations") else "")
    return _of_manifest(blobs, manifest, name, remarks)


def _of_manifest(blobs: Blobs, manifest: Mapping[str, Any], name: str, remarks: list[tuple[str, str]]) -> Made:
    config = _blob(blobs, manifest.get("config"))
    if not config or not isinstance(config[1], dict):
        raise CannotRead("its configuration is not there", "malformed")
    layers, digests = [], []
    listed = manifest.get("layers")
    for layer in _few(listed if isinstance(listed, list) else [], remarks):
        digest = str(layer.get("digest")) if isinstance(layer, dict) else ""
        layers.append(blobs.get(_path(digest)))
        digests.append(digest)
    return Made(name, _sha256(config[0]), config[1], tuple(layers), tuple(digests), remarks)


def _chosen(
    blobs: Blobs, index: Mapping[str, Any], wanted: str, remarks: list[tuple[str, str]], depth: int = 0
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The descriptor and manifest of one image: for what is wanted, this machine, or the first; others are told."""
    listed = _images(index)
    if not listed or depth > _DEEPEST:
        raise CannotRead("its index names no image", "malformed")
    own = wanted or f"linux/{_MACHINES.get(platform.machine(), platform.machine())}"
    first = next((one for one in listed if _fits(_platform(one), own)), None)
    if first is None and wanted and all(map(_platform, listed)):
        raise CannotRead(f"has no image for {mask_text(wanted)}; it has {', '.join(map(_platform, listed[:20]))}")
    first = first or next((one for one in listed if not _platform(one)), listed[0])
    if others := [_platform(one) or "an image without a platform" for one in listed if one is not first]:
        remarks.append((f"other images of the index were not looked at: {', '.join(others[:20])}", SKIPPED))
    found = _blob(blobs, first)
    if not found or not isinstance(found[1], dict):
        raise CannotRead("its manifest is not there", "malformed")
    if "manifests" in found[1]:
        inner, manifest = _chosen(blobs, found[1], wanted, remarks, depth + 1)
        return {**inner, "annotations": inner.get("annotations") or first.get("annotations")}, manifest
    return first, found[1]


def _images(index: Any) -> list[dict[str, Any]]:
    """The descriptors of an index that are images, or indexes of images."""
    listed = index.get("manifests") if isinstance(index, dict) else None
    return (
        [one for one in listed if isinstance(one, dict) and not _is_attestation(one)]
        if isinstance(listed, list)
        else []
    )


def _is_attestation(descriptor: Mapping[str, Any]) -> bool:
    return _platform(descriptor) == "unknown/unknown"


def _fits(platform: str, wanted: str) -> bool:
    """Whether a platform is what is wanted, or a variant of it."""
    return f"{platform}/".startswith(f"{wanted}/")


def _platform(descriptor: Mapping[str, Any]) -> str:
    said = descriptor.get("platform")
    words = [said.get(key) for key in ("os", "architecture", "variant")] if isinstance(said, dict) else []
    return "/".join(word for word in words if isinstance(word, str) and word)


def _blob(blobs: Blobs, descriptor: Any) -> tuple[bytes, Any] | None:
    """A document by its digest, which must be right."""
    digest = str(descriptor.get("digest")) if isinstance(descriptor, dict) else ""
    found = document(blobs, _path(digest))
    name = digest.partition(":")[0]
    if found and f"{name}:{hashlib.new(name, found[0]).hexdigest()}" != digest:
        raise CannotRead(f"the bytes of {digest[:19]}… are not those of its digest", "malformed")
    return found


def _path(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise CannotRead("names a blob by what is no digest", "malformed")
    return "blobs/" + digest.replace(":", "/")


def _few(listed: list[Any], remarks: list[tuple[str, str]]) -> list[Any]:
    if len(listed) > MOST:
        remarks.append((f"has {len(listed):,} layers, of which {MOST:,} were looked at", "too-big"))
    return listed[:MOST]


def _strings(value: Any, key: str) -> Iterator[str]:
    listed = value.get(key) if isinstance(value, dict) else None
    return (one for one in listed if isinstance(one, str)) if isinstance(listed, list) else iter(())


def diff_ids(config: Mapping[str, Any]) -> list[str]:
    """The digests of the layers as they are unpacked."""
    return list(_strings(config.get("rootfs"), "diff_ids"))


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
