"""Syft: `syft … -o json` (https://github.com/anchore/syft)."""

from typing import Any

from .grype import place_of
from .told import Told
from .values import at, first, has, mappings, text


def is_mine(value: Any) -> bool:
    return has(value, "artifacts", "artifactRelationships") or (
        has(value, "artifacts", "descriptor") and text(value, "descriptor", "name") == "syft"
    )


def read(value: Any, told: Told) -> None:
    """Every package."""
    source = at(value, "source")
    image = ""
    if text(source, "type") == "image":
        image = first(text(source, "metadata", "userInput"), text(source, "target", "userInput"), text(source, "name"))
        told.targets.append(image)
    for one in told.rows(value, "artifacts"):
        licences = [first(text(item, "spdxExpression"), text(item, "value")) for item in mappings(one, "licenses")]
        told.component(
            text(one, "name"), version=text(one, "version"), purl=text(one, "purl"), place=place_of(one, told, image),
            properties={"type": text(one, "type"), "licence": " AND ".join(filter(None, licences))},
        )  # fmt: skip
