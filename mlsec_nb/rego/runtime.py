"""What an evaluation carries with it: the documents, what was computed, and what it may still cost."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import BudgetError, BuiltinError
from .values import UNDEFINED, Object, Value, make_object

_CHUNK = 4096  # steps between two looks at the clock
Path = tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one query may cost."""

    steps: int = 50_000_000
    seconds: float = 30.0
    items: int = 5_000_000  # members of one made collection, characters of one made string
    regex_steps: int = 20_000_000


class Budget:
    """Counts steps down; looks at the clock now and then."""

    __slots__ = ("_deadline", "_rest", "left", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = min(_CHUNK, limits.steps)
        self._rest = limits.steps - self.left
        self._deadline = time.monotonic() + limits.seconds

    @property
    def spent(self) -> int:
        return self.limits.steps - self._rest - self.left

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            self.refill()

    def refill(self) -> None:
        """Called when `left` is below 0."""
        self._rest += self.left
        if self._rest < 0:
            raise BudgetError(f"more than {self.limits.steps} steps")
        if time.monotonic() > self._deadline:
            raise BudgetError(f"more than {self.limits.seconds:g} seconds")
        self.left = min(_CHUNK, self._rest)
        self._rest -= self.left

    def size(self, items: int) -> None:
        """A collection or string of that many members is about to be made."""
        if items > self.limits.items:
            raise BudgetError(f"a value of more than {self.limits.items} members")
        self.spend(items >> 4)


@dataclass(slots=True, eq=False)
class Once:
    """What stays the same during one query: the clock, random numbers, what was printed."""

    now_ns: int
    strict: bool
    printed: list[str]
    random: dict[Any, Value]
    errors: list[BuiltinError]
    program: Any = None

    def root(self, context: "Context") -> Any:
        """The whole of `data`."""
        return self.program.document(context)


class Context:
    """The documents as one expression sees them; `with` makes another."""

    __slots__ = ("budget", "cache", "data", "input", "mocks", "once", "shadow", "shadow_prefixes")

    def __init__(self, input_: Value, data: Object, budget: Budget, once: Once) -> None:
        self.input = input_
        self.data = data
        self.budget = budget
        self.once = once
        self.cache: dict[Any, Value] = {}
        self.mocks: Mapping[Any, Callable[..., Value]] | None = None
        self.shadow: Mapping[Path, Value] | None = None
        self.shadow_prefixes: frozenset[Path] = frozenset()

    def derive(self) -> "Context":
        """A context in which nothing is computed yet."""
        made = Context(self.input, self.data, self.budget, self.once)
        made.mocks, made.shadow, made.shadow_prefixes = self.mocks, self.shadow, self.shadow_prefixes
        return made

    def replace_input(self, path: Path, value: Value) -> None:
        self.input = patched(self.input, path, value)

    def replace_data(self, path: Path, value: Value) -> None:
        kept = {old: item for old, item in (self.shadow or {}).items() if old[: len(path)] != path}
        above = next((old for old in kept if path[: len(old)] == old), None)
        if above is None:
            kept[path] = value
        else:
            kept[above] = patched(kept[above], path[len(above) :], value)
        self.shadow = kept
        self.shadow_prefixes = frozenset(old[:size] for old in kept for size in range(len(old)))

    def mock(self, function: Any, call: Callable[..., Value]) -> None:
        self.mocks = {**(self.mocks or {}), function: call}

    def failed(self, error: BuiltinError) -> Value:
        """A builtin gave no value: undefined, or an error when errors are strict."""
        if self.once.strict:
            raise error
        self.once.errors.append(error)
        return UNDEFINED


def patched(value: Value, path: Path, new: Value) -> Value:
    """The value with what stands at `path` replaced; objects are made where there were none."""
    if not path:
        return new
    inner = value.get(path[0], UNDEFINED) if type(value) is Object else UNDEFINED
    outer = dict(value) if type(value) is Object else {}
    outer[path[0]] = patched(inner, path[1:], new)
    return make_object(outer)
