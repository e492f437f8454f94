"""The abstract run: statements in order, both branches of every choice, loops once, functions when they are called."""

import ast
import contextlib

from .calls import Calls
from .expressions import element
from .judge import Arguments
from .source import Source
from .state import Scope
from .transform import Piece
from .values import NOTHING, Function, Origin, Value, either, merge

_ENDPOINTS = frozenset({"route", "get", "post", "put", "delete", "patch", "websocket", "api_route"})


def _is_meant(text: str) -> bool:
    """Whether a literal can be a secret: not a placeholder ("<your key>", "[YOUR_KEY]", "...")."""
    return (
        len(text) > 5 and text[0] not in "<[{$." and not text.lower().startswith(("your", "xxx", "http", "my-", "my_"))
    )


class Interpreter(Calls):
    """Walks statements; knows names across cells."""

    def run(self, source: Source, body: tuple[ast.stmt, ...]) -> None:
        """Walk one cell or file at module level."""
        self.source = source
        for offset, piece in source.pieces.items():
            if offset < 0 or piece.body is not None:
                self.magic(piece, self.scope)
        for statement in body:
            depth = len(self.stack), len(self.calls)
            try:
                self.statement(statement, self.scope)
            except RecursionError:
                del self.stack[depth[0] :], self.calls[depth[1] :]
                self.source = source
                self.cut.append((source, *source.span(statement)))
        if body and isinstance(body[-1], ast.Expr) and source.cell is not None:
            with contextlib.suppress(RecursionError):  # it was cut above
                self._displayed(body[-1])

    def _displayed(self, node: ast.Expr) -> None:
        """The value of a cell's last expression is shown and saved."""
        text = self.source.python[self.source.span(node)[1] :]
        if (
            isinstance(node.value, ast.Name | ast.Subscript | ast.Attribute | ast.JoinedStr | ast.Dict)
            and ";" not in text
        ):
            self.check("builtins.display", node.value, Arguments((self.evaluate(node.value, self.scope),), {}))

    def finish(self) -> None:
        """Walk the functions that nothing called, knowing nothing of their arguments."""
        for _ in range(3):
            waiting, self.pending = self.pending, {}
            for function in waiting.values():
                if self.exhausted:
                    return
                try:
                    self.walk(function, self._strangers(function))
                except RecursionError:
                    self.stack.clear()

    def _strangers(self, function: Function) -> Arguments:
        """The arguments of a function that is called from outside; a web endpoint's are user input."""
        node = function.node
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        for decorator in decorators:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(target, ast.Attribute) and target.attr in _ENDPOINTS and isinstance(decorator, ast.Call):
                origin = Origin("input", ())
                return Arguments(tuple(Value(origins=(origin,)) for _ in node.args.args), {}, open=True)
        return Arguments((), {}, open=True)

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        self.nodes += 1
        if self.exhausted:
            return
        kind = type(node)
        method = self.methods.get(kind)
        if method is None:
            method = self.methods[kind] = getattr(self, "_do_" + kind.__name__.lower(), self._children)
        method(node, scope)

    def run_body(self, body: list[ast.stmt], scope: Scope) -> None:
        for statement in body:
            self.statement(statement, scope)

    def piece(self, offset: int, scope: Scope) -> Value | None:
        piece = self.source.pieces.get(offset)
        return None if piece is None else self.magic(piece, scope)

    def magic(self, piece: Piece, scope: Scope) -> Value:
        """What a magic or shell line means for the flow; a later floor gives it more."""
        del piece, scope
        return NOTHING

    def _do_import(self, node: ast.Import, scope: Scope) -> None:
        for item in node.names:
            if item.asname:
                scope.set(item.asname, Value(name=self.canonical(item.name)))
            else:
                top = item.name.partition(".")[0]
                scope.set(top, Value(name=self.canonical(top)))
            self.check(f"import {item.name}", node, Arguments((), {}))

    def _do_importfrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        module = "." * node.level + (node.module or "")
        for item in node.names:
            if item.name == "*":
                for name in self.catalogue.names["stars"].get(module, ()):
                    scope.set(name, Value(name=self.canonical(f"{module}.{name}")))
            else:
                scope.set(item.asname or item.name, Value(name=self.canonical(f"{module}.{item.name}")))

    def _do_assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.evaluate(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _do_annassign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value, scope), scope)

    def _do_augassign(self, node: ast.AugAssign, scope: Scope) -> None:
        value = self.evaluate(ast.copy_location(ast.BinOp(node.target, node.op, node.value), node), scope)
        self.assign(node.target, value, scope)

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            given = isinstance(value.const, str) and _is_meant(value.const)
            if self.is_secret_name(target.id) and (given or value.name == "builtins.input()"):
                value = value.with_(
                    origins=(*value.origins, Origin("secret", (self.step(target, "a secret is set here"),)))
                )
            scope.set(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            items = value.items if value.items is not None and len(value.items) == len(target.elts) else None
            for index, item in enumerate(target.elts):
                self.assign(item, items[index] if items is not None else element(value), scope)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, scope)
        elif isinstance(target, ast.Attribute):
            self._assign_attribute(target, value, scope)
        elif isinstance(target, ast.Subscript):
            self._assign_item(target, value, scope)

    def _assign_attribute(self, target: ast.Attribute, value: Value, scope: Scope) -> None:
        base = self.evaluate(target.value, scope)
        name = self.canonical(f"{base.name or '?'}.{target.attr}")
        self._check_target(name, target, value)
        if base.members is not None and "" not in base.members:
            base.members[target.attr] = value
        elif isinstance(target.value, ast.Name):
            members = {**(base.members or {}), target.attr: value}
            members.pop("", None)
            scope.set(target.value.id, base.with_(members=members))

    def _assign_item(self, target: ast.Subscript, value: Value, scope: Scope) -> None:
        base = self.evaluate(target.value, scope)
        key = self.evaluate(target.slice, scope)
        if not isinstance(key.const, str):
            return
        self._check_target(f"{base.name or '?'}[{key.const}]", target, value)
        if base.name == "os.environ":
            scope.top.set(f"os.environ[{key.const}]", value)
        elif base.entries is not None and isinstance(target.value, ast.Name):
            scope.set(target.value.id, base.with_(entries={**base.entries, key.const: value}))

    def _check_target(self, name: str, node: ast.AST, value: Value) -> None:
        for sink in self.catalogue.targets_of(name):
            self.check_sink(sink, name, node, Arguments((value,), {"value": value}))

    def _do_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        for decorator in node.decorator_list:
            self.evaluate(decorator, scope)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self.evaluate(default, scope)
        scope.set(node.name, self.define(Function(node, scope, self.source)))

    _do_asyncfunctiondef = _do_functiondef

    def _do_classdef(self, node: ast.ClassDef, scope: Scope) -> None:
        for decorator in node.decorator_list:
            self.evaluate(decorator, scope)
        bases = [self.evaluate(base, scope) for base in node.bases]
        inner = Scope(scope)
        self.run_body(node.body, inner)
        members: dict[str, Value] = {}
        for base in bases:
            members |= {key: value for key, value in (base.members or {}).items() if key}
        members |= inner.names
        instance = Value(name=next((f"{base.name}()" for base in bases if base.name), None), members=members)
        for name, value in inner.names.items():
            if value.function is not None and not isinstance(value.function.node, ast.Lambda):
                bound = Function(value.function.node, scope, self.source, bound=instance)
                members[name] = value.with_(function=bound)
                if id(bound.node) in self.pending:
                    self.pending[id(bound.node)] = bound
        created = members.get("__init__", NOTHING)
        scope.set(node.name, Value(function=created.function, members=members) if created.function
                  else Value(name=instance.name and instance.name[:-2], members=members))  # fmt: skip

    def _do_return(self, node: ast.Return, scope: Scope) -> None:
        value = self.evaluate(node.value, scope)
        if self.stack and value.items and getattr(self.stack[-1].node, "name", "") in {"__reduce__", "__reduce_ex__"}:
            self.check(f"reduce {value.items[0].name}", node, Arguments(value.items, {}))
        scope.set("return ", either(scope.names.get("return ", NOTHING), value))

    def _do_expr(self, node: ast.Expr, scope: Scope) -> None:
        self.evaluate(node.value, scope)

    def _do_if(self, node: ast.If, scope: Scope) -> None:
        self.evaluate(node.test, scope)
        self._branches([node.body, node.orelse], scope)

    def _branches(self, bodies: list[list[ast.stmt]], scope: Scope) -> None:
        """All branches from the same start; afterwards a name may be worth any of its values."""
        before = dict(scope.names)
        ends = []
        for body in bodies:
            scope.names = dict(before)
            self.run_body(body, scope)
            ends.append(scope.names)
        changed = {name: None for end in ends for name, value in end.items() if before.get(name) is not value}
        for name in changed:
            found = NOTHING
            for end in ends:
                found = either(found, end.get(name, before.get(name, NOTHING)))
            before[name] = found
        scope.names = before

    def _do_for(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        self.assign(node.target, element(self.evaluate(node.iter, scope)), scope)
        self.run_body(node.body, scope)
        self.run_body(node.orelse, scope)

    _do_asyncfor = _do_for

    def _do_while(self, node: ast.While, scope: Scope) -> None:
        self.evaluate(node.test, scope)
        self.run_body(node.body, scope)
        self.run_body(node.orelse, scope)

    def _do_with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        for item in node.items:
            value = self.evaluate(item.context_expr, scope)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, scope)
        self.run_body(node.body, scope)

    _do_asyncwith = _do_with

    def _do_try(self, node: ast.Try, scope: Scope) -> None:
        self.run_body(node.body, scope)
        self._branches([[], *[handler.body for handler in node.handlers]], scope)
        self.run_body(node.orelse, scope)
        self.run_body(node.finalbody, scope)

    _do_trystar = _do_try

    def _do_match(self, node: ast.Match, scope: Scope) -> None:
        value = self.evaluate(node.subject, scope)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                if isinstance(name := getattr(part, "name", None), str):
                    scope.set(name, Value(origins=merge(value)))
            self.evaluate(case.guard, scope)
        self._branches([case.body for case in node.cases], scope)

    def _do_delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.names.pop(target.id, None)
