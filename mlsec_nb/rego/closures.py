"""The closures that compiled terms are made of."""

from collections.abc import Callable, Sequence

from .ast import Array, ObjectOf, Scalar, SetOf, Term
from .documents import Group, Virtual, index, pairs, step
from .errors import BuiltinError, ConflictError
from .plan import Env, Eval, Run
from .runtime import Context
from .values import FALSE, TRUE, UNDEFINED, Object, Set, Value, boolean, less, make_object, write

Matcher = Callable[[Env, Value], bool]


def invoke(context: Context, call: Callable[..., Value], values: Sequence[Value], *, contextual: bool) -> Value:
    """A builtin's value; what it cannot do is undefined or an error, as the caller of the query wants it."""
    try:
        return call(context, *values) if contextual else call(*values)
    except BuiltinError as error:
        return context.failed(error)


# the closures themselves


def const(value: Value) -> Eval:
    return lambda _: value


def read(slot: int) -> Eval:
    return lambda env: env[slot]


def given_input(env: Env) -> Value:
    return env[0].input


def constant_value(term: Term) -> Value:
    if isinstance(term, Scalar):
        return term.value
    if isinstance(term, Array):
        return tuple(map(constant_value, term.items))
    if isinstance(term, SetOf):
        return Set(map(constant_value, term.items))
    assert isinstance(term, ObjectOf)
    return make_object({constant_value(key): constant_value(value) for key, value in term.pairs})


def document_at(keys: tuple[Value, ...]) -> Eval:
    """The document at a constant path, from the root of `data` on."""

    def run(env: Env) -> Value:
        context = env[0]
        value = context.once.root(context)
        for key in keys:
            if value is UNDEFINED:
                return UNDEFINED
            value = step(context, value, key)
        return value

    return run


def rule_value(group: Group, keys: tuple[Value, ...]) -> Eval:
    slow = document_at(keys)

    def run(env: Env) -> Value:
        context = env[0]
        return slow(env) if context.shadow else group.value(context)

    return run


def constant_path_of(get: Eval, keys: tuple[Value, ...]) -> Eval:
    if len(keys) == 1:
        (only,) = keys

        def run_one(env: Env) -> Value:
            value = get(env)
            return value.get(only, UNDEFINED) if type(value) is Object else index(value, only)

        return run_one

    def run(env: Env) -> Value:
        value = get(env)
        for key in keys:
            value = value.get(key, UNDEFINED) if type(value) is Object else index(value, key)
            if value is UNDEFINED:
                return UNDEFINED
        return value

    return run


def index_into(get: Eval, get_key: Eval) -> Eval:
    def run(env: Env) -> Value:
        key = get_key(env)
        return UNDEFINED if key is UNDEFINED else index(get(env), key)

    return run


def step_into(get: Eval, get_key: Eval) -> Eval:
    def run(env: Env) -> Value:
        value, key = get(env), get_key(env)
        return UNDEFINED if key is UNDEFINED or value is UNDEFINED else step(env[0], value, key)

    return run


def solidified(get: Eval) -> Eval:
    def run(env: Env) -> Value:
        value = get(env)
        return value.solid(env[0]) if type(value) is Virtual else value

    return run


def put(slot: int, get: Eval) -> Callable[[Env], bool]:
    def check(env: Env) -> bool:
        value = env[slot] = get(env)
        return value is not UNDEFINED

    return check


def each(get: Eval, key_slot: int, slot: int, *, virtual: bool) -> Callable[[Run], Run]:
    def make(following: Run) -> Run:
        def run(env: Env) -> bool:
            value = get(env)
            items = list(value.items(env[0])) if virtual and type(value) is Virtual else pairs(value)
            if not items:
                return False
            env[0].budget.spend(len(items))
            for env[key_slot], env[slot] in items:  # noqa: SIM110 - a generator would cost a frame
                if following(env):
                    return True
            return False

        return run

    return make


def each_of(get: Eval, slot: int) -> Callable[[Run], Run]:
    def make(following: Run) -> Run:
        def run(env: Env) -> bool:
            values = get(env)
            if values is UNDEFINED:
                return False
            budget = env[0].budget
            for env[slot] in values:
                budget.spend(1)
                if following(env):
                    return True
            return False

        return run

    return make


def binder(slot: int) -> Matcher:
    def match(env: Env, value: Value) -> bool:
        env[slot] = value
        return True

    return match


