"""The TOML tables of this folder, read once."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Self

from mlsec_nb.core import Severity


@dataclass(frozen=True, slots=True)
class Effect:
    """What something dangerous does, in words that follow a name."""

    id: str
    does: str
    severity: Severity


@dataclass(slots=True)
class Facts:
    """Everything known; keys are dotted names, those of modules and packages stand for all that is in them."""

    effect_names: dict[str, Effect] = field(default_factory=dict)
    effect_modules: dict[str, Effect] = field(default_factory=dict)
    effect_words: dict[str, Effect] = field(default_factory=dict)
    stdlib: frozenset[str] = frozenset()
    words: dict[str, frozenset[str]] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)  # libraries that really write models
    calls: set[str] = field(default_factory=set)  # may be called with anything
    named: set[str] = field(default_factory=set)  # may be named; calling is another matter
    rules: dict[str, str] = field(default_factory=dict)  # judged by their arguments: the name of a check

    def add_safe(self, table: dict[str, Any]) -> None:
        self.packages.update(table.get("packages", ()))
        self.calls.update(table.get("calls", ()), table.get("pure", ()))
        self.named.update(table.get("named", ()))
        self.rules.update(table.get("rules", {}))

    def add_effects(self, table: dict[str, Any]) -> None:
        for row in table["effect"]:
            effect = Effect(row["id"], row["does"], Severity(row["severity"]))
            self.effect_names.update(dict.fromkeys(row.get("names", ()), effect))
            self.effect_modules.update(dict.fromkeys(row.get("modules", ()), effect))
            self.effect_words.update(dict.fromkeys(row.get("words", ()), effect))

    @classmethod
    def read(cls) -> Self:
        facts = cls()
        here = files(__package__)
        facts.add_effects(_table(here.joinpath("effects.toml")))
        facts.stdlib = frozenset(_table(here.joinpath("stdlib.toml"))["modules"])
        facts.words = {name: frozenset(words) for name, words in _table(here.joinpath("words.toml")).items()}
        for entry in sorted(here.joinpath("safe").iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(".toml"):
                facts.add_safe(_table(entry))
        return facts


def _table(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def known() -> Facts:
    """The facts that are shipped."""
    return Facts.read()


def covering(dotted: str, entries: Iterable[str]) -> str | None:
    """The longest entry that is `dotted` or a package that it is in."""
    entries = entries if isinstance(entries, set | dict | frozenset) else set(entries)
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        if (head := ".".join(parts[:count])) in entries:
            return head
    return None
