"""Why a query gave what it gave: the expressions that held, with their variables, and the lines that were reached.

A policy that is loaded with a `Trace` is compiled with a step before and after each expression. It is slower for that
(about two times), so gates load their policies without one and again with one when somebody asks why.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .ast import Call, Every, Literal, Place, Ref, Scalar, Var
from .documents import Group
from .plan import Env, Run, all_terms, deep_terms, literal_terms
from .scope import Clause
from .values import UNDEFINED, Value, to_json

_PROOFS = 10_000  # that are kept of one query


@dataclass(frozen=True, slots=True)
class Held:
    """An expression that was true, and the values of its variables then."""

    place: Place
    text: str
    variables: Mapping[str, Any]
    rules: tuple[str, ...]  # the rules that it asks


@dataclass(frozen=True, slots=True)
class Proof:
    """One way in which a rule got one of its values."""

    rule: str
    place: Place
    value: Any
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A rule that gave nothing, and the expression furthest down its body that was not true."""

    rule: str
    place: Place
    text: str


@dataclass
class Trace:
    """Collects while queries run; `clear` before each."""

    sources: Mapping[str, str]
    proofs: list[Proof] = field(default_factory=list)
    reached: dict[int, Literal] = field(default_factory=dict)
    passed: dict[int, Literal] = field(default_factory=dict)
    heads: set[int] = field(default_factory=set)
    _trail: list[tuple[int, Held]] = field(default_factory=list)
    _furthest: dict[int, tuple[Clause, Literal]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forgets the proofs; coverage goes on."""
        self.proofs.clear()
        self._trail.clear()
        self._furthest.clear()

    # what the compiler asks for

    def entering(self, clause: Clause | None, literal: Literal) -> Callable[[Env], bool]:
        """The check before an expression."""

        def check(_: Env) -> bool:
            self.reached[id(literal)] = literal
            if clause is not None:
                known = self._furthest.get(id(clause))
                if known is None or known[1].place.line <= literal.place.line:
                    self._furthest[id(clause)] = (clause, literal)
            return True

        return check

    def passing(self, literal: Literal, bound: set[int]) -> Callable[[Run], Run]:
        """The step after an expression."""
        named = {}
        for term in _terms(literal):
            for one in deep_terms(term):
                slot, name = getattr(one, "slot", None), getattr(one, "name", "")
                if slot in bound and name and name != "_":
                    named[name] = slot
        text, rules = self.text_of(literal), _asked(literal)

        def make(following: Run) -> Run:
            def run(env: Env) -> bool:
                self.passed[id(literal)] = literal
                values = {name: to_json(env[slot]) for name, slot in named.items() if env[slot] is not UNDEFINED}
                self._trail.append((id(env), Held(literal.place, text, values, rules)))
                stop = following(env)
                self._trail.pop()
                return stop

            return run

        return make

    def proved(self, env: Env, group: Group, clause: Clause, value: Value) -> None:
        """A clause gave a value: what held on the way is the proof."""
        self.heads.add(id(clause))
        self._furthest.pop(id(clause), None)
        if len(self.proofs) < _PROOFS:
            held = tuple(one for owner, one in self._trail if owner == id(env))
            self.proofs.append(Proof(group.name, clause.place, to_json(value), held))

    # what comes out

    def failures(self) -> Iterator[Failed]:
        """The rules that gave nothing, each with where it stopped."""
        for clause, literal in self._furthest.values():
            if id(clause) not in self.heads:
                yield Failed(clause.rule.name, literal.place, self.text_of(literal))

    def text_of(self, literal: Literal) -> str:
        """The expression as it is written."""
        source = self.sources.get(literal.place.file, "").split("\n")
        lines = source[literal.place.line - 1 : max(literal.end, literal.place.line)]
        if not lines:
            return ""
        lines[0] = lines[0][literal.place.column - 1 :]
        text = " ".join(line.strip() for line in lines).strip().removesuffix("}").rstrip("; ").strip()
        return ("not " if literal.negated and not text.startswith("not ") else "") + text

    def explain(self, rule: str, value: Any = None, depth: int = 8) -> list[str]:
        """Lines that say why a rule has a value (any when None): what held, and the same of the rules it asked."""
        lines: list[str] = []
        for proof in self._proofs(rule, value):
            lines += self._lines(proof, 0, depth, {rule})
        return lines

    def _proofs(self, rule: str, value: Any) -> list[Proof]:
        return [one for one in self.proofs if one.rule == rule and (value is None or one.value == value)]

    def _lines(self, proof: Proof, indent: int, depth: int, seen: set[str]) -> Iterator[str]:
        pad = "  " * indent
        yield f"{pad}{proof.rule} = {_short(proof.value)}  ({proof.place})"
        for held in proof.held:
            values = ", ".join(f"{name} = {_short(value)}" for name, value in sorted(held.variables.items()))
            yield f"{pad}  {held.place.line}: {held.text}" + (f"    [{values}]" if values else "")
            for asked in held.rules:
                if depth and asked not in seen:
                    for inner in self._below(asked, held)[:3]:
                        yield from self._lines(inner, indent + 2, depth - 1, {*seen, asked, inner.rule})

    def _below(self, asked: str, held: Held) -> list[Proof]:
        """The proofs of a rule that an expression asked; where a variable chose the rule, those of its values."""
        if "*" not in asked:
            return self._proofs(asked, None)
        shape = re.compile(re.escape(asked).replace(r"\*", "[^.]+") + r"\Z")
        values = list(held.variables.values())
        return [one for one in self.proofs if shape.match(one.rule) and one.value in values]


def _short(value: Any) -> str:
    import json

    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 160 else f"{shown[:157]}..."


def _terms(literal: Literal) -> Sequence[Any]:
    return literal_terms(literal)


def _asked(literal: Literal) -> tuple[str, ...]:
    """The rules and functions below `data` that an expression names."""
    found: dict[str, None] = {}
    for term in all_terms((literal,)):
        if isinstance(term, Call) and term.path is not None:
            found[".".join(("data", *term.path))] = None
        elif isinstance(term, Ref) and isinstance(term.head, Var) and term.head.name == "data":
            parts = [str(part.value) if isinstance(part, Scalar) else "*" for part in term.path]
            found[".".join(("data", *parts))] = None
            found[".".join(("data", *parts[:-1]))] = None  # `data.a.deny[x]` asks `data.a.deny`
    return tuple(found)


def lines_of(literals: Sequence[Literal]) -> Iterator[Literal]:
    """The expressions of a body, those inside `every` too."""
    for literal in literals:
        yield literal
        if isinstance(literal.statement, Every):
            yield from lines_of(literal.statement.body)
