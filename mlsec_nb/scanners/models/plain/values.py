"""What a pickle ends with → constants, containers and arrays, or the reason why it is more than that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlsec_nb.scanners.models.pickle.values import Big, Box, Call, Ref, Value

DEPTH = 32  # containers inside containers
MOST = 1_000_000  # values altogether
RESULTS = frozenset({"reduce", "newobj", "persistent"})  # steps that give a value


class NotPlain(Exception):  # noqa: N818 - reads with `raise`
    """There is more in the file than arrays and plain values; says what."""


class NoPickle(NotPlain):
    """There is nothing to convert: the file is no pickle at all."""


@dataclass(slots=True)
class Events:
    """What the machine tells while it runs: all that happens to the results of calls."""

    items: dict[int, list[Value]] = field(default_factory=dict)  # by the identity of a call: what it was given
    calls: list[Call] = field(default_factory=list)
    built: list[Call] = field(default_factory=list)  # calls that were given a state, in order
    states: set[int] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)

    def see(self, event: Ref | Call) -> None:
        if isinstance(event, Ref):
            self.imports.add(event.full)
            return
        self.calls.append(event)
        target = event.target
        if event.how == "setitem" and isinstance(target, Call):
            self.items.setdefault(id(target), []).extend(sequence(event.args))
        elif event.how == "build" and isinstance(target, Call):
            if id(target) in self.states:
                self.odd.append("an object that is set twice")
            self.states.add(id(target))
            self.built.append(target)
        elif event.how not in RESULTS:
            self.odd.append(f"a step that is no plain one ({event.how})")


Maker = Callable[[Call], Any]


@dataclass(slots=True)
class Reader:
    """Turns one pickle's result into plain values; `makers` are the calls that build one, by their full name."""

    events: Events
    makers: Mapping[str, Maker]
    names: frozenset[str]  # what may be imported besides the makers: types that are only named
    data: bytes
    used: set[int] = field(default_factory=set)
    count: int = 0
    depth: int = 0

    def value(self, what: Value) -> Any:
        """The plain value; raises `NotPlain` for everything else."""
        self.count += 1
        self.depth += 1
        if self.depth > DEPTH or self.count > MOST:
            raise NotPlain("more values, or deeper ones, than a model has")
        found = self._value(what)
        self.depth -= 1
        return found

    def _value(self, what: Value) -> Any:
        if what is None or isinstance(what, bool | int | float | str | bytes):
            return what
        if isinstance(what, tuple):
            return tuple(self.value(item) for item in what)
        if isinstance(what, Big):
            return self.data[what.offset : what.offset + what.size]
        if isinstance(what, Box):
            return self._box(what)
        if isinstance(what, Call):
            return self._call(what)
        raise NotPlain(f"a {what.full if isinstance(what, Ref) else type(what).__name__.lower()}")

    def _box(self, box: Box) -> Any:
        if box.kind == "dict":
            return self.mapping(list(box.items))
        if box.kind in {"list", "tuple"}:
            return [self.value(item) for item in box.items]
        raise NotPlain(f"a {box.kind}")

    def mapping(self, items: list[Value]) -> dict[Any, Any]:
        """Key, value, key, … as a dict; a later item replaces an earlier one, as it would in a load."""
        return {self._key(key): self.value(item) for key, item in zip(items[::2], items[1::2], strict=True)}

    @staticmethod
    def _key(key: Value) -> Any:
        if isinstance(key, str) or type(key) is int:
            return key
        raise NotPlain("a key that is neither a text nor a number")

    def _call(self, call: Call) -> Any:
        name = self.take(call)
        if name == "collections.OrderedDict":
            return self._ordered(call)
        maker = self.makers.get(name)
        if maker is None or call.kwargs is not None:
            raise NotPlain(f"a call of {name}" if name else "a call of something computed")
        return maker(call)

    def take(self, call: Value) -> str:
        """The full name of what is called; from now on the call counts as used."""
        if not isinstance(call, Call):
            raise NotPlain("an array that is not made by a call")
        self.used.add(id(call))
        return call.target.full if isinstance(call.target, Ref) else ""

    def _ordered(self, call: Call) -> dict[Any, Any]:
        """`OrderedDict()` and its items; its attributes (torch's versions of modules) must be plain as well."""
        if sequence(call.args):
            raise NotPlain("an OrderedDict made of something")
        if call.state is not None:
            self.value(call.state)
        return self.mapping(self.events.items.get(id(call), []))

    def finish(self) -> None:
        """Raises `NotPlain` when a load would do anything that did not end in a value."""
        if self.events.odd:
            raise NotPlain(self.events.odd[0])
        for name in sorted(self.events.imports - self.names - self.makers.keys() - {"collections.OrderedDict"}):
            raise NotPlain(f"an import of {name}")
        for call in self.events.calls:
            if call.how in RESULTS and id(call) not in self.used:
                name = call.target.full if isinstance(call.target, Ref) else call.how
                raise NotPlain(f"a call of {name} whose result is not kept")


def sequence(value: Value) -> list[Value]:
    """The items of a tuple or container, nothing of anything else."""
    return list(value.items) if isinstance(value, Box) else list(value) if isinstance(value, tuple) else []


def shape_of(value: Value) -> tuple[int, ...]:
    sizes = sequence(value)
    if (not sizes and value != () and not isinstance(value, Box)) or not all(
        type(size) is int and 0 <= size < 1 << 48 for size in sizes
    ):
        raise NotPlain("an array without a shape")
    return tuple(sizes)
