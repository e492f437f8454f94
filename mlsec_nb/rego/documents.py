"""The tree below `data`: base documents and rules side by side."""

from collections.abc import Callable, Iterator
from typing import Any

from .runtime import Context, Path
from .values import UNDEFINED, Object, Set, Value, in_order, make_object

_MISSING = object()


class Group:
    """All rules of one constant path; `kind` is "complete", "set", "object" or "function"."""

    __slots__ = ("arity", "clauses", "collect", "compute", "invoke", "kind", "node", "path")

    def __init__(self, path: Path, kind: str, arity: int, node: "Node") -> None:
        self.path = path
        self.kind = kind
        self.arity = arity
        self.node = node
        self.clauses: list[Any] = []
        self.compute: Callable[[Context], Value] = lambda _: UNDEFINED
        self.collect: Callable[[Context, Any], None] = lambda _, __: None
        self.invoke: Callable[[Context, list[Value]], Value] = lambda _, __: UNDEFINED

    @property
    def name(self) -> str:
        return ".".join(map(str, ("data", *self.path)))

    def value(self, context: Context) -> Value:
        found = context.cache.get(self, _MISSING)
        if found is _MISSING:
            context.budget.spend(1)
            found = self.compute(context)
            context.cache[self] = found
        return found


class Node:
    """One place of the tree: perhaps rules, perhaps places below."""

    __slots__ = ("children", "group", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.group: Group | None = None
        self.children: dict[Value, Node] = {}

    def child(self, key: Value) -> "Node":
        if key not in self.children:
            self.children[key] = Node((*self.path, key))
        return self.children[key]

    def groups(self) -> Iterator[Group]:
        """The rules here and below."""
        if self.group:
            yield self.group
        for child in self.children.values():
            yield from child.groups()


class Virtual:
    """A document of which only the parts that are asked for are computed."""

    __slots__ = ("base", "node", "path")

    def __init__(self, path: Path, node: Node | None, base: Value) -> None:
        self.path = path
        self.node = node
        self.base = base

    def get(self, context: Context, key: Value) -> Value:
        """The value or the virtual document below `key`."""
        path = (*self.path, key)
        if context.shadow and path in context.shadow:
            return context.shadow[path]
        node = self.node.children.get(key) if self.node else None
        below = context.shadow is not None and path in context.shadow_prefixes
        if node is None and not below:
            return index(self.base, key)
        return document(context, path, node, index(self.base, key), below=below)

    def items(self, context: Context) -> Iterator[tuple[Value, Value]]:
        keys = set(self.base) if type(self.base) is Object else set()
        if self.node:
            keys.update(self.node.children)
        keys.update(path[-1] for path in (context.shadow or ()) if path[:-1] == self.path)
        keys.update(path[-1] for path in context.shadow_prefixes if path and path[:-1] == self.path)
        for key in in_order(keys):
            value = self.get(context, key)
            if value is not UNDEFINED:
                yield key, value

    def solid(self, context: Context) -> Object:
        """All of it, computed."""
        return make_object({
            key: value.solid(context) if type(value) is Virtual else value for key, value in self.items(context)
        })  # fmt: skip


def document(context: Context, path: Path, node: Node | None, base: Value, *, below: bool) -> Value:
    """What stands at a place of the tree."""
    group = node.group if node else None
    if group is None:
        return Virtual(path, node, base)
    if group.kind == "function":
        return Virtual(path, node, base) if group.node.children else base
    value = group.value(context)
    return _patched(context, path, value) if below else value


def _patched(context: Context, path: Path, value: Value) -> Value:
    inner = Virtual(path, None, value)
    return inner.solid(context)


def index(value: Value, key: Value) -> Value:
    """`value[key]`, or undefined."""
    kind = type(value)
    if kind is Object:
        return value.get(key, UNDEFINED)
    if kind is tuple:
        return value[key] if type(key) is int and 0 <= key < len(value) else UNDEFINED
    if kind is Set:
        return key if key in value else UNDEFINED
    return UNDEFINED


def step(context: Context, value: Value, key: Value) -> Value:
    """As `index`, also into virtual documents."""
    return value.get(context, key) if type(value) is Virtual else index(value, key)


def solid(context: Context, value: Value) -> Value:
    return value.solid(context) if type(value) is Virtual else value


def pairs(value: Value) -> list[tuple[Value, Value]]:
    """Keys and values of a collection; nothing of anything else."""
    kind = type(value)
    if kind is Object:
        return list(value.items())
    if kind is tuple:
        return list(enumerate(value))
    if kind is Set:
        return [(item, item) for item in value.ordered]
    return []
