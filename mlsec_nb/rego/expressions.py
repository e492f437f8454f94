"""Terms → closures that give their value."""

from collections.abc import Callable, Sequence

from .ast import (
    Array,
    Call,
    Comprehension,
    Literal,
    Local,
    ObjectOf,
    Ref,
    Scalar,
    SetOf,
    Template,
    Term,
    Unify,
    Var,
)  # fmt: skip
from .builtins import Builtin
from .closures import (
    FAST,
    Matcher,
    add,
    append,
    array_matcher,
    array_of,
    binder,
    const,
    constant_path_of,
    constant_value,
    document_at,
    each,
    each_of,
    function_call,
    given_input,
    index_into,
    invoke,
    object_matcher,
    object_of,
    put,
    put_pair,
    read,
    rule_value,
    set_of,
    solidified,
    step_into,
)  # fmt: skip
from .documents import Group, Node
from .errors import RegoCompileError, RegoTypeError
from .plan import Env, Eval, NotReadyError, Plan, Run, constant, deep_variables, link, parts, variables
from .scope import Frame, FunctionName
from .setting import Setting
from .values import UNDEFINED, Set, Value, make_object, write


class Expressions:
    """Compiles the terms of one frame; `visible` are the variables of the bodies around the term."""

    def __init__(self, program: Setting, frame: Frame) -> None:
        self.program = program
        self.root = program.root
        self.registry = program.registry
        self.frame = frame
        self.visible: list[set[int]] = []
        self.split: dict[int, Call] = {}  # calls without the argument that takes their result

    def body_of(self, literals: Sequence[Literal], plan: Plan) -> None:
        """Adds the steps of a body; see `Statements`."""
        raise NotImplementedError

    # values

    def value(self, term: Term, plan: Plan) -> Eval:  # noqa: C901 - one line for each kind of term
        """The closure of a term whose variables all have values; raises `NotReadyError`."""
        if id(term) in plan.temps:
            return read(plan.temps[id(term)])
        if constant(term):
            return const(constant_value(term))
        if isinstance(term, Local):
            if term.slot not in plan.bound:
                raise NotReadyError(term)
            return read(term.slot)
        if isinstance(term, Ref):
            return self._ref(term, plan)
        if isinstance(term, Array | SetOf):
            return self._collection(term, plan)
        if isinstance(term, ObjectOf):
            return self._object(term, plan)
        if isinstance(term, Call):
            return self.call(term, term.args, plan)
        if isinstance(term, Template):
            return self._template(term, plan)
        if isinstance(term, Comprehension):
            return self._comprehension(term, plan)
        assert isinstance(term, FunctionName)
        raise RegoTypeError(f"{term.name} is a function, not a value", term.place)

    def _collection(self, term: Array | SetOf, plan: Plan) -> Eval:
        items = [self.value(item, plan) for item in term.items]
        build = tuple if isinstance(term, Array) else Set

        def run(env: Env) -> Value:
            values = []
            for item in items:
                value = item(env)
                if value is UNDEFINED:
                    return UNDEFINED
                values.append(value)
            return build(values)

        return run

    def _object(self, term: ObjectOf, plan: Plan) -> Eval:
        items = [(self.value(key, plan), self.value(value, plan)) for key, value in term.pairs]

        def run(env: Env) -> Value:
            made: dict[Value, Value] = {}
            for get_key, get_value in items:
                key, value = get_key(env), get_value(env)
                if key is UNDEFINED or value is UNDEFINED:
                    return UNDEFINED
                made[key] = value
            return make_object(made)

        return run

    # references

    def _ref(self, term: Ref, plan: Plan) -> Eval:
        """A reference whose variables all have values."""
        if missing := [
            local for local in variables(term) if local.slot not in plan.bound and not self._hoisted(term, plan)
        ]:
            raise NotReadyError(*missing)
        base, rest = self.base(term, plan)
        get = self.walk(base, rest, plan, virtual=self.is_data(term))
        return solidified(get) if self.is_data(term) else get

    def _hoisted(self, term: Term, plan: Plan) -> bool:
        return any(id(part) in plan.temps for part in parts(term))

    @staticmethod
    def is_data(term: Ref) -> bool:
        return isinstance(term.head, Var) and term.head.name == "data"

    def base(self, term: Ref, plan: Plan) -> tuple[Eval, tuple[Term, ...]]:
        """Where a reference begins, and the rest of its path."""
        if not isinstance(term.head, Var):
            return self.value(term.head, plan), term.path
        if term.head.name == "input":
            return given_input, term.path
        return self._data(term)

    def _data(self, term: Ref) -> tuple[Eval, tuple[Term, ...]]:
        """The rules (or the document) that the constant beginning of a path leads to."""
        node, keys = self.root, []
        for part in term.path:
            if not isinstance(part, Scalar) or (node.group and node.group.kind != "function"):
                break
            keys.append(part.value)
            if part.value not in node.children:
                return document_at(tuple(keys)), term.path[len(keys) :]
            node = node.children[part.value]
        rest = term.path[len(keys) :]
        if node.group and node.group.kind != "function":
            return rule_value(node.group, tuple(keys)), rest
        return document_at(tuple(keys)), rest

    def walk(self, get: Eval, path: Sequence[Term], plan: Plan, *, virtual: bool) -> Eval:
        """`get`'s value looked into with each operand in turn."""
        if not path:
            return get
        if not virtual and all(isinstance(part, Scalar) for part in path):
            return constant_path_of(get, tuple(part.value for part in path if isinstance(part, Scalar)))
        for part in path:
            get = step_into(get, self.value(part, plan)) if virtual else index_into(get, self.value(part, plan))
        return get

    # what is hoisted: terms with more than one value

    def hoist(self, term: Term, plan: Plan) -> bool:
        """Loops for the references in a term that give variables their values; whether there were any."""
        if id(term) in plan.temps or isinstance(term, Comprehension | Template):
            return False
        changed = False
        for part in parts(term):
            changed = self.hoist(part, plan) or changed
        if isinstance(term, Ref) and self._open(term, plan):
            changed = self._try(term, plan) or changed
        if isinstance(term, Call) and self._relation(term):
            changed = self._try_relation(term, plan) or changed
        return changed

    def _open(self, term: Ref, plan: Plan) -> bool:
        return any(
            local.slot not in plan.bound
            for part in term.path
            if id(part) not in plan.temps
            for local in variables(part)
        )

    def _try(self, term: Ref, plan: Plan) -> bool:
        trial = plan.fork()
        slot = self.frame.new("", term.place).slot
        try:
            self.ref_loop(term, trial, slot)
        except NotReadyError:
            return False
        plan.adopt(trial)
        plan.temps = {**trial.temps, id(term): slot}
        return True

    def ref_loop(self, term: Ref, plan: Plan, slot: int) -> None:
        """Steps that try every value of a reference, each put into a slot."""
        virtual = self.is_data(term)
        get, path = self.base(term, plan)
        while path:
            size = next((at for at, part in enumerate(path) if self._unbound(part, plan)), len(path))
            get = self.walk(get, path[:size], plan, virtual=virtual)
            if size == len(path):
                break
            inner = self.frame.new("", term.place).slot
            self._iterate(get, path[size], inner, plan, virtual=virtual)
            get, path = read(inner), path[size + 1 :]
        plan.check(put(slot, solidified(get) if virtual else get))

    def _unbound(self, term: Term, plan: Plan) -> bool:
        return id(term) not in plan.temps and any(local.slot not in plan.bound for local in variables(term))

    def _iterate(self, get: Eval, operand: Term, slot: int, plan: Plan, *, virtual: bool) -> None:
        if isinstance(operand, Local):
            plan.bound.add(operand.slot)
            plan.loop(each(get, operand.slot, slot, virtual=virtual))
            return
        key = self.frame.new("", operand.place)
        plan.loop(each(get, key.slot, slot, virtual=virtual))
        plan.bound.add(key.slot)
        match = self.matcher(operand, plan)
        plan.check(lambda env: match(env, env[key.slot]))

    def _relation(self, term: Call) -> bool:
        builtin = self.registry.get(term.name) if term.path is None else None
        return builtin is not None and builtin.relation

    def _try_relation(self, term: Call, plan: Plan) -> bool:
        builtin = self.registry[term.name]
        try:
            args = [self.value(arg, plan) for arg in term.args[: builtin.arity]]
        except NotReadyError:
            return False
        slot = self.frame.new("", term.place).slot
        call = self.builtin_call(builtin, args)
        plan.loop(each_of(call, slot))
        plan.temps[id(term)] = slot
        return True

    # patterns

    def matcher(self, term: Term, plan: Plan) -> Matcher:
        """Compares a value with a pattern, giving the pattern's unbound variables their values."""
        if isinstance(term, Local) and term.slot not in plan.bound:
            plan.bound.add(term.slot)
            return binder(term.slot)
        if isinstance(term, Array) and self._unbound(term, plan):
            return array_matcher([self.matcher(item, plan) for item in term.items])
        if isinstance(term, ObjectOf) and self._unbound(term, plan):
            keys = [self.value(key, plan) for key, _ in term.pairs]
            return object_matcher(keys, [self.matcher(item, plan) for _, item in term.pairs])
        get = self.value(term, plan)

        def match(env: Env, value: Value) -> bool:
            return bool(get(env) == value)

        return match

    # closures

    def closed(self, term: Term, plan: Plan) -> None:
        """Raises `NotReadyError` when a closure needs a variable of the bodies around that has no value yet."""
        around = set().union(*self.visible)
        missing = [one for one in deep_variables(term) if one.slot in around and one.slot not in plan.bound]
        if missing:
            raise NotReadyError(*missing)

    def inner(self, literals: Sequence[Literal], plan: Plan) -> Plan:
        """The plan of a body inside a term; what it binds stays inside."""
        made = plan.fork()
        self.body_of(literals, made)
        return made

    def _comprehension(self, term: Comprehension, plan: Plan) -> Eval:
        self.closed(term, plan)
        made = self.inner(term.body, plan)
        heads = [part for part in (term.key, term.value) if part is not None]
        for head in heads:
            while self.hoist(head, made):
                pass
        slot = self.frame.new("", term.place).slot
        getters = [self.value(head, made) for head in heads]
        ends: dict[str, Callable[..., Run]] = {"array": append, "set": add, "object": put_pair}
        run = link(made.steps, ends[term.kind](slot, *getters))
        return {"array": array_of, "set": set_of, "object": object_of}[term.kind](slot, run)

    def _template(self, term: Template, plan: Plan) -> Eval:
        pieces: list[str | Eval] = [
            part if isinstance(part, str) else self._template_part(term, part, plan) for part in term.parts
        ]

        def run(env: Env) -> Value:
            shown = [piece if isinstance(piece, str) else piece(env) for piece in pieces]
            env[0].budget.size(sum(map(len, shown)))
            return "".join(shown)

        return run

    def _template_part(self, term: Template, part: Literal, plan: Plan) -> Eval:
        statement = part.statement
        expression = getattr(statement, "term", None)
        assert isinstance(expression, Term)
        missing = [one for one in deep_variables(expression) if one.slot not in plan.bound and one.name != "_"]
        if isinstance(expression, Local) and missing:
            raise NotReadyError(*missing)
        local = self.frame.new("", term.place)
        literal = Literal(Unify(term.place, local, expression), withs=part.withs)
        kept = Comprehension(term.place, "set", None, local, (literal,))
        values = self._comprehension(kept, plan)

        def run(env: Env) -> str:
            found = values(env)
            if len(found) > 1:
                raise RegoCompileError("a template expression has more than one value", term.place)
            return next((one if type(one) is str else write(one) for one in found), "<undefined>")

        return run

    # calls

    def call(self, term: Call, args: Sequence[Term], plan: Plan) -> Eval:
        getters = [self.value(arg, plan) for arg in args]
        if term.path is not None:
            group = self.function(term)
            if len(getters) != group.arity:
                raise RegoTypeError(f"{group.name} takes {group.arity} arguments, not {len(getters)}", term.place)
            return function_call(group, getters)
        builtin = self.registry.get(term.name)
        if builtin is None:
            raise RegoTypeError(self.registry.why_not(term.name), term.place)
        if len(getters) != builtin.arity and not builtin.variadic:
            raise RegoTypeError(f"{term.name} takes {builtin.arity} arguments, not {len(getters)}", term.place)
        if builtin.compile is not None:
            compiled: Eval = builtin.compile(self, term, getters)
            return compiled
        fast = None if term.name in self.program.mockable else FAST.get(term.name)
        return fast(*getters) if fast else self.builtin_call(builtin, getters)

    def function(self, term: Call) -> Group:
        node: Node | None = self.root
        for part in (term.path or ())[0:]:
            node = node.children.get(part) if node else None
        if node is None or node.group is None or node.group.kind != "function":
            raise RegoTypeError(f"undefined function data.{'.'.join(map(str, term.path or ()))}", term.place)
        if len(term.args) not in (node.group.arity, node.group.arity + 1):
            raise RegoTypeError(f"{term.name} takes {node.group.arity} arguments, not {len(term.args)}", term.place)
        return node.group

    def arity(self, term: Call) -> int | None:
        """How many arguments a call takes; None when any number."""
        if term.path is not None:
            return self.function(term).arity
        builtin = self.registry.get(term.name)
        if builtin is None:
            raise RegoTypeError(self.registry.why_not(term.name), term.place)
        return None if builtin.variadic else builtin.arity

    def builtin_call(self, builtin: Builtin, getters: Sequence[Eval]) -> Eval:
        call, contextual, name = builtin.call, builtin.contextual, builtin.name

        def run(env: Env) -> Value:
            values = []
            for getter in getters:
                value = getter(env)
                if value is UNDEFINED:
                    return UNDEFINED
                values.append(value)
            context = env[0]
            if context.mocks and name in context.mocks:
                return context.mocks[name](context, values)
            budget = context.budget
            budget.left -= 1
            if budget.left < 0:
                budget.refill()
            return invoke(context, call, values, contextual=contextual)

        return run
