"""What a code object would import, use and call, in order, from its instructions; nothing is run.

Names that are loaded are always told. Calls are followed on a stack of names and constants; where an instruction is
met of which nothing is known, the stack is forgotten, and the names stay.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from mlsec_nb.core import mask_text

from .marshalled import Code

MAX_INSTRUCTIONS = 100_000
MAX_TOLD = 1_000
_UNKNOWN = "…"
_SHOWN = 6  # imports, calls and arguments that are put into words
_PART = 40  # characters of a part of a name that is shown as it is
_STILL = frozenset({"RESUME", "CACHE", "NOP", "PRECALL", "KW_NAMES", "PUSH_NULL", "MAKE_CELL", "COPY_FREE_VARS",
                    "FORMAT_VALUE", "FORMAT_SIMPLE", "CONVERT_VALUE"})  # fmt: skip
_IMPORTERS = frozenset({"__import__", "importlib.import_module", "import_module", "builtins.__import__"})
_TWO = frozenset({"BINARY_ADD", "BINARY_MODULO", "BINARY_SUBSCR", "BINARY_OP", "COMPARE_OP"})


@dataclass(frozen=True, slots=True)
class Version:
    """The instructions of some versions of Python: name by number."""

    name: str
    layout: str
    resume: int | None
    halved: frozenset[str]
    names: dict[int, str]


@dataclass(slots=True)
class Trace:
    """What was met: modules imported, dotted names used, calls as (dotted name, arguments as shown)."""

    imports: list[str] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    calls: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def words(self) -> str:
        """In plain words, with what may be a secret masked."""
        told = []
        if imports := list(dict.fromkeys(self.imports)):
            told.append(f"imports {', '.join(map(_shown, imports[:_SHOWN]))}")
        if calls := list(dict.fromkeys(self.calls)):
            told.append("calls " + ", ".join(_call(*call) for call in calls[:_SHOWN]))
        elif uses := list(dict.fromkeys(self.uses)):
            told.append(f"uses {', '.join(map(_shown, uses[:_SHOWN]))}")
        return ", ".join(told)


def _shown(name: str) -> str:
    return ".".join(
        part if part.isidentifier() and len(part) <= _PART else mask_text(part, 80) for part in name.split(".")
    )


def _call(name: str, arguments: tuple[str, ...]) -> str:
    return f"{_shown(name)}({', '.join(mask_text(argument, 80) for argument in arguments[:_SHOWN])})"


@cache
def versions() -> tuple[Version, ...]:
    rows = tomllib.loads(files(__package__).joinpath("opcodes.toml").read_text(encoding="utf-8"))["version"]
    return tuple(
        Version(row["name"], row["layout"], row.get("resume"), frozenset(row["halved"]),
                {number: name for name, number in row["opcodes"].items()})
        for row in rows
    )  # fmt: skip


def traced(code: Code) -> Trace:
    """All that a code object and those inside of it would do."""
    whole, todo = Trace(), [code]
    while todo and len(whole.uses) < MAX_TOLD:
        one = todo.pop(0)
        if one.layout == "2.7":  # other instructions: the names are all that is told
            whole.uses += one.names
        else:
            part = trace(one.code, one.consts, one.names, one.varnames)
            whole.imports += part.imports
            whole.uses += part.uses
            whole.calls += part.calls
        todo += [value for value in one.consts if isinstance(value, Code)]
    return whole


def trace(code: bytes, consts: Sequence[Any], names: Sequence[str], variables: Sequence[str] = ()) -> Trace:
    """The reading of the version that fits best: the one in which most arguments are in their tables."""
    first = {code[at] for at in range(0, min(len(code), 16), 2)}
    fitting = [version for version in versions() if version.resume in first] or [versions()[0]]
    readings = [_Tracer(version, consts, names, variables) for version in fitting]
    return min((reading.run(code) for reading in readings), key=lambda reading: reading.strange).told


@dataclass(slots=True)
class _Tracer:
    version: Version
    consts: Sequence[Any]
    names: Sequence[str]
    variables: Sequence[str]
    told: Trace = field(default_factory=Trace)
    stack: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)  # what a variable was set to
    strange: int = 0  # arguments that point outside of their table

    def run(self, code: bytes) -> "_Tracer":
        for name, argument in self._instructions(code):
            self._step(name, argument)
        return self

    def _instructions(self, code: bytes) -> Iterator[tuple[str | None, int]]:
        wide = 0
        for at in range(0, min(len(code) - 1, 2 * MAX_INSTRUCTIONS), 2):
            name = self.version.names.get(code[at])
            argument = wide << 8 | code[at + 1]
            wide = argument if name == "EXTENDED_ARG" and argument < 1 << 24 else 0
            if name != "EXTENDED_ARG":
                yield name, argument >> (name in self.version.halved)

    def _step(self, name: str | None, argument: int) -> None:
        if name in _STILL:
            return
        if name is None:
            self.stack.clear()
        elif name.startswith("LOAD_FAST") and "LOAD_FAST" in name[9:]:
            self._variable(argument >> 4)
            self._variable(argument & 15)
        elif name in _SINGLE:
            _SINGLE[name](self, argument)
        elif name in _TWO:
            self.pop(2)
            self.stack.append(_UNKNOWN)
        else:
            self.stack.clear()

    def pop(self, count: int) -> list[str]:
        taken = self.stack[-count:] if count else []
        del self.stack[len(self.stack) - len(taken) :]
        return [_UNKNOWN] * min(count - len(taken), 16) + taken

    def _named(self, argument: int, table: Sequence[str]) -> str:
        if argument < len(table):
            return table[argument]
        self.strange += 1
        return _UNKNOWN

    def _use(self, name: str) -> None:
        self.stack.append(name)
        if len(self.told.uses) < MAX_TOLD and name[0] != "'" and name not in self.told.uses[-3:]:
            self.told.uses.append(name)

    def load_const(self, argument: int) -> None:
        value = self.consts[argument] if argument < len(self.consts) else None
        self.strange += argument >= len(self.consts)
        self.stack.append(repr(value) if isinstance(value, str | int | float | bytes) else _UNKNOWN)

    def load_name(self, argument: int) -> None:
        name = self._named(argument, self.names)
        self._use(self.known.get(name, name))

    def _variable(self, argument: int) -> None:
        name = self.variables[argument] if argument < len(self.variables) else _UNKNOWN
        self.stack.append(self.known.get(name, name))

    def load_attr(self, argument: int) -> None:
        (owner,) = self.pop(1)
        owner = owner if owner[0] != "'" else "str"
        self._use(f"{owner[:200]}.{self._named(argument, self.names)}")

    def import_name(self, argument: int) -> None:
        self.pop(2)
        module = self._named(argument, self.names)
        if len(self.told.imports) < MAX_TOLD:
            self.told.imports.append(module)
        self.stack.append(module)

    def import_from(self, argument: int) -> None:
        owner = self.stack[-1] if self.stack else _UNKNOWN
        self._use(f"{owner[:200]}.{self._named(argument, self.names)}")

    def store_name(self, argument: int) -> None:
        self.known[self._named(argument, self.names)] = self.pop(1)[0]

    def store_fast(self, argument: int) -> None:
        name = self.variables[argument] if argument < len(self.variables) else _UNKNOWN
        self.known[name] = self.pop(1)[0]

    def call(self, argument: int) -> None:
        arguments = self.pop(argument) if argument < len(self.stack) else self.stack[:0]
        callee = self.pop(1)[0]
        if callee[0] not in f"'{_UNKNOWN}" and len(self.told.calls) < MAX_TOLD:
            self.told.calls.append((callee, tuple(arguments)))
        self.stack.append(_result(callee, arguments))

    def call_kw(self, argument: int) -> None:
        self.pop(1)
        self.call(argument)

    def call_ex(self, argument: int) -> None:
        self.pop(argument & 1)
        self.call(1)

    def build(self, argument: int) -> None:
        self.pop(argument)
        self.stack.append(_UNKNOWN)

    def pop_top(self, argument: int) -> None:
        del argument
        self.pop(1)


def _result(callee: str, arguments: list[str]) -> str:
    """What a call gives: a part of a module, a module, or the result under the name of what was called."""
    texts = [argument[1:-1] if argument[0] == "'" else "" for argument in arguments]
    if callee.endswith("getattr") and len(arguments) > 1 and texts[1].isidentifier():
        return f"{arguments[0][:200]}.{texts[1]}"
    if callee in _IMPORTERS and texts and texts[0].replace(".", "").isidentifier():
        return texts[0]
    return f"{callee[:100]}()"


_SINGLE = {
    "LOAD_CONST": _Tracer.load_const, "LOAD_SMALL_INT": lambda t, n: t.stack.append(str(n)),
    "LOAD_NAME": _Tracer.load_name, "LOAD_GLOBAL": _Tracer.load_name, "LOAD_ATTR": _Tracer.load_attr,
    "LOAD_METHOD": _Tracer.load_attr, "LOAD_FAST": _Tracer._variable, "LOAD_FAST_BORROW": _Tracer._variable,  # noqa: SLF001
    "LOAD_DEREF": lambda t, _: t.stack.append(_UNKNOWN), "IMPORT_NAME": _Tracer.import_name,
    "IMPORT_FROM": _Tracer.import_from, "STORE_NAME": _Tracer.store_name, "STORE_GLOBAL": _Tracer.store_name,
    "STORE_FAST": _Tracer.store_fast, "STORE_DEREF": _Tracer.pop_top, "POP_TOP": _Tracer.pop_top,
    "CALL": _Tracer.call, "CALL_FUNCTION": _Tracer.call, "CALL_METHOD": _Tracer.call, "CALL_KW": _Tracer.call_kw,
    "CALL_FUNCTION_KW": _Tracer.call_kw, "CALL_FUNCTION_EX": _Tracer.call_ex, "BUILD_TUPLE": _Tracer.build,
    "BUILD_LIST": _Tracer.build, "BUILD_STRING": _Tracer.build, "LIST_EXTEND": _Tracer.pop_top,
}  # fmt: skip
