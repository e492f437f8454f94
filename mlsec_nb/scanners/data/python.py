"""Python that says what data should be, read without running it: constants, calls and classes of one file."""

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .checks import Check

PLAIN = frozenset({"classmethod", "staticmethod", "property", "cached_property"})  # decorators that judge no data


class Unknown(Exception):  # noqa: N818 - no error: what only running the program would tell
    """A value that is not written down."""


@dataclass(frozen=True, slots=True)
class Module:
    """The names of a file and what they are given at its top."""

    values: Mapping[str, ast.expr]
    classes: Mapping[str, ast.ClassDef]
    _enums: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> "Module":
        """Raises what `ast.parse` raises."""
        values: dict[str, ast.expr] = {}
        classes: dict[str, ast.ClassDef] = {}
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef):
                classes[node.name] = node
            elif isinstance(node, ast.Assign):
                values.update({target.id: node.value for target in node.targets if isinstance(target, ast.Name)})
            elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
                values[node.target.id] = node.value
        return cls(values, classes)

    def value(self, node: ast.expr, depth: int = 0) -> Any:
        """What an expression is, where it is written down; raises `Unknown`."""
        if depth > 20:
            raise Unknown
        match node:
            case ast.Constant(value=value) if value is None or isinstance(value, str | int | float):
                return value
            case ast.Name(id=name) if name in self.values:
                return self.value(self.values[name], depth + 1)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return [self.value(item, depth + 1) for item in items]
            case ast.Dict(keys=keys, values=values) if all(key is not None for key in keys):
                pairs = zip(keys, values, strict=True)
                return {self.value(key, depth + 1): self.value(item, depth + 1) for key, item in pairs if key}
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -self._number(inner, depth)
            case ast.Attribute(value=ast.Name(id=name), attr=member) if name in self.classes:
                return self._member(name, member)
            case ast.Call(func=ast.Name(id="float"), args=[inner]):
                return self._infinite(self.value(inner, depth + 1))
            case ast.Call(func=ast.Name(id="list" | "set" | "tuple" | "frozenset" | "sorted"), args=[inner]):
                return self.value(inner, depth + 1)
        raise Unknown

    def _number(self, node: ast.expr, depth: int) -> Any:
        found = self.value(node, depth + 1)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise Unknown
        return found

    def _infinite(self, value: Any) -> float:
        try:
            found = float(value)
        except (TypeError, ValueError):
            raise Unknown from None
        if math.isnan(found):
            raise Unknown
        return found

    def _member(self, name: str, member: str) -> Any:
        for key, value in self.members(name):
            if key == member:
                return value
        raise Unknown

    def members(self, name: str) -> Iterator[tuple[str, Any]]:
        """The members of an enumeration; raises `Unknown` where it is none."""
        node = self.classes.get(name)
        if node is None or not any("Enum" in last(base) for base in node.bases):
            raise Unknown
        for entry in node.body:
            if isinstance(entry, ast.Assign) and isinstance(entry.targets[0], ast.Name):
                yield entry.targets[0].id, self.value(entry.value)

    def line(self, name: str, roots: frozenset[str], depth: int = 0) -> list[ast.ClassDef] | None:
        """A class after its own bases, down to one of `roots`; None when it is no such class.

        A base that is neither here nor a root raises `Unknown` if another base is one: part of the class is elsewhere.
        """
        node = self.classes.get(name)
        if node is None or depth > 20:
            return None
        found: list[ast.ClassDef] = []
        rooted = elsewhere = False
        for called in (last(base.value if isinstance(base, ast.Subscript) else base) for base in reversed(node.bases)):
            above = self.line(called, roots, depth + 1)
            if above is not None:
                found, rooted = [*found, *above], True
            elif called in roots:
                rooted = True
            elif called not in {"ABC", "Generic", "object", "Protocol"}:
                elsewhere = True
        if rooted and elsewhere:
            raise Unknown
        return [*found, node] if rooted else None


def last(node: ast.expr | None) -> str:
    """The last name of a dotted one; a call is what is called, a text is itself."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Call(func=called):
            return last(called)
        case ast.Constant(value=str(text)):
            return text
    return ""


def words(call: ast.Call) -> dict[str, ast.expr]:
    """The named arguments of a call; raises `Unknown` where a mapping is spread into it."""
    if any(word.arg is None for word in call.keywords):
        raise Unknown
    return {word.arg: word.value for word in call.keywords if word.arg}


def assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """The names that a class gives values, with those."""
    for entry in node.body:
        if isinstance(entry, ast.Assign):
            yield from ((target.id, entry.value) for target in entry.targets if isinstance(target, ast.Name))


Checks = Callable[[], Iterator[Check]]


def of_classes(
    module: Module, roots: frozenset[str], read: Callable[[Module, list[ast.ClassDef]], Iterator[Check]]
) -> dict[str, Checks]:
    """The checks of every class that is built on one of `roots`, by name."""
    found: dict[str, Checks] = {}
    for name in module.classes:
        try:
            line = module.line(name, roots)
        except Unknown:
            found[name] = partial(_unread, "a base class of another file")
            continue
        if line is not None:
            found[name] = partial(read, module, line)
    return found


def _unread(what: str) -> Iterator[Check]:
    yield Check(what)
