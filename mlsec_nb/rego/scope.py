"""Names → what they mean: every `Var` becomes a variable of its rule, a reference, or an error."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

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
    Module,
    ObjectOf,
    Place,
    Ref,
    Rule,
    Scalar,
    SetOf,
    SomeIn,
    Statement,
    Template,
    Term,
    Unify,
    Var,
    With,
)  # fmt: skip
from .errors import RegoCompileError, RegoTypeError
from .terms import dotted

ROOTS = ("data", "input")
FIRST_SLOT = 2  # 0 is the context, 1 the result


@dataclass(slots=True, eq=False)
class Frame:
    """The slots of one rule's variables."""

    size: int = FIRST_SLOT
    named: dict[str, Local] = field(default_factory=dict)

    def new(self, name: str, place: Place) -> Local:
        local = Local(place, name, self.size)
        self.size += 1
        return local

    def shared(self, name: str, place: Place) -> Local:
        """The variable of that name that nobody declared: one for the whole rule."""
        if name not in self.named:
            self.named[name] = self.new(name, place)
        return replace(self.named[name], place=place)


@dataclass(slots=True, eq=False)
class FunctionName(Term):
    """A function as the value or target of `with`."""

    name: str
    path: tuple[str, ...] | None


@dataclass(slots=True, eq=False)
class Clause:
    """A rule with its names resolved; `dynamic` is the part of its reference that is not constant."""

    place: Place
    frame: Frame
    args: tuple[Local, ...]
    dynamic: tuple[Term, ...]
    key: Term | None
    value: Term | None
    body: Body
    orelse: "Clause | None"
    rule: Rule
    module: Module | None = None


class Names:
    """What the names of a module mean outside its rules' bodies: its package's rules and its imports."""

    def __init__(self, module: Module, rules: Iterable[str], builtins: Iterable[str]) -> None:
        self.builtins = builtins if isinstance(builtins, frozenset) else frozenset(builtins)
        self.globals: dict[str, tuple[str, ...]] = {one.alias: one.path for one in module.imports}
        for name in rules:
            self.globals[name] = ("data", *module.package, name)

    def clause(self, rule: Rule, dynamic: tuple[Term, ...]) -> Clause:
        """The rule, each of its `else` branches with a frame of its own."""
        return Resolver(self, Frame()).clause(rule, dynamic)


