"""What bills of materials have in common: every component once, with all places where it was found."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlsec_nb.core import Component, Judged, Location, Report

from .text import visible

SPACE: Final = uuid.UUID("6f1f9a51-9d4f-5c7e-8f0e-1d7a9a2b6c53")  # of names made by mlsec, in no other use
_HASHES: Final = {"sha256": ("SHA-256", 64), "sha512": ("SHA-512", 128), "sha1": ("SHA-1", 40), "md5": ("MD5", 32)}


@dataclass(slots=True)
class Item:
    """One component, wherever it was found."""

    name: str
    kind: str
    version: str | None
    purl: str | None
    properties: dict[str, str] = field(default_factory=dict)
    places: list[Location] = field(default_factory=list)

    @property
    def ref(self) -> str:
        """A name for it in the document: its package URL, or a digest of what it is."""
        return self.purl or f"{self.kind}-{digest(self.kind, self.name, self.version or '')[:16]}"

    @property
    def hashes(self) -> list[tuple[str, str]]:
        told = ((name, self.properties.get(key, "").lower(), size) for key, (name, size) in _HASHES.items())
        return [(name, value) for name, value, size in told if re.fullmatch(rf"[0-9a-f]{{{size}}}", value)]

    @property
    def licence(self) -> str:
        return self.properties.get("licence", "")


def items(report: Report) -> list[Item]:
    """Every component once, in an order of its own; two models of one name are two unless their bytes are the same."""
    found: dict[tuple[str, str, str, str], Item] = {}
    for component in report.components:
        same = found.setdefault(_identity(component), _item(component))
        same.places.append(component.location)
        for name, value in component.properties.items():
            same.properties.setdefault(visible(name), visible(value))
    return [found[identity] for identity in sorted(found)]


def _item(component: Component) -> Item:
    version = visible(component.version) if component.version else None
    return Item(visible(component.name), component.kind, version, visible(component.purl) if component.purl else None)


def _identity(component: Component) -> tuple[str, str, str, str]:
    if component.kind == "package":
        own = component.purl or ""
    else:
        own = component.properties.get("sha256") or str(component.location)
    return component.kind, component.name, component.version or "", own


@dataclass(frozen=True, slots=True)
class Known:
    """An advisory that a finding tells of, and the components that it is about."""

    judged: Judged
    details: Mapping[str, Any]
    refs: tuple[str, ...]


def known(report: Report, listed: list[Item]) -> list[Known]:
    """Every advisory once, the packages it is about together."""
    by_package = {(item.name, item.version): item.ref for item in reversed(listed) if item.kind == "package"}
    grouped: dict[str, tuple[Judged, dict[str, None]]] = {}
    for judged in report.findings:
        details = judged.finding.details
        if not isinstance(details.get("advisory"), str):
            continue
        ref = by_package.get((str(details.get("package")), details.get("version")))
        if ref:
            grouped.setdefault(details["advisory"], (judged, {}))[1][ref] = None
    return [Known(judged, judged.finding.details, tuple(refs)) for _, (judged, refs) in sorted(grouped.items())]


def identity(report: Report, listed: list[Item]) -> uuid.UUID:
    """The same for the same inventory, another for another."""
    told = [[item.ref, sorted(item.properties.items()), list(map(str, item.places))] for item in listed]
    return uuid.uuid5(SPACE, json.dumps([list(report.targets), report.version, told]))


def digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def address(advisory: str) -> str:
    """Where an advisory can be read."""
    return f"https://osv.dev/vulnerability/{advisory}"
