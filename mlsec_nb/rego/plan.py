"""What a body is compiled to: checks and loops, each calling what follows it.

An environment is a list: slot 0 the context, slot 1 the result, then the variables of the rule. The order of the
steps decides at compile time which variables have a value where, so nothing is undone when a branch fails.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .ast import (
    Array,
    Body,
    Call,
    Comprehension,
    Declare,
    Every,
    Holds,
    Literal,
    Local,
    ObjectOf,
    Ref,
    Scalar,
    SetOf,
    SomeIn,
    Statement,
    Template,
    Term,
    Unify,
)  # fmt: skip
from .values import Value

Env = list[Any]
Eval = Callable[[Env], Value]
Check = Callable[[Env], bool]
Run = Callable[[Env], bool]  # true: stop looking for more solutions


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A step with any number of solutions; `make` gives its code, once it is known what follows."""

    make: Callable[[Run], Run]


class NotReadyError(Exception):
    """A variable has no value yet; another literal may give it one."""

    def __init__(self, *variables: Local) -> None:
        super().__init__(*(variable.name for variable in variables))
        self.variables = variables


@dataclass(slots=True, eq=False)
class Plan:
    """Steps so far, the variables that have a value after them, and the slots of terms that were hoisted."""

    bound: set[int] = field(default_factory=set)
    steps: list[Check | Loop] = field(default_factory=list)
    temps: dict[int, int] = field(default_factory=dict)

    def fork(self) -> "Plan":
        return Plan(set(self.bound), [], dict(self.temps))

    def adopt(self, other: "Plan") -> None:
        self.bound = other.bound
        self.steps += other.steps

    def check(self, check: Check) -> None:
        self.steps.append(check)

    def loop(self, make: Callable[[Run], Run]) -> None:
        self.steps.append(Loop(make))


def link(steps: Sequence[Check | Loop], end: Run) -> Run:
    """The code of all steps, with `end` after the last."""
    run = end
    group: list[Check] = []
    for step in reversed(steps):
        if isinstance(step, Loop):
            run = step.make(_chain(group, run))
            group = []
        else:
            group.insert(0, step)
    return _chain(group, run)


def _chain(checks: list[Check], following: Run) -> Run:
    if not checks:
        return following
    if len(checks) == 1:
        (only,) = checks
        return lambda env: following(env) if only(env) else False
    if len(checks) == 2:
        first, second = checks
        return lambda env: following(env) if first(env) and second(env) else False
    fixed = tuple(checks)

    def run(env: Env) -> bool:
        for check in fixed:
            if not check(env):
                return False
        return following(env)

    return run


def found(_: Env) -> bool:
    """The end of a body of which one solution is enough."""
    return True


# what a tree mentions


def parts(term: Term) -> Iterator[Term]:
    """The terms directly inside, without closures' bodies."""
    if isinstance(term, Ref):
        yield term.head
        yield from term.path
    elif isinstance(term, Array | SetOf):
        yield from term.items
    elif isinstance(term, ObjectOf):
        for pair in term.pairs:
            yield from pair
    elif isinstance(term, Call):
        yield from term.args


def variables(term: Term) -> Iterator[Local]:
    """The variables a term mentions outside of closures."""
    if isinstance(term, Local):
        yield term
        return
    for part in parts(term):
        yield from variables(part)


def statement_terms(statement: Statement) -> tuple[Term, ...]:
    """The terms of a statement that are evaluated in the body's own scope."""
    if isinstance(statement, Holds):
        return (statement.term,)
    if isinstance(statement, Unify):
        return statement.left, statement.right
    if isinstance(statement, SomeIn):
        return (*((statement.key,) if statement.key else ()), statement.value, statement.domain)
    if isinstance(statement, Every):
        return (statement.domain,)
    assert isinstance(statement, Declare)
    return ()


def literal_terms(literal: Literal) -> tuple[Term, ...]:
    return (*statement_terms(literal.statement), *(one.value for one in literal.withs))


def mentioned(body: Iterable[Literal]) -> set[int]:
    """The slots of the variables a body mentions outside of closures."""
    return {local.slot for literal in body for term in literal_terms(literal) for local in variables(term)}


def deep_variables(term: Term) -> Iterator[Local]:
    """All variables a term mentions, those inside closures too."""
    if isinstance(term, Local):
        yield term
    elif isinstance(term, Comprehension):
        yield from _of_body(term.body)
        for part in (term.key, term.value):
            if part is not None:
                yield from deep_variables(part)
    elif isinstance(term, Template):
        yield from _of_body(part for part in term.parts if isinstance(part, Literal))
    else:
        for part in parts(term):
            yield from deep_variables(part)


def _of_body(body: Iterable[Literal]) -> Iterator[Local]:
    for literal in body:
        for term in literal_terms(literal):
            yield from deep_variables(term)
        if isinstance(literal.statement, Every):
            yield from every_variables(literal.statement)


def every_variables(statement: Every) -> Iterator[Local]:
    """The variables inside the braces of `every`."""
    yield from _of_body(statement.body)


def all_terms(body: Body, *, targets: bool = True) -> Iterator[Term]:
    """Every term at any depth, closures included; `targets` are what `with` replaces, which is not evaluated."""
    for literal in body:
        for term in literal_terms(literal):
            yield from deep_terms(term, targets=targets)
        for one in literal.withs if targets else ():
            yield from deep_terms(one.target)
        if isinstance(literal.statement, Every):
            yield from all_terms(literal.statement.body, targets=targets)


def deep_terms(term: Term, *, targets: bool = True) -> Iterator[Term]:
    yield term
    if isinstance(term, Comprehension):
        yield from all_terms(term.body, targets=targets)
        for part in (term.key, term.value):
            if part is not None:
                yield from deep_terms(part, targets=targets)
    elif isinstance(term, Template):
        literals = tuple(part for part in term.parts if isinstance(part, Literal))
        yield from all_terms(literals, targets=targets)
    for part in parts(term):
        yield from deep_terms(part, targets=targets)


def constant(term: Term) -> bool:
    """Whether the term's value is known when compiling."""
    if isinstance(term, Scalar):
        return True
    return isinstance(term, Array | SetOf | ObjectOf) and all(constant(part) for part in parts(term))
