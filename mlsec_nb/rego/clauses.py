"""Rules → closures: what one clause gives, and what all clauses of a group give together."""

from collections.abc import Callable, Sequence
from typing import Any

from .ast import Scalar, Term
from .closures import constant_value, put_once
from .documents import Group, Node
from .errors import ConflictError, UnsafeVariableError
from .plan import Env, Eval, NotReadyError, Plan, Run, constant, link
from .runtime import Context
from .scope import Clause
from .setting import Setting
from .statements import Statements
from .values import UNDEFINED, Set, Value, make_object, write

Produce = Callable[[Context, Sequence[Value], Any], Value]


def compile_group(program: Setting, group: Group) -> None:
    """Gives a group its code."""
    normal = [clause for clause in group.clauses if not clause.rule.default]
    defaults = [clause for clause in group.clauses if clause.rule.default]
    fallback = _single(program, group, defaults[0]) if defaults else None
    if group.kind in ("complete", "function"):
        chains = [_chain_of(program, group, clause) for clause in normal]
        constants = {_constant(clause) for clause in normal}
        decide = _decide(group, chains, fallback, same=len(constants) == 1 and None not in constants)
        group.invoke = decide
        group.compute = lambda context: decide(context, ())
        return
    collectors = [_collector(program, group, clause) for clause in normal]
    if group.kind == "set":
        group.compute = _set_of(collectors)
    else:
        group.compute = _object_of(collectors, group)


def _constant(clause: Clause) -> Value:
    """What the value of a clause always is (as text, for comparison); None when it depends, or there is an else."""
    if clause.orelse is None and clause.value is not None and constant(clause.value):
        return write(constant_value(clause.value))
    return None


def _chain_of(program: Setting, group: Group, clause: Clause) -> Produce:
    first = _single(program, group, clause)
    if clause.orelse is None:
        return first
    rest = _chain_of(program, group, clause.orelse)

    def run(context: Context, args: Sequence[Value], seed: Any) -> Value:
        value = first(context, args, seed)
        return rest(context, args, seed) if value is UNDEFINED else value

    return run


def _prepared(program: Setting, clause: Clause) -> tuple[Statements, Plan]:
    """The compiler of a clause, with its body planned."""
    compiler = Statements(program, clause.frame)
    compiler.clause = clause
    plan = Plan(bound={arg.slot for arg in clause.args})
    compiler.visible.append(set(plan.bound))
    compiler.body_of(clause.body, plan)
    return compiler, plan


def _heads(compiler: Statements, plan: Plan, *terms: Term) -> list[Eval]:
    try:
        for term in terms:
            compiler.hoist_all(plan, term)
        return [compiler.value(term, plan) for term in terms]
    except NotReadyError as error:
        local = error.variables[0]
        raise UnsafeVariableError(f"var {local.name} is unsafe", local.place) from None


def _single(program: Setting, group: Group, clause: Clause) -> Produce:
    """One clause of a complete rule or function: its value for the arguments."""
    compiler, plan = _prepared(program, clause)
    assert clause.value is not None
    (head,) = _heads(compiler, plan, clause.value)
    first_wins = constant(clause.value)
    trace = program.trace

    def end(env: Env) -> bool:
        value = head(env)
        if value is UNDEFINED:
            return False
        if trace:
            trace.proved(env, group, clause, value)
        held = env[1]
        if held is UNDEFINED:
            env[1] = value
            return first_wins
        if held != value:
            raise _conflict(group, clause)
        return False

    run = link(plan.steps, end)
    rest = [None] * (clause.frame.size - 2 - len(clause.args))

    def produce(context: Context, args: Sequence[Value], _: Any) -> Value:
        env: Env = [context, UNDEFINED, *args, *rest]
        run(env)
        return env[1]

    return produce


def _conflict(group: Group, clause: Clause) -> ConflictError:
    if group.kind == "function":
        return ConflictError(f"functions must not produce multiple outputs for same inputs: {group.name}", clause.place)
    return ConflictError(f"complete rules must not produce multiple outputs: {group.name}", clause.place)


