"""How a fact is told: findings, gaps and components at the place where the fact stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mlsec_nb.core import (
    Component,
    Edit,
    Evidence,
    Finding,
    Fix,
    Gap,
    Location,
    Rule,
    Segment,
    purl,
)
from mlsec_nb.scanners.patterns import tables, to_rule

from .facts import Dependency, Span, Unread

NAME: Final = "dependencies"


@cache
def catalogue() -> Mapping[str, Rule]:
    """The rules of this room by id."""
    return {table["id"]: to_rule(table) for table in tables(files(__package__) / "rules.toml")}


@dataclass(frozen=True, slots=True)
class Story:
    """One text with facts in it."""

    segment: Segment
    key: bytes
    is_manifest: bool

    def at(self, span: Span) -> Location:
        return self.segment.at(*span)

    def finding(self, rule: str, span: Span, words: str, message: str, **more: Any) -> Finding:
        """`words` name the thing: they and nothing else tell two findings of one rule in one place apart.

        `more` is what else a `Finding` holds.
        """
        return Finding(rule=catalogue()[rule], scanner=NAME, location=self.at(span), message=message,
                       evidence=Evidence.excerpt(words, self.key), **more)  # fmt: skip

    def pinned(self, fact: Dependency, version: str, title: str) -> Fix | None:
        """The fix that asks for exactly this version; None where the text cannot be changed safely."""
        if fact.pin is None:
            return None
        text = fact.pinned.format(name=fact.name, version=version)
        return Fix(title=title, edits=(Edit(self.at(fact.pin), text),))

    def gap(self, fact: Unread) -> Gap:
        return Gap(location=self.at(fact.span), scanner=NAME, reason=fact.reason, code=fact.code)

    def component(self, fact: Dependency) -> Component:
        facts = {"ecosystem": fact.ecosystem, "source": fact.source, "specifier": fact.specifier,
                 "licence": fact.licence, "address": fact.address, "locked": "true" if fact.is_locked else "",
                 **fact.extra}  # fmt: skip
        return Component(
            name=fact.name, kind="package", version=fact.version, location=self.at(fact.span),
            purl=purl("Debian" if fact.ecosystem == "system" else fact.ecosystem, fact.name, fact.version),
            properties={key: value for key, value in facts.items() if value},
        )  # fmt: skip
