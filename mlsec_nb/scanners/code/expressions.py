"""What an expression is worth, without running it."""

import ast
import operator
import posixpath
from collections.abc import Iterable

from .state import MAX_NODES, Scope, State
from .values import NOTHING, UNKNOWN, Function, Origin, Value, constant, either, merge

MAX_ITEMS = 64  # of a literal list or dict that are looked at one by one
MAX_LITERALS = 5000  # of a list of nothing but literals, which may be text in numbers
MAX_NAME = 160
_NUMBERS = {ast.BitXor: operator.xor, ast.Sub: operator.sub, ast.Add: operator.add}
_PATHS = frozenset(
    {"pathlib.Path()", "pathlib.PurePath()", "pathlib.PosixPath()", "pathlib.Path.home()", "pathlib.Path.cwd()"}
)


class Expressions(State):
    """Evaluates every kind of expression but calls."""

    def evaluate(self, node: ast.expr | None, scope: Scope) -> Value:
        """The value of an expression; every call inside it is seen."""
        if node is None:
            return NOTHING
        self.nodes += 1
        if self.nodes > MAX_NODES:
            return NOTHING
        kind = type(node)
        method = self.methods.get(kind)
        if method is None:
            method = self.methods[kind] = getattr(self, "_" + kind.__name__.lower(), self._other)
        value: Value = method(node, scope)
        return value

    def _other(self, node: ast.AST, scope: Scope) -> Value:
        return Value(origins=merge(*self._children(node, scope)))

    def _children(self, node: ast.AST, scope: Scope) -> list[Value]:
        return [self.evaluate(child, scope) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]

    def call(self, node: ast.Call, scope: Scope) -> Value:
        raise NotImplementedError

    def piece(self, offset: int, scope: Scope) -> Value | None:
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        raise NotImplementedError

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        return self.call(node, scope)

    def _constant(self, node: ast.Constant, scope: Scope) -> Value:
        if node.value == 0 and self.source.pieces and type(node.value) is int:
            found = self.piece(self.source.span(node)[0], scope)
            if found is not None:
                return found
        return constant(node.value)

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        found = scope.get(node.id)
        names = self.catalogue.names
        if (found is NOTHING or found is None) and self._is_always_secret(node.id):
            return Value(origins=(Origin("secret", (self.step(node, "a secret by its name"),)),))
        if found is not None:
            return found
        if node.id in names["builtins"]:
            return Value(name=f"builtins.{node.id}")
        if module := names["conventions"].get(node.id):
            return Value(name=module)
        return NOTHING

    def _is_always_secret(self, name: str) -> bool:
        known = self.unset.get(name)
        if known is None:
            known = self.unset[name] = self.catalogue.names["unset_pattern"].search(name) is not None
        return known

    def canonical(self, name: str) -> str:
        """The one name under which the rules know a thing."""
        known = self.names.get(name)
        if known is None:
            known = self.names[name] = self._canonical(name[-MAX_NAME:])
        return known

    def _canonical(self, name: str) -> str:
        table = self.catalogue.names["canonical"]
        head = name
        while head:
            if head in table:
                return str(table[head]) + name[len(head) :]
            head = head.rpartition(".")[0]
        return name

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        base = self.evaluate(node.value, scope)
        return self.attribute(base, node.attr)

    def attribute(self, base: Value, name: str) -> Value:
        """The attribute of a value: a member that the notebook set, or a longer qualified name."""
        if base.members is not None and (member := base.members.get(name)) is not None:
            if member.function is not None and member.function.bound is None:
                return member.with_(function=Function(member.function.node, member.function.scope,
                                                      member.function.source, bound=base))  # fmt: skip
            return member
        qualified = self.canonical(f"{base.name or '?'}.{name}")
        text = base.text if name in {"name", "stem", "parent"} and base.name in _PATHS else None
        found = Value(name=qualified, origins=base.origins, text=text, members={"": base})
        if source := self.catalogue.names["attributes"].get(qualified):
            found = found.with_(origins=(*found.origins, Origin(source)))
        return found

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        base = self.evaluate(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            self._children(node.slice, scope)
            kept = tuple(origin for origin in base.origins if origin.kind != "secret")
            return self._sliced(node.slice, base, kept)
        key = self.evaluate(node.slice, scope)
        if base.name in {"os.environ", "builtins.globals()", "builtins.locals()"} and key.text is not None:
            return self.named_item(base.name, key.text, node, scope)
        if base.entries is not None and isinstance(key.const, str) and key.const in base.entries:
            return base.entries[key.const]
        if base.items is not None and isinstance(key.const, int) and -len(base.items) <= key.const < len(base.items):
            return base.items[key.const]
        return Value(name=f"{base.name}[]" if base.name else None, origins=merge(base), text=None)

    @staticmethod
    def _sliced(node: ast.Slice, base: Value, kept: tuple[Origin, ...]) -> Value:
        """A slice; a literal that is turned around is a way to hide it."""
        turns = node.lower is None and node.upper is None and isinstance(node.step, ast.UnaryOp)
        if turns and isinstance(base.const, str | bytes):
            turned = base.const[::-1]
            text = turned if isinstance(turned, str) else None
            return Value(const=turned, text=text, origins=(*kept, Origin("decoded")))
        return Value(name=base.name, origins=kept)

    def named_item(self, table: str, key: str, node: ast.AST, scope: Scope) -> Value:
        """`os.environ["X"]` is what the environment says, `globals()["x"]` the name x."""
        if table == "os.environ":
            kind = "secret" if self.is_secret_name(key) else "env"
            stored = scope.top.get(f"os.environ[{key}]")
            told = "secret" if kind == "secret" else "value"
            origin = Origin(kind, (self.step(node, f"{told} read from the environment"),))
            return (stored or Value(text=f"{{{key}}}")).with_(origins=(origin,))
        return scope.get(key) or NOTHING

    def is_secret_name(self, name: str) -> bool:
        return bool(self.catalogue.names["secret_pattern"].search(name))

    def _binop(self, node: ast.BinOp, scope: Scope) -> Value:
        chain: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            chain.append(left)
            left = left.left
        value = self.evaluate(left, scope)
        for part in reversed(chain):
            value = self._operate(part, value, self.evaluate(part.right, scope))
        return value

    def _operate(self, node: ast.BinOp, left: Value, right: Value) -> Value:
        origins = merge(left, right)
        if isinstance(node.op, ast.Add) and (left.is_string or right.is_string):
            return Value(text=self._said(left, node.left) + self._said(right, node.right), origins=origins,
                         const=left.const + right.const if _both(left, right) else UNKNOWN)  # fmt: skip
        if isinstance(node.op, ast.Div) and (left.name in _PATHS or left.is_string):
            parts = self._said(left, node.left), self._said(right, node.right)
            return Value(name="pathlib.Path()", text=posixpath.join(*parts), origins=origins)
        if isinstance(node.op, ast.Mod) and left.is_string:
            return Value(text=self._formatted(left, right), origins=origins)
        if isinstance(node.op, ast.BitOr) and left.entries is not None and right.entries is not None:
            return Value(entries={**left.entries, **right.entries}, origins=origins)
        if type(left.const) is int and type(right.const) is int and type(node.op) in _NUMBERS:
            return constant(_NUMBERS[type(node.op)](left.const, right.const))
        return Value(origins=origins, name=left.name if node.op.__class__ is ast.Div else None)

    @staticmethod
    def _formatted(left: Value, right: Value) -> str:
        text = left.text or ""
        items = right.items if right.items is not None else (right,)
        for item in items[:8]:
            text = text.replace("%s", item.text if item.text is not None else "{…}", 1)
        return text

    def _said(self, value: Value, node: ast.expr) -> str:
        """The text of a part of a string; a part that is not known stands in braces, by its code."""
        if value.text is not None:
            return value.text[:4096]
        if value.const is not UNKNOWN and not isinstance(value.const, bytes):
            return str(value.const)
        return "{" + self.source.code(node)[:80] + "}"

    def _joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Value:
        parts: list[str] = []
        values: list[Value] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self.evaluate(part.value, scope)
                self.evaluate(part.format_spec, scope)
                values.append(value)
                parts.append(self._said(value, part.value))
            elif isinstance(part, ast.Constant):
                parts.append(str(part.value))
        const = "".join(parts) if all(value.const is not UNKNOWN for value in values) else UNKNOWN
        return Value(text="".join(parts), const=const, origins=merge(*values))

    def _items(self, nodes: Iterable[ast.expr], scope: Scope) -> Value:
        values = []
        nodes = list(nodes)
        literal = len(nodes) <= MAX_LITERALS and all(isinstance(node, ast.Constant) for node in nodes)
        for index, node in enumerate(nodes):
            if index >= MAX_ITEMS and not literal and isinstance(node, ast.Constant):
                continue
            values.append(self.evaluate(node, scope))
        return Value(items=tuple(values), origins=merge(*values))

    def _list(self, node: ast.List, scope: Scope) -> Value:
        return self._items(node.elts, scope)

    def _tuple(self, node: ast.Tuple, scope: Scope) -> Value:
        return self._items(node.elts, scope)

    def _set(self, node: ast.Set, scope: Scope) -> Value:
        return self._items(node.elts, scope)

    def _starred(self, node: ast.Starred, scope: Scope) -> Value:
        return self.evaluate(node.value, scope)

    def _dict(self, node: ast.Dict, scope: Scope) -> Value:
        entries: dict[str, Value] = {}
        values = []
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item, scope)
            values.append(value)
            if key is None:
                entries |= value.entries or {}
            elif isinstance(name := self.evaluate(key, scope).const, str):
                entries[name] = value
        return Value(entries=entries, origins=merge(*values))

    def _ifexp(self, node: ast.IfExp, scope: Scope) -> Value:
        self.evaluate(node.test, scope)
        return either(self.evaluate(node.body, scope), self.evaluate(node.orelse, scope))

    def _boolop(self, node: ast.BoolOp, scope: Scope) -> Value:
        value = NOTHING
        for part in node.values:
            value = either(value, self.evaluate(part, scope))
        return value

    def _compare(self, node: ast.Compare, scope: Scope) -> Value:
        self._children(node, scope)
        return NOTHING

    def _unaryop(self, node: ast.UnaryOp, scope: Scope) -> Value:
        value = self.evaluate(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return constant(not value.const) if isinstance(value.const, bool | int) else NOTHING
        if isinstance(node.op, ast.USub) and type(value.const) in {int, float}:
            return constant(-value.const)
        return Value(origins=value.origins)

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Value:
        return self.define(Function(node, scope, self.source))

    def define(self, function: Function) -> Value:
        """The value of a new function; it is walked when it is called, or at the end."""
        self.pending[id(function.node)] = function
        return Value(function=function)

    def _namedexpr(self, node: ast.NamedExpr, scope: Scope) -> Value:
        value = self.evaluate(node.value, scope)
        self.assign(node.target, value, scope)
        return value

    def _await(self, node: ast.Await, scope: Scope) -> Value:
        return self.evaluate(node.value, scope)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope) -> Value:
        inner = Scope(scope)
        if not isinstance(node, ast.DictComp) and (spelled := self._spelled(node, scope)) is not None:
            return spelled
        sources = []
        for part in node.generators:
            value = self.evaluate(part.iter, inner)
            sources.append(value)
            self.assign(part.target, element(value), inner)
            for test in part.ifs:
                self.evaluate(test, inner)
        if isinstance(node, ast.DictComp):
            self.evaluate(node.key, inner)
            return Value(origins=self.evaluate(node.value, inner).origins)
        return Value(origins=self.evaluate(node.elt, inner).origins)

    def _spelled(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value | None:
        """`chr(c) for c in [104, 105]`: text in numbers is read item by item."""
        part = node.generators[0]
        names = {item.id for item in ast.walk(node.elt) if isinstance(item, ast.Name)}
        if len(node.generators) > 1 or part.ifs or "chr" not in names:
            return None
        items = self.evaluate(part.iter, scope).items
        if not items or len(items) > MAX_LITERALS:
            return None
        inner = Scope(scope)
        values = []
        for item in items:
            self.assign(part.target, item, inner)
            values.append(self.evaluate(node.elt, inner))
        return Value(items=tuple(values))

    _listcomp = _setcomp = _generatorexp = _dictcomp = _comprehension


def element(value: Value) -> Value:
    """One element of what is iterated over."""
    if value.items is not None:
        found = NOTHING
        for item in value.items[:8]:
            found = either(found, item)
        return found.with_(origins=merge(value))
    return Value(name=f"{value.name}[]" if value.name else None, origins=value.origins)


def _both(left: Value, right: Value) -> bool:
    return type(left.const) is type(right.const) and isinstance(left.const, str | bytes)
