"""What was inventoried; a bill of materials is made of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A package, model, dataset or image; `purl` is a package URL where one exists (https://github.com/package-url)."""

    name: str
    kind: str  # "package", "model", "dataset", "image", "file"
    location: Location
    version: str | None = None
    purl: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)