class Resolver:
    """Rewrites the terms of one rule (or query)."""

    def __init__(self, names: Names, frame: Frame) -> None:
        self.names = names
        self.frame = frame
        self.scopes: list[dict[str, Local]] = [{}]
        self.used: list[set[str]] = [set()]  # in each scope, the names that were used before they were declared

    def _open(self) -> None:
        self.scopes.append({})
        self.used.append(set())

    def _close(self) -> None:
        self.scopes.pop()
        self.used.pop()

    def clause(self, rule: Rule, dynamic: tuple[Term, ...]) -> Clause:
        args, conditions = self._parameters(rule.args)
        self._open()
        body = (*conditions, *self.body(rule.body))
        return Clause(
            place=rule.place,
            frame=self.frame,
            args=args,
            dynamic=tuple(self.term(part) for part in dynamic),
            key=self.term(rule.key) if rule.key else None,
            value=self.term(rule.value) if rule.value else None,
            body=body,
            orelse=Resolver(self.names, Frame()).clause(rule.orelse, dynamic) if rule.orelse else None,
            rule=rule,
        )

    def _parameters(self, args: tuple[Term, ...]) -> tuple[tuple[Local, ...], Body]:
        """A variable for each parameter; a parameter that is a pattern becomes a condition of the body."""
        parameters = [self.frame.new(arg.name if isinstance(arg, Var) else "", arg.place) for arg in args]
        conditions: list[Literal] = []
        for arg, parameter in zip(args, parameters, strict=True):
            if isinstance(arg, Var) and arg.name not in self.scopes[-1] and arg.name != "_":
                self.scopes[-1][arg.name] = parameter
        for arg, parameter in zip(args, parameters, strict=True):
            if isinstance(arg, Var) and (arg.name == "_" or self.scopes[-1][arg.name] is parameter):
                continue
            self._declare(arg, again=True)
            conditions.append(Literal(Unify(arg.place, self.term(arg), parameter)))
        return tuple(parameters), tuple(conditions)

    def body(self, literals: Body) -> Body:
        return tuple(self.literal(literal) for literal in literals)

    def literal(self, literal: Literal) -> Literal:
        withs = tuple(self._with(one) for one in literal.withs)
        return Literal(self._statement(literal.statement), literal.negated, withs, literal.end)

    def _statement(self, statement: Statement) -> Statement:
        if isinstance(statement, Holds):
            return replace(statement, term=self.term(statement.term))
        if isinstance(statement, Unify):
            right = self.term(statement.right)
            if statement.declares:
                self._assign(statement.left)
            return replace(statement, left=self.term(statement.left), right=right)
        if isinstance(statement, Declare):
            for name in statement.names:
                self._new(name, statement.place)
            return statement
        if isinstance(statement, SomeIn):
            domain = self.term(statement.domain)
            for part in (statement.key, statement.value):
                if part is not None:
                    self._declare(part, again=True)
            key = self.term(statement.key) if statement.key else None
            return replace(statement, domain=domain, key=key, value=self.term(statement.value))
        assert isinstance(statement, Every)
        return self._every(statement)

    def _every(self, statement: Every) -> Every:
        domain = self.term(statement.domain)
        self._open()
        for part in (statement.key, statement.value):
            if part is not None:
                self._declare(part)
        key = self.term(statement.key) if statement.key else None
        value = self.term(statement.value)
        body = self.body(statement.body)
        self._close()
        return replace(statement, domain=domain, key=key, value=value, body=body)

    def _assign(self, pattern: Term) -> None:
        if not isinstance(pattern, Var | Array | ObjectOf):
            raise RegoCompileError("cannot assign to this term", pattern.place)
        self._declare(pattern)

    def _declare(self, pattern: Term, *, again: bool = False) -> None:
        """Every variable of a pattern is new in this scope."""
        if isinstance(pattern, Var) and pattern.name != "_":
            if not (again and pattern.name in self.scopes[-1]):
                self._new(pattern.name, pattern.place)
        elif isinstance(pattern, Array):
            for item in pattern.items:
                self._declare(item, again=again)
        elif isinstance(pattern, ObjectOf):
            for _, item in pattern.pairs:
                self._declare(item, again=again)

    def _new(self, name: str, place: Place) -> None:
        if name in ROOTS:
            raise RegoCompileError(f"variables must not shadow {name}", place)
        if name == "_":
            return
        if name in self.scopes[-1]:
            raise RegoCompileError(f"var {name} is declared twice", place)
        if name in self.used[-1]:
            raise RegoCompileError(f"var {name} is used above its declaration", place)
        self.scopes[-1][name] = self.frame.new(name, place)

    def _with(self, one: With) -> With:
        target = self._function_name(one.target) or self.term(one.target)
        if not isinstance(target, FunctionName):
            ref = target if isinstance(target, Ref) else Ref(target.place, target, ())
            constant = all(isinstance(part, Scalar) for part in ref.path)
            if not (isinstance(ref.head, Var) and ref.head.name in ROOTS and constant):
                raise RegoTypeError("with must replace input, data or a function", one.target.place)
            target = ref
        return With(target, self._function_name(one.value) or self.term(one.value))

    def _function_name(self, term: Term) -> FunctionName | None:
        """A builtin's name, where nothing of the module has that name."""
        name = dotted(term)
        if name and name in self.names.builtins and self._lookup(name.split(".", maxsplit=1)[0]) is None:
            return FunctionName(term.place, name, None)
        return None

    def _lookup(self, name: str) -> Local | tuple[str, ...] | None:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return self.names.globals.get(name)

    # terms

    def term(self, term: Term) -> Term:
        if isinstance(term, Scalar):
            return term
        if isinstance(term, Var):
            return self._variable(term)
        if isinstance(term, Ref):
            return self._ref(term)
        if isinstance(term, Array | SetOf):
            return replace(term, items=tuple(self.term(item) for item in term.items))
        if isinstance(term, ObjectOf):
            return replace(term, pairs=tuple((self.term(key), self.term(value)) for key, value in term.pairs))
        if isinstance(term, Call):
            return self._call(term)
        if isinstance(term, Template):
            parts = tuple(part if isinstance(part, str) else self.literal(part) for part in term.parts)
            return replace(term, parts=parts)
        assert isinstance(term, Comprehension)
        return self._comprehension(term)

    def _variable(self, term: Var) -> Term:
        if term.name == "_":
            return self.frame.new("_", term.place)
        found = self._lookup(term.name)
        if isinstance(found, Local):
            return replace(found, place=term.place)
        if found is not None:
            return path_ref(found, term.place)
        if term.name in ROOTS:
            return Ref(term.place, term, ())
        self.used[-1].add(term.name)
        return self.frame.shared(term.name, term.place)

    def _ref(self, term: Ref) -> Term:
        head = self.term(term.head)
        path = tuple(self.term(part) for part in term.path)
        if isinstance(head, Ref):
            return Ref(term.place, head.head, (*head.path, *path))
        return Ref(term.place, head, path)

    def _comprehension(self, term: Comprehension) -> Comprehension:
        self._open()
        body = self.body(term.body)
        key = self.term(term.key) if term.key else None
        value = self.term(term.value)
        self._close()
        return replace(term, key=key, value=value, body=body)

    def _call(self, term: Call) -> Term:
        args = tuple(self.term(arg) for arg in term.args)
        if term.operator is None:  # an operator
            return replace(term, args=args)
        first = term.name.split(".", maxsplit=1)[0]
        found = self._lookup(first) if first else None
        if first and found is None and first != "data":
            if term.name not in self.names.builtins:
                raise RegoTypeError(f"undefined function {term.name}", term.place)
            return replace(term, args=args, operator=None)
        operator = self.term(term.operator)
        path = constant_path(operator)
        if path is None:
            raise RegoTypeError(f"undefined function {term.name or 'expression'}", term.place)
        return replace(term, args=args, path=path, operator=None) if args else operator


def path_ref(path: tuple[str, ...], place: Place) -> Ref:
    return Ref(place, Var(place, path[0]), tuple(Scalar(place, part) for part in path[1:]))


def constant_path(term: Term) -> tuple[str, ...] | None:
    """The path below `data` of a reference without variables."""
    if isinstance(term, Ref) and isinstance(term.head, Var) and term.head.name == "data":
        parts = [part.value for part in term.path if isinstance(part, Scalar)]
        if len(parts) == len(term.path):
            return tuple(parts)
    return None


def query_names(imports: Mapping[str, tuple[str, ...]], builtins: Iterable[str]) -> Names:
    """The names of a query that belongs to no module."""
    names = Names(Module("query", ()), (), builtins)
    names.globals.update(imports)
    return names
