"""Installs that Python code starts: `subprocess.run([…])`, `os.system("…")`, `shell.system(…)`, `pip.main(…)`."""

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Final

from .commands import facts_of
from .facts import Fact
from .shell import Command, Word, commands

_HINT: Final = re.compile(
    r"\b(?:pip|conda|mamba|uv|apt|apt-get|npm|poetry)\b.*?\b(?:install|add|create|update)\b|\bpip\b.*\bmain\b",
    re.DOTALL,
)
_SHELL_CALLS: Final = frozenset({"system", "popen", "getoutput", "getstatusoutput", "run", "call", "check_call",
                                 "check_output", "Popen", "getoutput_error", "spawn", "create_subprocess_shell", "sx",
                                 "run_line_magic", "magic", "run_cell", "run_cell_magic"})  # fmt: skip
_MAIN: Final = frozenset({"main", "_main", "pipmain", "pip_main"})


def called(python: str) -> Iterator[Fact]:
    """What calls in a text of Python install; nothing for a text that does not parse."""
    if not _HINT.search(python):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(_dedented(python))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    lines = _Lines(python)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _name(node.func)):
            for command in _commands(name, node, lines):
                yield from facts_of(command)


def _dedented(text: str) -> str:
    """The same text under `if 1:` when all of it is indented, so that columns stay."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return text if not first.startswith((" ", "\t")) else "if 1:\n" + text


class _Lines:
    """Offsets in a text of lines and of columns counted in UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.extra = 1 if _dedented(text) is not text else 0
        self.starts = [0]
        for line in text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)

    def span(self, node: ast.expr) -> tuple[int, int]:
        return self._at(node.lineno, node.col_offset), self._at(
            node.end_lineno or node.lineno, node.end_col_offset or 0
        )

    def _at(self, line: int, column: int) -> int:
        start = self.starts[line - 1 - self.extra]
        stop = self.starts[line - self.extra] - 1
        return start + len(self.text[start:stop].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))


def _name(func: ast.expr) -> str:
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _commands(name: str, call: ast.Call, lines: _Lines) -> Iterator[Command]:
    arguments = [*call.args, *(word.value for word in call.keywords if word.arg in {"args", "cmd", "command"})]
    if name in _MAIN and arguments and isinstance(arguments[0], ast.List | ast.Tuple):
        start = lines.span(arguments[0])[0]
        yield Command((Word("pip", start, start), *_words(arguments[0].elts, lines)))
    elif name in {"run_line_magic", "run_cell_magic"} and len(arguments) > 1:
        magic, line = arguments[0], arguments[-1]
        if isinstance(magic, ast.Constant) and isinstance(magic.value, str):
            for command in _text(line, lines):
                is_shell = magic.value in {"system", "sx", "bash", "sh", "!"}
                yield command if is_shell else Command((Word(magic.value, *lines.span(magic)), *command.words))
    elif name in _SHELL_CALLS and arguments:
        first = arguments[0]
        if isinstance(first, ast.List | ast.Tuple):
            yield Command(tuple(_words(first.elts, lines)))
        elif isinstance(first, ast.BinOp) and isinstance(first.left, ast.List):
            right = first.right.elts if isinstance(first.right, ast.List) else [first.right]
            yield Command(tuple(_words([*first.left.elts, *right], lines)))
        else:
            yield from _text(_unsplit(first), lines)


def _unsplit(node: ast.expr) -> ast.expr:
    """The string of `"pip install x".split()` or `shlex.split("pip install x")`, else the same."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        return node.args[0] if node.args and not isinstance(node.func.value, ast.Constant) else node.func.value
    return node


def _words(items: list[ast.expr], lines: _Lines) -> Iterator[Word]:
    for item in items:
        start, end = lines.span(item)
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            raw = lines.text[start:end]
            exact = raw[1:-1] == item.value
            yield Word(item.value, start + exact, end - exact, exact=exact)
        else:
            text = lines.text[start:end]
            is_python = re.fullmatch(r"(?:\w+\.)*executable|\w*python\w*", text, re.IGNORECASE)
            yield Word(text if is_python else _shape(item), start, end, exact=False, dynamic=True)


def _shape(node: ast.expr) -> str:
    """An f-string with what is computed in braces; any other expression as a variable."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{x}" for part in node.values)
    return "{x}"


def _text(node: ast.expr, lines: _Lines) -> Iterator[Command]:
    """The commands of a string; in place when it is written without escapes."""
    start, end = lines.span(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        raw = lines.text[start:end]
        quote = next((q for q in ('"""', "'''", '"', "'") if raw.startswith(q)), "")
        if quote and raw[len(quote) : -len(quote)] == node.value:
            yield from _unmarked(commands(lines.text, start + len(quote), end - len(quote)))
            return
        text = node.value
    elif isinstance(node, ast.JoinedStr):
        text = re.sub(r"\A\{x\}(?=\s+-m\s)", "python", _shape(node))
    else:
        return
    for command in _unmarked(commands(text)):
        words = tuple(Word(word.text, start, end, exact=False, dynamic=word.dynamic) for word in command.words)
        yield Command(words)


def _unmarked(found: Iterator[Command]) -> Iterator[Command]:
    """`run_cell("!pip install x")`: without the mark before the first word."""
    for command in found:
        first = command.words[0]
        if first.text[:1] in {"!", "%"} and len(first.text) > 1:
            first = Word(first.text[1:], first.start + 1, first.end, first.exact, first.dynamic)
        yield Command((first, *command.words[1:]), command.touched)
