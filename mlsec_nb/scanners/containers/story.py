"""How things of an image are told: which layer in which words, findings, gaps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mlsec_nb.core import Evidence, Finding, Gap, Location, Rule, mask_text
from mlsec_nb.core.image import Entry, Image, Layer
from mlsec_nb.scanners.patterns import tables, to_rule

NAME: Final = "containers"
_NOP: Final = re.compile(r"/bin/(?:ba)?sh -c #\(nop\)\s*")
_RUN: Final = re.compile(r"(?:RUN )?(?:\|\d+ .*? )?/bin/(?:ba|a|da)?sh (?:\S+ ){0,4}?-\w*c ", re.DOTALL)
_LONG: Final = 120  # characters of a line of a Dockerfile that are shown


@cache
def catalogue() -> Mapping[str, Rule]:
    """The rules of this room by id."""
    return {table["id"]: to_rule(table) for table in tables(files(__package__) / "rules.toml")}


def instruction(created_by: str) -> str:
    """The line of the Dockerfile that made a layer, out of what builders write into the history."""
    text = created_by.strip().removesuffix("# buildkit").strip()
    if found := _NOP.match(text):
        return text[found.end() :].strip()
    if found := _RUN.match(text):
        return f"RUN {text[found.end() :].strip()}"
    return text


@dataclass(frozen=True, slots=True)
class Story:
    """One image; `path` is what the user called it."""

    path: str
    image: Image
    key: bytes

    def layer(self, index: int) -> Layer | None:
        return next((layer for layer in self.image.layers if layer.index == index), None)

    def number(self, index: int) -> int:
        """Which layer it is, from 1, those without files not counted."""
        return sum(1 for layer in self.image.layers if not layer.empty and layer.index <= index)

    def line(self, index: int) -> str:
        """The line of the Dockerfile, safe to show; empty when the history does not say."""
        layer = self.layer(index)
        return mask_text(instruction(layer.created_by), _LONG) if layer and layer.created_by else ""

    def words(self, index: int) -> str:
        line = self.line(index)
        return f"layer {self.number(index)}" + (f", {line}" if line else "")

    def place(self, member: str | None = None, layer: int | None = None, part: str | None = None) -> Location:
        found = self.layer(layer) if layer is not None else None
        return Location(
            path=self.path, member=member, layer=found.diff_id or found.digest if found else None, part=part
        )

    def at(self, entry: Entry) -> Location:
        return self.place(entry.path, entry.layer)

    def found(self, rule: str, place: Location, words: str, message: str, **more: Any) -> Finding:
        """`words` name the thing: they and nothing else tell two findings of one rule in one place apart."""
        return Finding(rule=catalogue()[rule], scanner=NAME, location=place, message=message,
                       evidence=Evidence.excerpt(words, self.key), **more)  # fmt: skip

    def gap(self, reason: str, code: str, place: Location | None = None) -> Gap:
        return Gap(location=place or self.place(), scanner=NAME, reason=reason, code=code)

    def came(self, since: int, until: int | None = None) -> dict[str, Any]:
        """Where something came in, for the details of a finding."""
        told: dict[str, Any] = {"layer": self.number(since), "created_by": self.line(since)}
        if until is not None:
            told |= {"removed_layer": self.number(until), "removed_by": self.line(until)}
        return {key: value for key, value in told.items() if value != ""}
