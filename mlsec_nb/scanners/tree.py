"""Values that know where they stand in the text that they were read from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

MAX_VISITS: Final = 200_000  # values that one walk may see; shared ones (aliases) count each time
HOLE: Final = "\ue000"  # stands in a text for what is not known of it


class _Unknown:
    """What cannot be known from the text: a variable without value, a hole of a template."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
Scalar = str | int | float | bool | None | _Unknown
Value: TypeAlias = "Scalar | list[Node] | dict[str, Node]"


@dataclass(slots=True, eq=False)
class Node:
    """A value and its place: offsets into the text. `keys` says where the keys of a mapping stand.

    `block` is true for a YAML mapping written in lines, into which a line can be put; `raw` is a text as written.
    """

    start: int
    end: int
    value: Value
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    block: bool = False
    raw: str = ""

    @property
    def is_known(self) -> bool:
        return self.value is not UNKNOWN

    @property
    def mapping(self) -> dict[str, "Node"]:
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list["Node"]:
        """The elements of a list; anything else is a list of itself, as in most configurations."""
        if isinstance(self.value, list):
            return self.value
        return [] if self.value is None else [self]

    @property
    def text(self) -> str:
        """A known scalar as text: `true`, `8080`, `latest`; empty for everything else."""
        value = self.value
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, str | int | float) else ""

    def get(self, key: str) -> "Node | None":
        found = self.mapping.get(key)
        return None if found is None or found.value is None else found

    def find(self, path: str) -> list["Node"]:
        """What stands at a path of keys with dots between; lists on the way are looked into, `*` is every key."""
        found = [self]
        for key in path.split(".") if path else ():
            found = [value for node in found for item in flat(node) for value in _step(item, key)]
        return [item for node in found for item in flat(node)]

    def first(self, path: str) -> "Node | None":
        return next(iter(self.find(path)), None)


def _step(node: Node, key: str) -> Iterator[Node]:
    if key == "*":
        yield from node.mapping.values()
    elif not node.is_known:
        yield node
    elif (found := node.get(key)) is not None:
        yield found


def flat(node: Node) -> Iterator[Node]:
    """The elements of a list, of lists in it too; or the value itself."""
    waiting, visits = [node], 0
    while waiting and visits < MAX_VISITS:
        visits += 1
        item = waiting.pop()
        if isinstance(item.value, list):
            waiting += reversed(item.value)
        else:
            yield item


def walk(root: Node) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every value below a root with the keys that lead to it, in the order of the text, as far as the budget goes."""
    waiting: list[tuple[tuple[str, ...], Node]] = [((), root)]
    for _ in range(MAX_VISITS):
        if not waiting:
            return
        keys, node = waiting.pop()
        yield keys, node
        if len(keys) > 60:
            continue
        if isinstance(node.value, dict):
            waiting += reversed([((*keys, key), value) for key, value in node.value.items()])
        elif isinstance(node.value, list):
            waiting += [(keys, value) for value in reversed(node.value)]
