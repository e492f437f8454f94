"""What is legal Rego and still likely a mistake."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .ast import (
    Array,
    Body,
    Call,
    Comprehension,
    Declare,
    Every,
    Holds,
    Literal,
    Module,
    ObjectOf,
    Place,
    Ref,
    Rule,
    Scalar,
    SomeIn,
    Statement,
    Term,
    Unify,
    Var,
)
from .builtins import Registry
from .plan import all_terms, constant, deep_terms

DEPRECATED = {
    "any": "`some x in xs; x`", "all": "`every x in xs { x }`", "re_match": "regex.match", "set_diff": "`a - b`",
    "net.cidr_overlap": "net.cidr_contains", "cast_array": "an array comprehension", "cast_set": "a set comprehension",
    "cast_string": "is_string", "cast_boolean": "is_boolean", "cast_null": "is_null", "cast_object": "is_object",
}  # fmt: skip
_TRUTHS = frozenset(
    ["contains", "startswith", "endswith", "glob.match", "object.subset", "crypto.hmac.equal", "net.cidr_contains",
     "net.cidr_intersects", "print", "trace", "walk", "internal.member_2", "internal.member_3", "equal", "neq", "lt",
     "lte", "gt", "gte", "regex.match", "regex.globs_match", "regex.template_match", "strings.any_prefix_match",
     "strings.any_suffix_match"]
)  # fmt: skip
_PATTERNS = {"regex.match": 0, "regex.split": 0, "regex.find_n": 0, "regex.find_all_string_submatch_n": 0,
             "regex.is_valid": 0, "regex.replace": 1}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Lint:
    """One remark."""

    place: Place
    rule: str
    message: str


def lint(modules: Iterable[Module]) -> list[Lint]:
    """All remarks on some modules, in the order of their places."""
    registry = Registry()
    return sorted(remark for module in modules for remark in _module(module, registry))


def _module(module: Module, registry: Registry) -> Iterator[Lint]:
    if module.version == "v0":
        yield Lint(module.place, "v0-syntax", "is written in the syntax of Rego v0: `opa fmt --rego-v1` rewrites it")
    is_test = module.package[-1].endswith("_test") or module.file.endswith("_test.rego")
    if not is_test and not module.annotations and not any(rule.annotations for rule in module.rules):
        yield Lint(module.place, "missing-metadata", "nothing says what this package is for (a METADATA comment)")
    names = {rule.name for rule in module.rules} | {one.alias for one in module.imports}
    known = frozenset(name.split(".", maxsplit=1)[0] for name in registry.names)
    for rule in module.rules:
        if rule.name in known:
            yield Lint(rule.place, "rule-shadows-builtin", f"{rule.name} is the name of a builtin too")
        for branch in _branches(rule):
            yield from _body(branch.body, module, registry)
            yield from _outputs(branch, names)


def _branches(rule: Rule) -> Iterator[Rule]:
    current: Rule | None = rule
    while current is not None:
        yield current
        current = current.orelse


def _bodies(body: Body) -> Iterator[Literal]:
    """Every literal, those inside closures and `every` too."""
    for literal in body:
        yield literal
        if isinstance(literal.statement, Every):
            yield from _bodies(literal.statement.body)
        for term in all_terms((literal,)):
            if isinstance(term, Comprehension):
                yield from term.body


def _body(body: Body, module: Module, registry: Registry) -> Iterator[Lint]:
    for literal in _bodies(body):
        statement = literal.statement
        if isinstance(statement, Holds):
            yield from _condition(statement.term, literal, registry)
    for term in all_terms(body):
        if isinstance(term, Call):
            yield from _call(term, module)


def _condition(term: Term, literal: Literal, registry: Registry) -> Iterator[Lint]:
    if constant(term):
        yield Lint(literal.place, "constant-condition", "is always the same")
    if not isinstance(term, Call):
        return
    if term.operator is None and term.args and all(map(constant, term.args)):
        yield Lint(literal.place, "constant-condition", "is always the same")
    if term.name == "neq" and any(_loops(arg) for arg in term.args):
        yield Lint(literal.place, "not-equals-in-loop", "is true as soon as one member differs: say `not x in xs`")
    builtin = registry.get(term.name)
    is_truth = term.name in _TRUTHS or "is_" in term.name or "verify" in term.name
    if builtin and not is_truth and len(term.args) == builtin.arity and not builtin.variadic:
        yield Lint(literal.place, "unassigned-return", f"what {term.name} gives is not used")


def _loops(term: Term) -> bool:
    return isinstance(term, Ref) and any(isinstance(part, Var) and part.name == "_" for part in term.path)


def _call(term: Call, module: Module) -> Iterator[Lint]:
    if term.operator is None:
        return
    if term.name == "print":
        yield Lint(term.place, "print-left", "a print was left here")
    if term.name in DEPRECATED:
        yield Lint(term.place, "deprecated-builtin", f"{term.name} is deprecated: use {DEPRECATED[term.name]}")
    at = _PATTERNS.get(term.name)
    if at is not None and at < len(term.args) and isinstance(term.args[at], Scalar):
        place = term.args[at].place
        line = module.text.split("\n")[place.line - 1][place.column - 1 :]
        if line.startswith('"') and "\\\\" in line.split('"')[1]:
            yield Lint(place, "non-raw-regex", "a pattern is easier to read between backticks")


def _outputs(rule: Rule, names: set[str]) -> Iterator[Lint]:
    """Variables that a reference gives a value to, and that nobody declared."""
    declared = {
        *names,
        "input",
        "data",
        "_",
        *(term.name for arg in rule.args for term in deep_terms(arg) if isinstance(term, Var)),
    }
    for literal in _bodies(rule.body):
        declared |= set(_declared(literal.statement))
    seen: set[str] = set()
    for term in all_terms(rule.body):
        for part in term.path if isinstance(term, Ref) else ():
            if isinstance(part, Var) and part.name not in declared | seen:
                seen.add(part.name)
                yield Lint(
                    part.place, "use-some-for-output-vars", f"{part.name} is not declared: say `some {part.name}`"
                )


def _declared(statement: Statement) -> Iterator[str]:
    if isinstance(statement, Declare):
        yield from statement.names
    elif isinstance(statement, Unify) and isinstance(statement.left, Var | Array | ObjectOf):
        yield from _names(statement.left)
    elif isinstance(statement, SomeIn | Every):
        for part in (statement.key, statement.value):
            if part is not None:
                yield from _names(part)


def _names(term: Term) -> Iterator[str]:
    for one in deep_terms(term):
        if isinstance(one, Var):
            yield one.name
