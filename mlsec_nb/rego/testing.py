"""Runs the `test_` rules of policies, as `opa test` does, and says which lines they reached."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .api import Policy
from .ast import Declare, Module
from .errors import RegoError
from .scope import Clause
from .trace import Trace, lines_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test gave: "pass", "fail", "error" or "skip" (its name begins with `todo_`)."""

    file: str
    name: str
    status: str
    message: str = ""
    printed: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """The lines of one file that can be reached, and those that were."""

    lines: frozenset[int]
    covered: frozenset[int]

    @property
    def missed(self) -> tuple[int, ...]:
        return tuple(sorted(self.lines - self.covered))


def find_tests(modules: Sequence[Module], pattern: str = "") -> Iterator[tuple[Module, str]]:
    """The tests, in the order in which they are written; `pattern` is a regular expression on `package.name`."""
    seen: set[tuple[str, ...]] = set()
    for module in modules:
        for rule in module.rules:
            path = (*module.package, rule.name)
            named = rule.name.startswith(("test_", "todo_test_"))
            if named and not rule.args and path not in seen and re.search(pattern, ".".join(path)):
                seen.add(path)
                yield module, rule.name


def run_tests(policy: Policy, pattern: str = "", *, now_ns: int | None = None) -> list[Outcome]:
    """Runs every test of a policy; a test passes when its rule is defined and not false."""
    return [_run(policy, module, name, now_ns) for module, name in find_tests(policy.program.modules, pattern)]


def _run(policy: Policy, module: Module, name: str, now_ns: int | None) -> Outcome:
    path = ".".join(("data", *module.package, name))
    if name.startswith("todo_"):
        return Outcome(module.file, path, "skip")
    started = time.perf_counter()
    try:
        answer = policy.eval(_query(module, name), now_ns=now_ns)
    except RegoError as error:
        return Outcome(module.file, path, "error", str(error), seconds=time.perf_counter() - started)
    passed = answer.defined and answer.value is not False
    message = "" if passed else "; ".join(map(str, answer.errors[:3]))
    return Outcome(module.file, path, "pass" if passed else "fail", message, answer.printed, answer.seconds)


def _query(module: Module, name: str) -> str:
    return "data" + "".join(f'["{part}"]' for part in (*module.package, name))


def coverage(policy: Policy) -> Mapping[str, Coverage]:
    """The lines reached so far, by file; the policy was loaded with a `Trace`."""
    trace = policy.program.trace
    assert isinstance(trace, Trace)
    lines: dict[str, set[int]] = {}
    covered: dict[str, set[int]] = {}
    for group in policy.program.groups:
        for clause in _all(group.clauses):
            lines.setdefault(clause.place.file, set()).add(clause.place.line)
            if id(clause) in trace.heads:
                covered.setdefault(clause.place.file, set()).add(clause.place.line)
            for literal in lines_of(clause.body):
                if not isinstance(literal.statement, Declare):
                    lines[clause.place.file].add(literal.place.line)
    for literal in trace.reached.values():
        covered.setdefault(literal.place.file, set()).add(literal.place.line)
    return {
        file: Coverage(frozenset(all_lines), frozenset(covered.get(file, set()) & all_lines))
        for file, all_lines in sorted(lines.items())
    }


def _all(clauses: Sequence[Any]) -> Iterator[Clause]:
    for clause in clauses:
        one = clause
        while one is not None:
            yield one
            one = one.orelse
