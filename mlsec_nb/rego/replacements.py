"""`with`: input, data, rules and functions that are something else while one statement is looked at."""

from collections.abc import Callable, Sequence
from typing import Any

from .ast import Call, Literal, Ref, Scalar, Statement, Term, With
from .closures import invoke
from .documents import Group, Node
from .errors import RegoTypeError
from .expressions import Expressions
from .plan import Env, Plan, Run, link
from .runtime import Context
from .scope import FunctionName, constant_path
from .values import UNDEFINED, Value


class Replacements(Expressions):
    """Adds statements under changed contexts to a plan."""

    def hoist_all(self, plan: Plan, *terms: Term) -> None:
        while any([self.hoist(term, plan) for term in terms]):  # noqa: C419 - every term, not up to the first
            pass

    def replaced(self, literal: Literal, plan: Plan, add: Callable[[Statement, Plan], None]) -> None:
        """A literal whose statement is added in a context that its `with`s changed."""
        self.hoist_all(plan, *(one.value for one in literal.withs if not isinstance(one.value, FunctionName)))
        changes = [self._change(one, plan) for one in literal.withs]
        inner = plan.fork()
        add(literal.statement, inner)
        plan.bound, plan.temps = inner.bound, inner.temps
        slot = self.frame.new("", literal.place).slot
        plan.loop(_within(slot, inner.steps, changes))

    def _change(self, one: With, plan: Plan) -> Callable[[Env, Context], bool]:
        """Applies a `with` to a context; false when its value is undefined."""
        target = one.target
        if isinstance(target, FunctionName):
            return self._mock(target.name, one.value, plan, self.arity(Call(target.place, target.name, ())))
        assert isinstance(target, Ref)
        group = self._named(target)
        if group is not None and group.kind == "function":
            return self._mock(group, one.value, plan, group.arity)
        get = self.value(one.value, plan)
        path = tuple(part.value for part in target.path if isinstance(part, Scalar))
        is_data = self.is_data(target)

        def change(env: Env, context: Context) -> bool:
            value = get(env)
            if value is UNDEFINED:
                return False
            (context.replace_data if is_data else context.replace_input)(path, value)
            return True

        return change

    def _named(self, term: Term) -> Group | None:
        path = constant_path(term)
        node: Node | None = self.root if path else None
        for part in path or ():
            node = node.children.get(part) if node else None
        return node.group if node else None

    def _mock(self, key: Any, value: Term, plan: Plan, arity: int | None) -> Callable[[Env, Context], bool]:
        call: Callable[[Context, Sequence[Value]], Value] | None = None
        if isinstance(value, FunctionName):
            builtin = self.registry[value.name]
            if arity not in (None, builtin.arity):
                raise RegoTypeError(f"{value.name} takes another number of arguments", value.place)

            def call_builtin(context: Context, values: Sequence[Value]) -> Value:
                return invoke(context, builtin.call, values, contextual=builtin.contextual)

            call = call_builtin
        elif (group := self._named(value)) is not None and group.kind == "function":
            if arity not in (None, group.arity):
                raise RegoTypeError(f"{group.name} takes another number of arguments", value.place)
            call = _unmocked(group)
        if call is not None:
            fixed = call

            def change_call(_: Env, context: Context) -> bool:
                context.mock(key, fixed)
                return True

            return change_call
        get = self.value(value, plan)

        def change(env: Env, context: Context) -> bool:
            made = get(env)
            if made is UNDEFINED:
                return False
            context.mock(key, lambda *_: made)
            return True

        return change


def _unmocked(group: Group) -> Callable[[Context, Sequence[Value]], Value]:
    """The replacing function, in which nothing is replaced."""

    def call(context: Context, values: Sequence[Value]) -> Value:
        inner = context.derive()
        inner.mocks = None
        return group.invoke(inner, list(values))

    return call


def _within(slot: int, steps: Sequence[Any], changes: Sequence[Callable[[Env, Context], bool]]) -> Callable[[Run], Run]:
    def make(following: Run) -> Run:
        def after(env: Env) -> bool:
            inner, env[0] = env[0], env[slot][-1]
            stop = following(env)
            env[0] = inner
            return stop

        body = link(steps, after)

        def run(env: Env) -> bool:
            outer = env[0]
            inner = outer.derive()
            for change in changes:
                if not change(env, inner):
                    return False
            env[slot] = (outer,)
            env[0] = inner
            stop = body(env)
            env[0] = outer
            return stop

        return run

    return make
