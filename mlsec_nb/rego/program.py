"""Modules → a program: the tree of rules, checked and compiled."""

from collections.abc import Iterable, Sequence
from typing import Any

from .ast import Call, Module, Ref, Rule, Scalar, Term, Var
from .builtins import Registry
from .clauses import compile_group, is_constant
from .documents import Group, Node, Virtual
from .errors import RecursiveRuleError, RegoTypeError
from .plan import all_terms, deep_terms
from .runtime import Context
from .scope import Clause, FunctionName, Names
from .setting import Setting
from .values import Value


class Program(Setting):
    """Everything that is known before there is an input."""

    def __init__(
        self, modules: Sequence[Module], registry: Registry, *, trace: Any = None, mockable: Iterable[str] = ()
    ) -> None:
        super().__init__(modules, registry, trace)
        names = frozenset(registry.names)
        resolved = [self._module(module, names) for module in self.modules]
        self.mockable = frozenset(mockable) | {
            term.name for clauses in resolved for clause in clauses for term in clause_terms(clause)
            if isinstance(term, FunctionName)
        }  # fmt: skip
        self.groups = tuple(self.root.groups())
        for group in self.groups:
            _check(group)
        _check_recursion(self)
        for group in self.groups:
            compile_group(self, group)

    def document(self, context: Context) -> Value:
        """The whole of `data` as a context sees it."""
        if context.shadow and () in context.shadow:
            return context.shadow[()]
        return Virtual((), self.root, context.data)

    def _module(self, module: Module, builtins: frozenset[str]) -> list[Clause]:
        rules = {rule.name for other in self.modules if other.package == module.package for rule in other.rules}
        names = Names(module, rules, builtins)
        package = self.root
        for part in module.package:
            package = package.child(part)
        return [self._rule(module, names, rule) for rule in module.rules]

    def _rule(self, module: Module, names: Names, rule: Rule) -> Clause:
        size = next((at for at, part in enumerate(rule.path) if not is_constant(part)), len(rule.path))
        node = self.root
        for part in (*module.package, *(part.value for part in rule.path[:size] if isinstance(part, Scalar))):
            node = node.child(part)
        clause = names.clause(rule, rule.path[size:])
        clause.module = module
        kind = "object" if size < len(rule.path) else rule.kind
        if node.group is None:
            node.group = Group(node.path, kind, len(rule.args), node)
        group = node.group
        if group.kind != kind or group.arity != len(rule.args):
            raise RegoTypeError(f"conflicting rules {group.name} found", rule.place)
        group.clauses.append(clause)
        return clause


def _check(group: Group) -> None:
    place = group.clauses[-1].place
    if group.kind in ("complete", "set") and any(
        True for child in group.node.children.values() for _ in child.groups()
    ):
        raise RegoTypeError(f"{group.name} is a rule and has rules below it", place)
    if sum(clause.rule.default for clause in group.clauses) > 1:
        raise RegoTypeError(f"multiple default rules {group.name} found", place)


def clause_terms(clause: Clause, *, targets: bool = True) -> Iterable[Term]:
    """Every term of a clause and of its else branches; see `all_terms`."""
    heads = (*clause.dynamic, *(part for part in (clause.key, clause.value) if part is not None))
    for head in heads:
        yield from deep_terms(head, targets=targets)
    yield from all_terms(clause.body, targets=targets)
    if clause.orelse:
        yield from clause_terms(clause.orelse, targets=targets)


# recursion


def _check_recursion(program: Program) -> None:
    """Raises `RecursiveRuleError` for the first rule that depends on itself."""
    edges = {group: tuple(_dependencies(program.root, group)) for group in program.groups}
    done: set[Group] = set()
    for start in program.groups:
        path: list[tuple[Group, Iterable[Group]]] = [(start, iter(edges[start]))] if start not in done else []
        active = {start}
        while path:
            group, rest = path[-1]
            following = next(iter(rest), None)
            if following is None:
                path.pop()
                active.discard(group)
                done.add(group)
            elif following in active:
                names = [one.name for one, _ in path]
                chain = " -> ".join([*names[names.index(following.name) :], following.name])
                raise RecursiveRuleError(f"rule {following.name} is recursive: {chain}", following.clauses[0].place)
            elif following not in done:
                path.append((following, iter(edges[following])))
                active.add(following)


def _dependencies(root: Node, group: Group) -> dict[Group, None]:
    found: dict[Group, None] = {}
    for clause in group.clauses:
        for term in clause_terms(clause, targets=False):
            if isinstance(term, Call) and term.path is not None:
                found.update(dict.fromkeys(_at(root, term.path)))
            elif isinstance(term, Ref) and isinstance(term.head, Var) and term.head.name == "data":
                found.update(dict.fromkeys(_below(root, term.path)))
            elif isinstance(term, FunctionName) and term.path is not None:
                found.update(dict.fromkeys(_at(root, term.path)))
    for child in group.node.children.values() if group.kind == "object" else ():
        found.update(dict.fromkeys(child.groups()))
    return found


def _at(root: Node, path: Sequence[Any]) -> list[Group]:
    node: Node | None = root
    for part in path:
        node = node.children.get(part) if node else None
    return [node.group] if node and node.group else []


def _below(root: Node, path: Sequence[Term]) -> list[Group]:
    """The rules that a reference may evaluate: every one under its constant beginning, as far as that fits."""
    nodes = [root]
    for part in path:
        if any(node.group for node in nodes):
            break
        if isinstance(part, Scalar):
            nodes = [node.children[part.value] for node in nodes if part.value in node.children]
        else:
            nodes = [child for node in nodes for child in node.children.values()]
    return [group for node in nodes for group in node.groups()]
