"""The tree of a Rego module, as the parser gives it and the resolver rewrites it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A place in a policy file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Place("", 0, 0)


@dataclass(slots=True, eq=False)
class Term:
    """Anything that has a value."""

    place: Place


@dataclass(slots=True, eq=False)
class Scalar(Term):
    """A constant."""

    value: Any


@dataclass(slots=True, eq=False)
class Var(Term):
    """A name; the resolver turns it into a `Local`, a reference or an error. `_` is a fresh variable each time."""

    name: str


@dataclass(slots=True, eq=False)
class Local(Term):
    """A variable of one rule, at its slot of the frame."""

    name: str
    slot: int


@dataclass(slots=True, eq=False)
class Ref(Term):
    """`head[path[0]][path[1]]…`; `head` is a `Var` (`input` or `data`, once resolved) or any other term."""

    head: Term
    path: tuple[Term, ...]


@dataclass(slots=True, eq=False)
class Array(Term):
    """An array literal."""

    items: tuple[Term, ...]


@dataclass(slots=True, eq=False)
class SetOf(Term):
    """A set literal."""

    items: tuple[Term, ...]


@dataclass(slots=True, eq=False)
class ObjectOf(Term):
    """An object literal."""

    pairs: tuple[tuple[Term, Term], ...]


@dataclass(slots=True, eq=False)
class Comprehension(Term):
    """`kind` is "array", "set" or "object"; `key` is there for objects only."""

    kind: str
    key: Term | None
    value: Term
    body: tuple["Literal", ...]


@dataclass(slots=True, eq=False)
class Call(Term):
    """A call of a builtin by its dotted name or, once resolved, of a function by its path under `data`."""

    name: str
    args: tuple[Term, ...]
    path: tuple[str, ...] | None = None
    operator: Term | None = None  # as written, before it is resolved


@dataclass(slots=True, eq=False)
class Template(Term):
    """A template string: texts and the expressions between them."""

    parts: tuple["str | Literal", ...]


@dataclass(slots=True, eq=False)
class With:
    """`with target as value`."""

    target: Term
    value: Term


@dataclass(slots=True, eq=False)
class Statement:
    """What a literal says."""

    place: Place


@dataclass(slots=True, eq=False)
class Holds(Statement):
    """A term that must be defined and not false."""

    term: Term


@dataclass(slots=True, eq=False)
class Unify(Statement):
    """`left = right`, or `left := right` when `declares`."""

    left: Term
    right: Term
    declares: bool = False


@dataclass(slots=True, eq=False)
class Declare(Statement):
    """`some x, y`."""

    names: tuple[str, ...]


@dataclass(slots=True, eq=False)
class SomeIn(Statement):
    """`some key, value in domain`."""

    key: Term | None
    value: Term
    domain: Term


@dataclass(slots=True, eq=False)
class Every(Statement):
    """`every key, value in domain { body }`."""

    key: Term | None
    value: Term
    domain: Term
    body: tuple["Literal", ...]


@dataclass(slots=True, eq=False)
class Literal:
    """One statement of a body; `end` is the line of its last token."""

    statement: Statement
    negated: bool = False
    withs: tuple[With, ...] = ()
    end: int = 0

    @property
    def place(self) -> Place:
        return self.statement.place


Body = tuple[Literal, ...]


@dataclass(slots=True, eq=False)
class Rule:
    """One rule: `ref(args) contains key := value if body`, with what stands in its `else` branches.

    `path` is the reference of the head, beginning with the rule's own name as a string; `kind` is "complete",
    "set" or "function".
    """

    place: Place
    path: tuple[Term, ...]
    kind: str
    args: tuple[Term, ...] = ()
    key: Term | None = None
    value: Term | None = None
    body: Body = ()
    orelse: "Rule | None" = None
    default: bool = False
    annotations: tuple[Mapping[str, Any], ...] = ()
    end: int = 0

    @property
    def name(self) -> str:
        first = self.path[0]
        return str(first.value) if isinstance(first, Scalar) else ""


@dataclass(slots=True, eq=False)
class Import:
    """`import path as alias`."""

    place: Place
    path: tuple[str, ...]
    alias: str


@dataclass(slots=True, eq=False)
class Comment:
    """A comment, without its `#`."""

    place: Place
    text: str


@dataclass(slots=True, eq=False)
class Module:
    """One file of policy; `package` begins after `data`."""

    file: str
    package: tuple[str, ...]
    imports: tuple[Import, ...] = ()
    rules: tuple[Rule, ...] = ()
    comments: tuple[Comment, ...] = ()
    annotations: tuple[Mapping[str, Any], ...] = ()
    text: str = field(default="", repr=False)
    version: str = "v1"
    place: Place = NOWHERE
