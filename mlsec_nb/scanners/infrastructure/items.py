"""What the rules look at: one resource, container, service, job or instruction, wherever it was written."""

from dataclasses import dataclass, field

from mlsec_nb.core import Severity
from mlsec_nb.scanners.tree import Node

from .commands import Command

Mending = tuple[str, tuple[tuple[int, int, str], ...]]  # a title, and what to put where


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a type; `head` is where it begins to be named, `label` what a reader calls it."""

    type: str
    label: str
    node: Node
    head: tuple[int, int]
    parent: "Item | None" = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule at a place of the text, before it is a Finding."""

    rule: str
    start: int
    end: int
    label: str = ""
    message: str = ""
    severity: Severity | None = None
    fix: Mending | None = None


@dataclass(slots=True)
class Parsed:
    """A text taken apart: its items, the commands that it runs, and what was hit already on the way."""

    dialect: str
    items: list[Item] = field(default_factory=list)
    commands: list[tuple[str, Command]] = field(default_factory=list)  # label of what runs it, command
    hits: list[Hit] = field(default_factory=list)
    gaps: list[tuple[str, str]] = field(default_factory=list)  # reason and code
    covered: frozenset[tuple[str, str]] = frozenset()  # rules that something else in the text makes harmless, by label
