"""What stands on the stack of the machine: constants as they are, everything else as a description of itself."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

MAX_NODES = 2_000  # values looked at in the arguments of one call
KEPT = 64  # items of a container that are kept; of the rest only the number is
NAMES = 4096  # texts in a tuple that are kept: the names of a code object
LONG = 1 << 16  # strings and numbers longer than this stay where they are, as offset and length

Value = Any  # None, bool, int, float, str, bytes, a tuple of values, or one of the classes below


class Stop(Exception):  # noqa: N818 - reads with `raise`
    """A load would end here with an error; `reason` is in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutOfBudget(Stop):
    """Time or memory is used up: what follows was not looked at."""


class Big:
    """A long string, byte string or number that was not copied out of the file."""

    __slots__ = ("kind", "offset", "size")

    def __init__(self, kind: str, offset: int, size: int) -> None:
        self.kind = kind
        self.offset = offset
        self.size = size


class Unknown:
    """A value that only a real load could tell: an out-of-band buffer, a memo entry of another pickle."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


class Ref:
    """Something that would be imported: `module`, then `name` (dotted from protocol 4 on) looked up in it."""

    __slots__ = ("how", "module", "name", "offset")

    def __init__(self, module: str, name: str, how: str, offset: int) -> None:
        self.module = module
        self.name = name
        self.how = how
        self.offset = offset

    @property
    def full(self) -> str:
        return f"{self.module}.{self.name}"


class Call:
    """Something that would be called, and so the result of it.

    `how` is reduce, newobj, newobj_ex, inst, obj, build, extend, setitem, add or persistent; `args` is what it would
    be called with: a tuple in all well-formed pickles.
    """

    __slots__ = ("args", "how", "kwargs", "offset", "state", "target")

    def __init__(self, how: str, target: Value, args: Value, offset: int, kwargs: Value = None) -> None:
        self.how = how
        self.target = target
        self.args = args
        self.kwargs = kwargs
        self.offset = offset
        self.state: Value = None  # what BUILD gave to the result


class Box:
    """A list, dict, set, frozenset, bytearray or long tuple: its first items (of a dict: key, value, key, …)."""

    __slots__ = ("count", "items", "kind")

    def __init__(self, kind: str, items: Sequence[Value] = ()) -> None:
        self.kind = kind
        self.count = len(items)
        self.items: Sequence[Value] = items[:KEPT]

    def extend(self, values: list[Value]) -> None:
        self.count += len(values)
        room = KEPT - len(self.items)
        if room > 0:
            self.items = [*self.items, *values[:room]]

    def get(self, key: str) -> Value:
        """The last value that a dict was given under a string key."""
        found = None
        for position in range(0, len(self.items) - 1, 2):
            if self.items[position] == key:
                found = self.items[position + 1]
        return found

    def keys(self) -> Sequence[Value]:
        return self.items[::2]


class Whole(Box):
    """A container of which every item is kept: for the few readers who want the value, not what a load would do."""

    __slots__ = ()

    def __init__(self, kind: str, items: Sequence[Value] = ()) -> None:
        self.kind = kind
        self.count = len(items)
        self.items: list[Value] = list(items)

    def extend(self, values: list[Value]) -> None:
        self.count += len(values)
        self.items.extend(values)


Seen = Callable[[Ref | Call], None]  # told of every import and call, in the order in which a load would do them


def walk(value: Value, limit: int = MAX_NODES, *, calls: bool = True) -> Iterator[Value]:
    """A value and all that is in it, each once, at most `limit` of them; `calls`: also what other calls were given."""
    todo: list[Value] = [value]
    done: set[int] = set()
    while todo and len(done) < limit:
        value = todo.pop()
        if id(value) in done:
            continue
        done.add(id(value))
        yield value
        if isinstance(value, tuple):
            todo += value
        elif isinstance(value, Box):
            todo += value.items
        elif isinstance(value, Call) and calls:
            todo += [value.target, value.args, value.kwargs, value.state]