def array_matcher(matchers: list[Matcher]) -> Matcher:
    size = len(matchers)

    def match(env: Env, value: Value) -> bool:
        if type(value) is not tuple or len(value) != size:
            return False
        return all(one(env, item) for one, item in zip(matchers, value, strict=True))

    return match


def object_matcher(keys: list[Eval], matchers: list[Matcher]) -> Matcher:
    def match(env: Env, value: Value) -> bool:
        if type(value) is not Object or len(value) != len(keys):
            return False
        for get_key, one in zip(keys, matchers, strict=True):
            key = get_key(env)
            if key is UNDEFINED or key not in value or not one(env, value[key]):
                return False
        return True

    return match


def append(slot: int, get: Eval) -> Run:
    def end(env: Env) -> bool:
        value = get(env)
        if value is not UNDEFINED:
            env[slot].append(value)
        return False

    return end


def add(slot: int, get: Eval) -> Run:
    def end(env: Env) -> bool:
        value = get(env)
        if value is not UNDEFINED:
            env[slot].add(value)
        return False

    return end


def put_pair(slot: int, get_key: Eval, get_value: Eval) -> Run:
    def end(env: Env) -> bool:
        key, value = get_key(env), get_value(env)
        if key is not UNDEFINED and value is not UNDEFINED:
            put_once(env[slot], key, value)
        return False

    return end


def put_once(pairs_: dict[Value, Value], key: Value, value: Value) -> None:
    if key in pairs_ and pairs_[key] != value:
        raise ConflictError(f"object keys must be unique: {write(key)} has two values")
    pairs_[key] = value


def array_of(slot: int, run: Run) -> Eval:
    def get(env: Env) -> Value:
        values: list[Value] = []
        env[slot] = values
        run(env)
        return tuple(values)

    return get


def set_of(slot: int, run: Run) -> Eval:
    def get(env: Env) -> Value:
        values: set[Value] = set()
        env[slot] = values
        run(env)
        return Set(values)

    return get


def object_of(slot: int, run: Run) -> Eval:
    def get(env: Env) -> Value:
        values: dict[Value, Value] = {}
        env[slot] = values
        run(env)
        return make_object(values)

    return get


def function_call(group: Group, getters: Sequence[Eval]) -> Eval:
    def run(env: Env) -> Value:
        values = []
        for getter in getters:
            value = getter(env)
            if value is UNDEFINED:
                return UNDEFINED
            values.append(value)
        context = env[0]
        if context.mocks and group in context.mocks:
            return context.mocks[group](context, values)
        budget = context.budget
        budget.left -= 1
        if budget.left < 0:
            budget.refill()
        return group.invoke(context, values)

    return run


def equal(left: Eval, right: Eval) -> Eval:
    def run(env: Env) -> Value:
        a, b = left(env), right(env)
        if a is UNDEFINED or b is UNDEFINED:
            return UNDEFINED
        return TRUE if a == b else FALSE

    return run


def not_equal(left: Eval, right: Eval) -> Eval:
    def run(env: Env) -> Value:
        a, b = left(env), right(env)
        if a is UNDEFINED or b is UNDEFINED:
            return UNDEFINED
        return FALSE if a == b else TRUE

    return run


def ordered(test: Callable[[Value, Value], bool]) -> Callable[[Eval, Eval], Eval]:
    def make(left: Eval, right: Eval) -> Eval:
        def run(env: Env) -> Value:
            a, b = left(env), right(env)
            if a is UNDEFINED or b is UNDEFINED:
                return UNDEFINED
            return TRUE if test(a, b) else FALSE

        return run

    return make


def member(left: Eval, right: Eval) -> Eval:
    def run(env: Env) -> Value:
        a, b = left(env), right(env)
        if a is UNDEFINED or b is UNDEFINED:
            return UNDEFINED
        kind = type(b)
        if kind is Set or kind is tuple:
            return TRUE if a in b else FALSE
        return boolean(kind is Object and a in b.values())

    return run


FAST: dict[str, Callable[..., Eval]] = {
    "equal": equal,
    "neq": not_equal,
    "lt": ordered(less),
    "lte": ordered(lambda a, b: not less(b, a)),
    "gt": ordered(lambda a, b: less(b, a)),
    "gte": ordered(lambda a, b: not less(a, b)),
    "internal.member_2": member,
}