def _decide(
    group: Group, chains: list[Produce], fallback: Produce | None, *, same: bool
) -> Callable[[Context, Sequence[Value]], Value]:
    if len(chains) == 1 and fallback is None:
        (only,) = chains
        return lambda context, args: only(context, args, None)

    def run(context: Context, args: Sequence[Value]) -> Value:
        found: Value = UNDEFINED
        for position, chain in enumerate(chains):
            value = chain(context, args, None)
            if value is UNDEFINED:
                continue
            if same:
                return value
            if found is not UNDEFINED and found != value:
                raise _conflict(group, group.clauses[position])
            found = value
        if found is UNDEFINED and fallback is not None:
            return fallback(context, args, None)
        return found

    return run


def _collector(program: Setting, group: Group, clause: Clause) -> Callable[[Context, Any], None]:
    """One clause of a set or of rules with a dynamic path; puts what it gives into `made`."""
    compiler, plan = _prepared(program, clause)
    leaf = clause.key if group.kind == "set" or clause.rule.kind == "set" else clause.value
    assert leaf is not None
    *path, value = _heads(compiler, plan, *clause.dynamic, leaf)
    end = _add(program, group, clause, value) if group.kind == "set" else _nest(program, group, clause, path, value)
    run = link(plan.steps, end)
    rest = [None] * (clause.frame.size - 2)
    return lambda context, made: void(run([context, made, *rest]))


def void(_: object) -> None:
    """Whether a body was stopped does not matter here."""


def _add(program: Setting, group: Group, clause: Clause, get: Eval) -> Run:
    trace = program.trace

    def end(env: Env) -> bool:
        value = get(env)
        if value is not UNDEFINED:
            env[1].add(value)
            if trace:
                trace.proved(env, group, clause, value)
        return False

    return end


def _nest(program: Setting, group: Group, clause: Clause, path: list[Eval], get: Eval) -> Run:
    is_set, trace = clause.rule.kind == "set", program.trace

    def end(env: Env) -> bool:
        keys = [one(env) for one in path]
        value = get(env)
        if value is UNDEFINED or any(key is UNDEFINED for key in keys):
            return False
        place = env[1]
        for key in keys[:-1]:
            place = place.setdefault(key, {})
            if type(place) is not dict:
                raise ConflictError(f"object keys must be unique: {group.name}", clause.place)
        if is_set:
            members = place.setdefault(keys[-1], set())
            if type(members) is not set:
                raise ConflictError(f"object keys must be unique: {group.name}", clause.place)
            members.add(value)
        else:
            put_once(place, keys[-1], value)
        if trace:
            trace.proved(env, group, clause, value)
        return False

    return end


def _set_of(collectors: list[Callable[[Context, Any], None]]) -> Callable[[Context], Value]:
    def compute(context: Context) -> Value:
        made: set[Value] = set()
        for collect in collectors:
            collect(context, made)
        return Set(made)

    return compute


def _object_of(collectors: list[Callable[[Context, Any], None]], group: Group) -> Callable[[Context], Value]:
    def collect(context: Context, made: Any) -> None:
        for one in collectors:
            one(context, made)
        for key, child in group.node.children.items():
            _absorb(context, child, made, key)

    def compute(context: Context) -> Value:
        made: dict[Value, Any] = {}
        collect(context, made)
        return _frozen(made)

    group.collect = collect
    return compute


def _absorb(context: Context, node: Node, made: dict[Value, Any], key: Value) -> None:
    """Adds what stands at a constant path below dynamic rules to what those gave."""
    group = node.group
    if group is None or group.kind == "object":
        place = made.setdefault(key, {})
        if type(place) is not dict:
            raise ConflictError(f"object keys must be unique: {'.'.join(map(str, node.path))} has two values")
        if group is not None:
            group.collect(context, place)
            return
        for inner, child in node.children.items():
            _absorb(context, child, place, inner)
    elif group.kind == "set":
        members = made.setdefault(key, set())
        if type(members) is not set:
            raise ConflictError(f"object keys must be unique: {group.name}")
        members.update(group.value(context))
    elif group.kind == "complete" and (value := group.value(context)) is not UNDEFINED:
        put_once(made, key, value)


def _frozen(made: Any) -> Value:
    kind = type(made)
    if kind is dict:
        return make_object({key: _frozen(value) for key, value in made.items()})
    return Set(made) if kind is set else made


def is_constant(term: Term) -> bool:
    """A part of a rule's reference that leads to one place of the tree."""
    return isinstance(term, Scalar)
