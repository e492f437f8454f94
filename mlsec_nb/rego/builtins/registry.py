"""What a builtin is, and which there are."""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mlsec_nb.rego.errors import BuiltinTypeError, RegoTypeError
from mlsec_nb.rego.values import NAMES, Boolean, Object, Set, Value, type_name

_ROOMS = (
    "core", "numbers", "strings", "patterns", "collections", "encoding", "patching", "hashing", "versions", "network",
    "clock",
    "tokens", "certificates", "graphql",
)  # fmt: skip
# These reach outside or tell of the machine: a policy that uses one does not compile.
SWITCHED_OFF: Mapping[str, str] = {
    "http.send": "reaches the network",
    "net.lookup_ip_addr": "reaches the network",
    "opa.runtime": "tells the environment of the process",
}


@dataclass(frozen=True, slots=True)
class Builtin:
    """A builtin: `call(*values)`, or `call(context, *values)` when `contextual`.

    A `relation` gives an iterable of values; `compile` is for those that look at their terms, not their values.
    """

    name: str
    arity: int
    call: Callable[..., Value]
    contextual: bool = False
    relation: bool = False
    variadic: bool = False
    compile: Callable[..., Any] | None = None


_TYPES: Mapping[str, frozenset[type]] = {
    "any": frozenset(NAMES), "null": frozenset({type(None)}), "boolean": frozenset({Boolean}),
    "number": frozenset({int, float}), "integer": frozenset({int}), "string": frozenset({str}),
    "array": frozenset({tuple}), "object": frozenset({Object}), "set": frozenset({Set}),
}  # fmt: skip


class Table(dict[str, Builtin]):
    """The builtins of one theme."""

    def add(self, name: str, *types: str, **options: Any) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
        """Registers a function; `types` are those of its operands, with `|` between ("array|set")."""

        def register(call: Callable[..., Value]) -> Callable[..., Value]:
            checked = _checked(name, call, types, first=int(options.get("contextual", False)))
            self[name] = Builtin(name, len(types), checked, **options)
            return call

        return register


def _checked(name: str, call: Callable[..., Value], types: tuple[str, ...], first: int) -> Callable[..., Value]:
    allowed = tuple(frozenset().union(*(_TYPES[one] for one in kind.split("|"))) for kind in types)
    if all(kind == "any" for kind in types):
        return call

    def checked(*values: Value) -> Value:
        for position, kinds in enumerate(allowed, first):
            if type(values[position]) not in kinds:
                wanted, got = types[position - first].replace("|", " or "), type_name(values[position])
                raise BuiltinTypeError(f"{name}: operand {position - first + 1} must be {wanted} but got {got}")
        return call(*values)

    return checked


@cache
def _all() -> Mapping[str, Builtin]:
    found: dict[str, Builtin] = {}
    for room in _ROOMS:
        found.update(importlib.import_module(f"mlsec_nb.rego.builtins.{room}").TABLE)
    return found


class Registry:
    """The builtins that a program may use."""

    def __init__(self, extra: Iterable[Builtin] = (), off: Iterable[str] = ()) -> None:
        given = {builtin.name: builtin for builtin in extra}
        self._known = {**_all(), **given}
        self._off = {name: why for name, why in SWITCHED_OFF.items() if name not in given}
        self._off |= dict.fromkeys(off, "is not in use here")
        for name in self._off:
            self._known.pop(name, None)

    @property
    def names(self) -> Iterable[str]:
        """Every name that means a builtin, also those that may not be used."""
        return (*self._known, *self._off)

    def get(self, name: str) -> Builtin | None:
        return self._known.get(name)

    def __getitem__(self, name: str) -> Builtin:
        found = self._known.get(name)
        if found is None:
            raise RegoTypeError(self.why_not(name))
        return found

    def why_not(self, name: str) -> str:
        reason = self._off.get(name)
        return f"builtin {name} is switched off: it {reason}" if reason else f"undefined function {name}"


BUILTINS = _all
