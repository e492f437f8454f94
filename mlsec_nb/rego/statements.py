"""Literals → steps, in an order in which every variable has a value before it is needed."""

from collections.abc import Callable, Sequence
from typing import Any

from .annotations import metadata_chain
from .ast import (
    Array,
    Call,
    Declare,
    Every,
    Holds,
    Literal,
    Local,
    ObjectOf,
    Ref,
    Scalar,
    SomeIn,
    Statement,
    Term,
    Unify,
    Var,
)  # fmt: skip
from .closures import put
from .documents import pairs
from .errors import RegoTypeError, UnsafeVariableError
from .plan import (
    Env,
    Eval,
    NotReadyError,
    Plan,
    Run,
    constant,
    every_variables,
    found,
    link,
    literal_terms,
    mentioned,
    statement_terms,
    variables,
)  # fmt: skip
from .replacements import Replacements
from .scope import Clause
from .values import FALSE, UNDEFINED, Object, Set, Value


class Statements(Replacements):
    """Compiles bodies."""

    def body_of(self, literals: Sequence[Literal], plan: Plan) -> None:
        """The steps of a body: of the literals that are left, always the first whose variables have values."""
        self.visible.append(mentioned(literals))
        pending = list(literals)
        while pending:
            chosen = next((one for one in pending if self._fits(one, plan)), None)
            if chosen is None:
                raise self._unsafe(pending, plan)
            pending.remove(chosen)
        self.visible.pop()

    def _fits(self, literal: Literal, plan: Plan) -> bool:
        trial = plan.fork()
        depth = len(self.visible)
        try:
            self.literal(literal, trial)
        except NotReadyError:
            del self.visible[depth:]
            return False
        plan.adopt(trial)
        return True

    def _unsafe(self, pending: Sequence[Literal], plan: Plan) -> UnsafeVariableError:
        for literal in pending:
            try:
                self.literal(literal, plan.fork())
            except NotReadyError as error:
                named = sorted(error.variables, key=lambda one: not one.name)
                if named:
                    return UnsafeVariableError(f"var {named[0].name or '_'} is unsafe", named[0].place)
        return UnsafeVariableError("the body is unsafe", pending[0].place)

    def literal(self, literal: Literal, plan: Plan) -> None:
        trace = self.program.trace
        if trace and not isinstance(literal.statement, Declare):
            plan.check(trace.entering(self.clause, literal))
        if literal.negated:
            for term in literal_terms(literal):
                if missing := [one for one in variables(term) if one.slot not in plan.bound]:
                    raise NotReadyError(*missing)
        add = self._negated if literal.negated else self._statement
        if literal.withs:
            self.replaced(literal, plan, add)
        else:
            add(literal.statement, plan)
        if trace and not isinstance(literal.statement, Declare):
            plan.loop(trace.passing(literal, plan.bound))

    clause: Clause | None = None  # the rule being compiled

    def metadata_chain(self) -> list[dict[str, Any]]:
        """What `rego.metadata.chain()` gives here: the annotations of the rule, its document and its packages."""
        return metadata_chain(self.program.modules, self.clause) if self.clause else []

    def _negated(self, statement: Statement, plan: Plan) -> None:
        """Holds when the statement does not; what it is given must be defined, as in OPA."""
        for part in _given(statement):
            if not isinstance(part, Local) and not constant(part):
                slot = self.frame.new("", part.place).slot
                plan.check(put(slot, self.value(part, plan)))
                plan.temps = {**plan.temps, id(part): slot}
        inner = plan.fork()
        self._statement(statement, inner)
        run = link(inner.steps, found)
        plan.check(lambda env: not run(env))

    def _statement(self, statement: Statement, plan: Plan) -> None:
        if isinstance(statement, Holds):
            self._holds(statement.term, plan)
        elif isinstance(statement, Unify):
            self._unify(statement.left, statement.right, plan)
        elif isinstance(statement, SomeIn):
            self._some_in(statement, plan)
        elif isinstance(statement, Every):
            self._every(statement, plan)

    # what must hold

    def _holds(self, term: Term, plan: Plan) -> None:
        if isinstance(term, Call) and (arity := self.arity(term)) is not None and len(term.args) == arity + 1:
            call = self.split.setdefault(id(term), Call(term.place, term.name, term.args[:-1], term.path))
            self._unify(term.args[-1], call, plan)
            return
        self.hoist_all(plan, term)
        get = self.value(term, plan)

        def check(env: Env) -> bool:
            value = get(env)
            return value is not FALSE and value is not UNDEFINED

        plan.check(check)

    def _unify(self, left: Term, right: Term, plan: Plan) -> None:
        for one, other in ((left, right), (right, left)):
            if self._free(one, plan) and isinstance(other, Ref) and self._open(other, plan):
                assert isinstance(one, Local)
                self.hoist_all(plan, *(other.path), other.head)
                if self._open(other, plan):
                    self.ref_loop(other, plan, one.slot)
                    if one.slot in plan.bound:  # `x = a[x]`
                        raise NotReadyError(one)
                    plan.bound.add(one.slot)
                    return
        self.hoist_all(plan, left, right)
        self._equal(left, right, plan)

    @staticmethod
    def _free(term: Term, plan: Plan) -> bool:
        return isinstance(term, Local) and term.slot not in plan.bound

    def _equal(self, left: Term, right: Term, plan: Plan) -> None:
        """Both sides made the same, once what could be looped over is."""
        if self._composites(left, right):
            self._pairwise(left, right, plan)
            return
        open_left, open_right = self._unbound(left, plan), self._unbound(right, plan)
        if open_left and open_right:
            raise NotReadyError(
                *(one for side in (left, right) for one in variables(side) if one.slot not in plan.bound)
            )
        if not open_left and not open_right:
            plan.check(_same(self.value(left, plan), self.value(right, plan)))
            return
        pattern, term = (left, right) if open_left else (right, left)
        get = self.value(term, plan)
        if isinstance(pattern, Local):
            plan.bound.add(pattern.slot)
            plan.check(put(pattern.slot, get))
            return
        match = self.matcher(pattern, plan)

        def check(env: Env) -> bool:
            value = get(env)
            return value is not UNDEFINED and match(env, value)

        plan.check(check)

    def _composites(self, left: Term, right: Term) -> bool:
        if isinstance(left, Array) and isinstance(right, Array):
            if len(left.items) != len(right.items):
                raise RegoTypeError("arrays of different lengths never match", left.place)
            return True
        both = isinstance(left, ObjectOf) and isinstance(right, ObjectOf)
        return both and _keys(left) is not None and _keys(left) == _keys(right)

    def _pairwise(self, left: Term, right: Term, plan: Plan) -> None:
        if isinstance(left, Array) and isinstance(right, Array):
            pending = list(zip(left.items, right.items, strict=True))
        else:
            assert isinstance(left, ObjectOf)
            assert isinstance(right, ObjectOf)
            there = {_scalar(key): value for key, value in right.pairs}
            pending = [(value, there[_scalar(key)]) for key, value in left.pairs]
        while pending:
            for pair in pending:
                trial = plan.fork()
                try:
                    self._equal(*pair, trial)
                except NotReadyError as error:
                    failed = error
                    continue
                plan.adopt(trial)
                plan.temps = trial.temps
                pending.remove(pair)
                break
            else:
                raise failed

    def _some_in(self, statement: SomeIn, plan: Plan) -> None:
        self.hoist_all(plan, statement.domain)
        get = self.value(statement.domain, plan)
        key_slot = self.frame.new("", statement.place).slot
        slot = self.frame.new("", statement.place).slot
        matchers = []
        trial = plan.fork()
        for part, at in ((statement.key, key_slot), (statement.value, slot)):
            if part is None:
                continue
            if self._free(part, trial):
                assert isinstance(part, Local)
                trial.bound.add(part.slot)
                key_slot, slot = (part.slot, slot) if at == key_slot else (key_slot, part.slot)
            else:
                matchers.append((self.matcher(part, trial), at))
        plan.bound = trial.bound
        plan.loop(_some(get, key_slot, slot))
        for match, at in matchers:
            plan.check(_matched(match, at))

    def _every(self, statement: Every, plan: Plan) -> None:
        around = set().union(*self.visible)
        missing = [one for one in every_variables(statement) if one.slot in around and one.slot not in plan.bound]
        if missing:
            raise NotReadyError(*missing)
        self.hoist_all(plan, statement.domain)
        get = self.value(statement.domain, plan)
        slots = [one.slot if isinstance(one, Local) else self.frame.new("", statement.place).slot
                 for one in (statement.key, statement.value)]  # fmt: skip
        inner = plan.fork()
        inner.bound.update(slots)
        self.body_of(statement.body, inner)
        plan.check(_all(get, slots[0], slots[1], link(inner.steps, found)))


