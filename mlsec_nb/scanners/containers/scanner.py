"""The scanner: an image → its inventory, what is known of it, how it starts, and what others should look at."""

import datetime as dt
import json
import posixpath
from collections.abc import Iterator, Sequence
from typing import Any, Final

from mlsec_nb.config import Settings
from mlsec_nb.core import (
    SKIPPED,
    Artifact,
    CannotScan,
    Component,
    Document,
    Finding,
    Gap,
    Inside,
    Kind,
    Rule,
    UsageError,
    purl,
)
from mlsec_nb.core.image import Image

from . import contents, distro, rights, starting
from .base import Base, base_of
from .bill import component
from .distro import Distro
from .inventory import Installed, Inventory, inventory
from .listed import Listed
from .lookups import Known, Lookup, commands
from .story import NAME, Story, catalogue

_OPTIONS: Final = frozenset(
    {"advisories", "max-age-days", "ignore-base", "base", "ignore-unfixed", "contents", "packaged"}
)


def build(settings: Settings) -> "ContainerScanner":
    """The scanner with the user's settings."""
    if unknown := sorted(set(settings.options) - _OPTIONS):
        raise UsageError(f"{NAME}.{unknown[0]} is not an option; options are {', '.join(sorted(_OPTIONS))}")
    return ContainerScanner(settings)


class ContainerScanner:
    """Says what is in an image, layer by layer, and what is known of it."""

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ignore_base = self._flag("ignore-base")
        self._contents = self._flag("contents", default=True)
        self._packaged = self._flag("packaged")
        self._base = settings.options.get("base", [])
        if not isinstance(self._base, list | tuple) or not all(isinstance(one, str) for one in self._base):
            raise UsageError(f"{NAME}.base must be a list of the diff ids of layers")
        self._lookup = Lookup(settings.options, ignore_unfixed=self._flag("ignore-unfixed"))

    def _flag(self, key: str, *, default: bool = False) -> bool:
        value = self._settings.options.get(key, default)
        if not isinstance(value, bool):
            raise UsageError(f"{NAME}.{key} must be true or false")
        return value

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(catalogue().values())

    def wants(self, artifact: Artifact) -> bool:
        return artifact.kind is Kind.IMAGE

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component | Inside]:
        opened: Image | None = getattr(document.artifact.content, "image", None)
        if opened is None:
            raise CannotScan("cannot be read as a container image", "unsupported")
        image = Listed(opened)
        story = Story(document.artifact.path, image, self._settings.key)
        base = base_of(image, self._base)
        ignored = base if self._ignore_base else Base()
        found = inventory(image, self._settings.limits)
        release = distro.of_image(image)
        known: list[Known] = []
        yield from image.gaps
        yield from (story.gap(str(error), error.code, story.at(entry)) for entry, error in found.unread)
        own = [one for one in found.installed if one.since not in ignored.layers]
        yield from self._base_gaps(story, base, len(found.installed) - len(own))
        yield from self._lookup.told(story, release, own, known)
        yield from _end_of_life(story, release)
        yield from starting.judged(story)
        yield from (one for one in rights.judged(story, found) if one.location.layer not in _names(story, ignored))
        yield from (component(story, release, one) for one in found.installed)
        yield _image(story, release, base, found, commands(known, self._lookup))
        yield from contents.texts(story, ignored)
        if self._contents:
            yield from contents.Contents(story, found, ignored, self._packaged)
        else:
            yield story.gap("its files were not looked at, as was asked for", SKIPPED)

    def _base_gaps(self, story: Story, base: Base, packages: int) -> Iterator[Gap]:
        if self._ignore_base and not base.layers:
            yield story.gap("which layers are those of the base image cannot be told: nothing was left out", SKIPPED)
        elif self._ignore_base:
            words = f"{len(base.layers)} layers of the base image and {packages} packages in them"
            yield story.gap(f"{words} were left out, as was asked for ({base.how})", SKIPPED)


def _names(story: Story, base: Base) -> set[str | None]:
    return {story.place(layer=index).layer for index in base.layers}


def _end_of_life(story: Story, release: Distro | None) -> Iterator[Finding]:
    care = distro.care(release) if release else None
    if release and care and care.until < dt.datetime.now(dt.UTC).date():
        yield story.found("IMAGE-END-OF-LIFE", story.place(distro.FILES[0]), release.label,
                          f"{release.name} has had no security fixes since {care.until.isoformat()}",
                          details={"until": care.until.isoformat(), "source": care.source})  # fmt: skip


def _image(story: Story, release: Distro | None, base: Base, found: Inventory, mending: Sequence[Any]) -> Component:
    """The image as it stands in a bill of materials, with the table of its layers."""
    image = story.image
    name = posixpath.basename(image.name.partition("@")[0]) or "image"
    properties = {
        "os": release.name if release else "", "platform": image.platform, "base": base.name,
        "base-layers": str(sum(not layer.empty and layer.index in base.layers for layer in image.layers) or ""),
        "layers": json.dumps(_layers(story, base, found.installed)),
        "mend": mending[0].line if mending else "", "mends": str(mending[0].mends) if mending else "",
        "owned-by-distribution": str(found.twice or ""),
    }  # fmt: skip
    return Component(
        name=name, kind="image", version=image.digest or None, location=story.place(),
        purl=purl("oci", name.partition(":")[0].lower(), image.digest or None),
        properties={key: value for key, value in properties.items() if value},
    )  # fmt: skip


def _layers(story: Story, base: Base, installed: Sequence[Installed]) -> list[dict[str, Any]]:
    rows = []
    for layer in story.image.layers:
        if layer.empty:
            continue
        rows.append({
            "layer": story.number(layer.index), "digest": layer.diff_id or layer.digest, "bytes": layer.size,
            "created_by": story.line(layer.index), "base": layer.index in base.layers,
            "added": sum(one.since == layer.index for one in installed),
            "removed": sum(one.until == layer.index for one in installed),
        })  # fmt: skip
    return rows
