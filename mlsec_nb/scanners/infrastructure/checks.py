"""The rules as data: the tables of `rules/*.toml` as rules with checks on items and on commands."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mlsec_nb.core import Rule, Severity
from mlsec_nb.scanners.patterns import tables, to_rule
from mlsec_nb.scanners.tree import HOLE, Node

from .commands import Command
from .items import Item

THEMES: Final = (
    "commands",
    "docker",
    "kubernetes",
    "compose",
    "actions",
    "aws",
    "google",
    "azure",
    "terraform",
    "serving",
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What must stand at a path of an item; `missing` is what holds when nothing stands there.

    A value that is not known never meets a condition.
    """

    path: str
    equals: frozenset[str] = frozenset()
    unlike: frozenset[str] = frozenset()
    matches: re.Pattern[str] | None = None
    mismatches: re.Pattern[str] | None = None
    missing: bool = False
    present: bool = False
    below: float | None = None

    def met(self, node: Node) -> tuple[bool, Node | None]:
        """Whether it holds, and the value that makes it hold."""
        found = node.find(self.path)
        if not found:
            return self.missing, None
        for value in found:
            if value.is_known and self._holds(value):
                return True, value
        return False, None

    def _holds(self, value: Node) -> bool:
        text = value.text.lower()
        if HOLE in text and not self.matches:
            return self.present
        if self.equals:
            return text in self.equals
        if self.unlike:
            return not isinstance(value.value, dict) and text not in self.unlike
        if self.matches:
            return bool(self.matches.search(value.text))
        if self.mismatches:
            return bool(value.text) and not self.mismatches.search(value.text)
        if self.below is not None:
            return isinstance(value.value, int | float) and value.value < self.below
        return self.present


@dataclass(frozen=True, slots=True)
class Check:
    """When an item of one of some types is what a rule speaks of: all conditions hold, for it or for one of `each`."""

    rule: Rule
    conditions: tuple[Condition, ...]
    each: str = ""
    severity: Severity | None = None
    replace: str | None = None  # what the value of the first condition should be
    insert: str | None = None  # a line that should stand in the mapping


@dataclass(frozen=True, slots=True)
class CommandCheck:
    """When a command is what a rule speaks of."""

    rule: Rule
    names: frozenset[str]
    argument: re.Pattern[str] | None = None
    line: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    script_unless: re.Pattern[str] | None = None
    fed_by: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    severity: Severity | None = None

    def met(self, command: Command, dialect: str) -> tuple[int, int] | None:
        """The place of the command, or of the argument that makes it bad."""
        if self.only and dialect not in self.only:
            return None
        if self.fed_by and self.fed_by.isdisjoint(command.fed_by):
            return None
        if self.line and not self.line.search(command.line):
            return None
        if self.unless and self.unless.search(command.line):
            return None
        if self.script_unless and self.script_unless.search(command.text):
            return None
        if not self.argument:
            return command.start, command.end
        return next(((word.start, word.end) for word in command.words if self.argument.search(word.text)), None)


@dataclass(frozen=True)
class Catalogue:
    """All rules of the room, with what finds them; rules without checks are found by judges."""

    rules: Mapping[str, Rule]
    checks: Mapping[str, tuple[Check, ...]]  # by type of item
    commands: Mapping[str, tuple[CommandCheck, ...]]  # by name of program
    tables: Mapping[str, Mapping[str, Any]] = field(hash=False, compare=False)

    def checks_of(self, item: Item) -> Iterable[Check]:
        return self.checks.get(item.type, ())

    def checks_on(self, command: Command) -> Iterable[CommandCheck]:
        return (*self.commands.get(command.name, ()), *self.commands.get("*", ()))


@cache
def catalogue() -> Catalogue:
    """The rules that come with the package."""
    folder = files(__package__) / "rules"
    aliases = tomllib.loads((folder / "_aliases.toml").read_text(encoding="utf-8"))
    rules: dict[str, Rule] = {}
    checks: dict[str, list[Check]] = {}
    commands: dict[str, list[CommandCheck]] = {}
    rows = tables(*(folder / f"{theme}.toml" for theme in THEMES))
    for row in rows:
        others = tuple(aliases.get(row["id"], ()))
        rule = rules[row["id"]] = to_rule({**row, "references": (*row["references"], *others)})
        for table in row.get("check", ()):
            check = _check(rule, table)
            for kind in table["on"]:
                checks.setdefault(kind, []).append(check)
        for table in row.get("command", ()):
            command = _command(rule, table)
            for name in command.names:
                commands.setdefault(name, []).append(command)
    return Catalogue(
        rules,
        {kind: tuple(found) for kind, found in checks.items()},
        {name: tuple(found) for name, found in commands.items()},
        {row["id"]: row for row in rows},
    )


def _check(rule: Rule, table: Mapping[str, Any]) -> Check:
    conditions = tuple(_condition(row) for row in table.get("when", [table]))
    severity = Severity(table["severity"]) if "severity" in table else None
    return Check(rule, conditions, table.get("each", ""), severity, table.get("replace"), table.get("insert"))


def _condition(row: Mapping[str, Any]) -> Condition:
    return Condition(
        row["path"], frozenset(row.get("equals", ())), frozenset(row.get("unlike", ())), _regex(row.get("matches")),
        _regex(row.get("mismatches")), row.get("missing", False), row.get("present", False), row.get("below"),
    )  # fmt: skip


def _command(rule: Rule, row: Mapping[str, Any]) -> CommandCheck:
    return CommandCheck(
        rule, frozenset(row["names"]), _regex(row.get("argument")), _regex(row.get("line")), _regex(row.get("unless")),
        _regex(row.get("script_unless")), frozenset(row.get("fed_by", ())), frozenset(row.get("only", ())),
        Severity(row["severity"]) if "severity" in row else None,
    )  # fmt: skip


def _regex(text: str | None) -> re.Pattern[str] | None:
    return re.compile(text) if text else None
