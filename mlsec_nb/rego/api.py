"""The engine's face: load policies, ask queries, run their tests."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .ast import Body, Module
from .builtins import Builtin, Registry
from .errors import BuiltinError, RegoCompileError
from .parser import parse_module, parse_query
from .plan import Env, Plan, all_terms, link
from .program import Program
from .runtime import Budget, Context, Limits, Once
from .scope import Frame, FunctionName, Resolver, query_names
from .stack import room
from .statements import Statements
from .values import UNDEFINED, Object, Value, from_json, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query gave: one mapping of variables for each solution, JSON values.

    `errors` are the builtins that gave no value; with `strict` the first of them is raised instead.
    """

    bindings: tuple[Mapping[str, Any], ...] = ()
    printed: tuple[str, ...] = ()
    errors: tuple[BuiltinError, ...] = ()
    steps: int = 0
    seconds: float = 0.0

    @property
    def defined(self) -> bool:
        return bool(self.bindings)

    @property
    def value(self) -> Any:
        """The value of the query's one expression; None when it is undefined."""
        return self.bindings[0].get("result") if self.bindings else None


class Policy:
    """Policies, compiled: one can ask many queries of many inputs.

    Every mistake in them is raised when they are loaded: a syntax error, an unsafe variable, recursion, an unknown or
    switched-off builtin. Nothing in a policy reaches the network, the environment or a file.
    """

    def __init__(
        self,
        modules: Iterable[Module],
        *,
        data: Mapping[str, Any] | None = None,
        builtins: Iterable[Builtin] = (),
        off: Iterable[str] = (),
        limits: Limits | None = None,
        trace: Any = None,
    ) -> None:
        self.registry = Registry(builtins, off)
        self.limits = limits or Limits()
        self.data = _document(data or {})
        with room():
            self.program = Program(tuple(modules), self.registry, trace=trace)
        self._queries: dict[str, tuple[Program, Any]] = {}

    @classmethod
    def load(cls, sources: Mapping[str, str], *, version: str = "auto", **options: Any) -> "Policy":
        """Policies from their texts by file name; see `parse_module` for `version`."""
        with room():
            modules = [parse_module(text, file, version) for file, text in sources.items()]
        return cls(modules, **options)

    def eval(
        self,
        query: str,
        input: Any = UNDEFINED,  # noqa: A002 - Rego's word
        *,
        data: Mapping[str, Any] | None = None,
        strict: bool = False,
        now_ns: int | None = None,
    ) -> Answer:
        """The answer to a query ("data.mlsec.gate.deny", "x = data.a.b; x > 1").

        `strict` makes a builtin that cannot work with its operands an error; `now_ns` sets the policy's clock.
        Raises `RegoError`; a query over its budget is an error, not undefined.
        """
        started = time.perf_counter()
        budget = Budget(self.limits)
        once = Once(now_ns if now_ns is not None else time.time_ns(), strict, [], {}, [])
        with room():
            document = self.data if data is None else _document(data)
            given = input if input is UNDEFINED else _json(input)
            context = Context(given, document, budget, once)
            bindings = tuple(self._query(query)(context))
        return Answer(
            bindings=bindings,
            printed=tuple(once.printed),
            errors=tuple(once.errors),
            steps=budget.spent,
            seconds=time.perf_counter() - started,
        )

    def _query(self, query: str) -> Any:
        if query not in self._queries:
            self._queries[query] = self._compiled(query)
        return self._queries[query]

    def _compiled(self, query: str) -> Any:
        frame = Frame()
        names = query_names({}, frozenset(self.registry.names))
        resolver = Resolver(names, frame)
        body = resolver.body(parse_query(query))
        mocked = {term.name for term in all_terms(body) if isinstance(term, FunctionName)} - self.program.mockable
        program = (
            Program(self.program.modules, self.registry, trace=self.program.trace, mockable=mocked)
            if mocked
            else self.program
        )
        return _Query(program, frame, resolver, body).run


class _Query:
    """A compiled query."""

    def __init__(self, program: Program, frame: Frame, resolver: Resolver, body: Body) -> None:
        compiler = Statements(program, frame)
        plan = Plan()
        self.single = _single_term(body)
        compiler.visible.append(set())
        if self.single is not None:
            compiler.hoist_all(plan, self.single)
            get = compiler.value(self.single, plan)
            self.names: dict[str, Any] = {"result": get}
        else:
            compiler.body_of(body, plan)
            locals_ = {**frame.named, **resolver.scopes[0]}
            self.names = {name: _reader(one.slot) for name, one in sorted(locals_.items()) if one.slot in plan.bound}
        self.program = program
        self.frame = frame
        self.code = link(plan.steps, self._end)

    def _end(self, env: Env) -> bool:
        values = {name: get(env) for name, get in self.names.items()}
        if any(value is UNDEFINED for value in values.values()):
            return False
        env[1].append({name: to_json(value) for name, value in values.items()})
        return False

    def run(self, context: Context) -> list[Mapping[str, Any]]:
        context.once.program = self.program
        found: list[Mapping[str, Any]] = []
        env: Env = [context, found, *[None] * (self.frame.size - 2)]
        self.code(env)
        return found


def _single_term(body: Body) -> Any:
    """The term of a query that is nothing else."""
    if len(body) == 1 and not body[0].negated and not body[0].withs:
        return getattr(body[0].statement, "term", None)
    return None


def _reader(slot: int) -> Any:
    return lambda env: env[slot]


def _json(value: Any) -> Value:
    try:
        return from_json(value)
    except ValueError as error:
        raise RegoCompileError(str(error)) from error


def _document(data: Mapping[str, Any]) -> Object:
    made = _json(data)
    if type(made) is not Object:
        raise RegoCompileError("data must be an object")
    return made
