"""What is known of a value without running anything: its name, its constant, where it came from."""

import ast
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .source import Source

MAX_ORIGINS = 4
MAX_STEPS = 8


class Unknown(Enum):
    """The constant of a value that is not known."""

    VALUE = "?"


UNKNOWN = Unknown.VALUE


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a flow, in words of our own."""

    source: Source = field(repr=False)
    start: int
    end: int
    message: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where data came from ("download", "upload", "input", "env", "secret", "own"), and the way it took."""

    kind: str
    steps: tuple[Step, ...] = ()

    def then(self, step: Step) -> "Origin":
        if len(self.steps) >= MAX_STEPS or (self.steps and self.steps[-1].start == step.start):
            return self
        return Origin(self.kind, (*self.steps, step))


@dataclass(frozen=True, slots=True)
class Function:
    """A function, lambda or class that the notebook defines, with the scope that it sees."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Any = field(hash=False, compare=False, repr=False)
    source: Source = field(repr=False)
    bound: "Value | None" = None


@dataclass(slots=True, unsafe_hash=True)  # never changed once made; `frozen` would make it three times as slow to make
class Value:
    """What is known of one value.

    `name` is qualified ("torch.load"); the result of calling it is "torch.load()", an attribute of that
    "torch.load().x". `const` is its constant; `text` that of a string or path, with `{…}` where a part is unknown.
    """

    name: str | None = None
    const: Any = UNKNOWN
    text: str | None = None
    origins: tuple[Origin, ...] = ()
    items: tuple["Value", ...] | None = None
    entries: Mapping[str, "Value"] | None = field(default=None, hash=False)
    function: Function | None = None
    bound: tuple[tuple["Value", ...], Mapping[str, "Value"]] | None = field(default=None, hash=False)
    members: dict[str, "Value"] | None = field(default=None, hash=False, compare=False)

    def with_(self, **changes: Any) -> "Value":
        made = copy(self)
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    def has(self, kind: str) -> Origin | None:
        return next((origin for origin in self.origins if origin.kind == kind), None)

    @property
    def is_string(self) -> bool:
        return self.text is not None


NOTHING = Value()


def constant(value: Any) -> Value:
    """The value of a literal."""
    return Value(const=value, text=value if isinstance(value, str) else None)


def merge(*values: Value) -> tuple[Origin, ...]:
    """The origins of all of them, one of each kind."""
    found: dict[str, Origin] = {}
    for value in values:
        for origin in value.origins:
            found.setdefault(origin.kind, origin)
    return tuple(found.values())[:MAX_ORIGINS]


def either(first: Value, second: Value) -> Value:
    """What is known when it may be one or the other (two branches)."""
    if first is second or second is NOTHING:
        return first
    if first is NOTHING:
        return second
    return Value(
        name=first.name if first.name == second.name else first.name or second.name,
        const=first.const if first.const == second.const else UNKNOWN,
        text=first.text if first.text == second.text else None,
        origins=merge(first, second),
        function=second.function or first.function,
        entries=second.entries or first.entries,
        members=second.members or first.members,
        bound=second.bound or first.bound,
    )