def _given(statement: Statement) -> list[Term]:
    """What a negated statement gets from outside: arguments, operands, and calls where something is looked into."""
    sides = list(statement_terms(statement))
    if isinstance(statement, Holds) and isinstance(statement.term, Call):
        if statement.term.name != "equal":  # what is compared with `==` may be undefined, arguments may not
            return list(statement.term.args)
        sides = list(statement.term.args)
    found: list[Term] = []
    for side in sides:
        if isinstance(side, Ref):
            found += side.path if isinstance(side.head, Var) else (*side.path, side.head)
        elif isinstance(side, Call):
            found.append(side)
    return found


def _keys(term: Term) -> frozenset[Value] | None:
    if isinstance(term, ObjectOf) and all(constant(key) and isinstance(key, Scalar) for key, _ in term.pairs):
        return frozenset(_scalar(key) for key, _ in term.pairs)
    return None


def _scalar(term: Term) -> Value:
    assert isinstance(term, Scalar)
    return term.value


def _same(left: Eval, right: Eval) -> Callable[[Env], bool]:
    def check(env: Env) -> bool:
        value = left(env)
        return value is not UNDEFINED and bool(value == right(env))

    return check


def _some(get: Eval, key_slot: int, slot: int) -> Callable[[Run], Run]:
    def make(following: Run) -> Run:
        def run(env: Env) -> bool:
            items = pairs(get(env))
            env[0].budget.spend(len(items))
            for env[key_slot], env[slot] in items:  # noqa: SIM110 - a generator would cost a frame
                if following(env):
                    return True
            return False

        return run

    return make


def _matched(match: Callable[[Env, Value], bool], slot: int) -> Callable[[Env], bool]:
    return lambda env: match(env, env[slot])


def _all(get: Eval, key_slot: int, slot: int, run: Run) -> Callable[[Env], bool]:
    def check(env: Env) -> bool:
        value = get(env)
        if value is UNDEFINED or type(value) not in _COLLECTIONS:
            return False
        items = pairs(value)
        env[0].budget.spend(len(items))
        for env[key_slot], env[slot] in items:  # noqa: SIM110 - the targets are slots
            if not run(env):
                return False
        return True

    return check


_COLLECTIONS = frozenset({tuple, Object, Set})
