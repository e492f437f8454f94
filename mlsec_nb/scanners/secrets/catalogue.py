"""The rules of the room, read from `rules/*.toml`: with a form of their own, beside a name, or found by code."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, Final

from mlsec_nb.core import Rule
from mlsec_nb.scanners.patterns import Pattern, tables, to_pattern, to_rule

from .judges.names import words_of

THEMES: Final = ("ml", "clouds", "code_hosts", "services", "more", "generic")


@dataclass(frozen=True)
class Named:
    """A rule for a value whose form says little: one of `names` must stand beside it."""

    rule: Rule
    names: tuple[tuple[str, ...], ...]
    source: str
    table: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @cached_property
    def value(self) -> re.Pattern[str]:
        return re.compile(self.source)


@dataclass(frozen=True)
class Catalogue:
    """All rules, in the three ways that they are found."""

    patterns: tuple[Pattern, ...]
    named: tuple[Named, ...]
    rules: Mapping[str, Rule]

    @cached_property
    def by_word(self) -> Mapping[str, tuple[Named, ...]]:
        """Named rules by the first word of their names."""
        found: dict[str, list[Named]] = {}
        for named in self.named:
            for words in named.names:
                if named not in found.setdefault(words[0], []):
                    found[words[0]].append(named)
        return {word: tuple(rules) for word, rules in found.items()}


def of_tables(rows: Sequence[Mapping[str, Any]]) -> Catalogue:
    """A catalogue of rule tables."""
    patterns, named, rules = [], [], {}
    for row in rows:
        if "names" in row:
            rule = to_rule(row)
            names = tuple(words_of(name) for name in row["names"])
            named.append(Named(rule, names, row["value"], row))
        elif "by" in row:
            rule = to_rule(row)
        else:
            patterns.append(to_pattern(row))
            rule = patterns[-1].rule
        rules[rule.id] = rule
    return Catalogue(tuple(patterns), tuple(named), rules)


@lru_cache(maxsize=1)
def built_in() -> Catalogue:
    """The rules that come with the package."""
    folder = files(__package__) / "rules"
    return of_tables(tables(*(folder / f"{theme}.toml" for theme in THEMES)))
