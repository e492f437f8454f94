"""Cells that print a secret: what they print is stored in the notebook."""

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mlsec_nb.core import Part, Segment

from .judges.names import Promise, promise, words_of

_PRINTS: Final = re.compile(r"\b(?:print|pprint|display|log|logger|logging|echo|write)\b")
DEEPEST: Final = 150  # expressions inside expressions
_NAMES: Final = re.compile(r"[A-Za-z_]\w*")
_FUNCTIONS: Final = frozenset({"print", "pprint", "display", "rprint"})
_LOGS: Final = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log"})
_LOGGERS: Final = frozenset({"logging", "logger", "log", "LOGGER", "_logger"})
_ECHO: Final = re.compile(
    r"^[ \t]*(?:!|%sx\s|%%)?[ \t]*(?:echo|printf|printenv)\b[^\n|>]*?(?:\$\{?|printenv\s+)(?P<name>[A-Za-z_]\w*)\}?"
    r"(?![^\n]*[|>])",
    re.MULTILINE,
)  # what is piped on or written to a file is not shown
_SHOWN: Final = re.compile(r"^[ \t]*%env[ \t]+(?P<name>[A-Za-z_]\w*)[ \t]*$", re.MULTILINE)
_ENDS: Final = frozenset({"token", "key", "apikey", "pat", "jwt", "bearer", "dsn", "sas", "authorization"})
_READERS: Final = frozenset({"getenv", "getpass", "get_password", "get_secret", "get_credential"})


@dataclass(frozen=True, slots=True)
class Printed:
    """An expression that comes to a secret where it is printed: its name, and where it stands."""

    name: str
    start: int
    end: int


def printed(segment: Segment, places: Sequence[int], known: Container[str] = ()) -> Iterator[Printed]:
    """Every secret variable that a Python cell prints; `places` are those of telling names and of `known` variables."""
    text = segment.text
    if not any(_may_print(line, known) for line in _lines(text, places)):
        return
    for pattern in (_ECHO, _SHOWN):
        for match in pattern.finditer(text):
            if _is_secret(match["name"]):
                yield Printed(match["name"], *match.span("name"))
    try:
        tree = ast.parse(re.sub(r"^([ \t]*)[!%?]", r"\1#", text, flags=re.MULTILINE))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    offsets = _Places(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _prints(node.func):
            for argument in node.args:
                for name, part in _secrets(argument, known):
                    yield Printed(name, *offsets.span(part))


def _lines(text: str, places: Sequence[int]) -> Iterator[str]:
    """The lines on which these places are, which are in order."""
    end = -1
    for place in places:
        if place > end:
            start, end = text.rfind("\n", end + 1, place) + 1 or end + 1, text.find("\n", place)
            end = len(text) if end < 0 else end
            yield text[start:end]


def _may_print(line: str, known: Container[str]) -> bool:
    """Whether a secret's name stands on a line, and it prints."""
    if not _PRINTS.search(line) and "%env" not in line:
        return False
    return any(name in known or _is_secret(name) for name in _NAMES.findall(line))


def _prints(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _FUNCTIONS
    return (
        isinstance(function, ast.Attribute) and function.attr in _LOGS
        and isinstance(function.value, ast.Name) and function.value.id in _LOGGERS
    )  # fmt: skip


def _secrets(node: ast.expr, known: Container[str], depth: int = 0) -> Iterator[tuple[str, ast.expr]]:
    """The secret variables that an expression shows as they are."""
    if depth > DEEPEST:
        return
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _secrets(part.value, known, depth + 1)
    elif isinstance(node, ast.BinOp):
        yield from _secrets(node.left, known, depth + 1)
        yield from _secrets(node.right, known, depth + 1)
    elif isinstance(node, ast.Tuple | ast.List):
        for item in node.elts:
            yield from _secrets(item, known, depth + 1)
    elif (name := _name(node)) and (_is_secret(name) or (isinstance(node, ast.Name) and name in known)):
        yield name, node


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        is_environ = (
            function == "get" and isinstance(node.func, ast.Attribute) and "environ" in ast.dump(node.func.value)
        )
        return str(node.args[0].value) if function in _READERS or is_environ else ""
    return ""


def _is_secret(name: str) -> bool:
    """Names that leave no doubt: `token` alone is a piece of a word in half of all notebooks."""
    kind = promise(name)
    if name in {"PWD", "OLDPWD"}:  # the folder
        return False
    if kind in (Promise.PASSWORD, Promise.SECRET):
        return name.lower().strip("_") not in {"pass", "secrets", "credentials", "creds", "cred", "credential"}
    words = words_of(name)
    return (
        kind is Promise.TOKEN
        and len(words) > 1
        and words[-1] in _ENDS
        and (words[-1] != "key" or promise("_".join(words[-2:])) is Promise.TOKEN)
    )


class _Places:
    """Offsets of nodes: `ast` counts columns in bytes of UTF-8."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def span(self, node: ast.expr) -> tuple[int, int]:
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset),
        )

    def _offset(self, line: int, column: int) -> int:
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode("utf-8", "replace")[:column].decode("utf-8", "replace"))
        return self._starts[line - 1] + column


def variables(found: Iterable[tuple[Segment, int]], cells: Sequence[Segment]) -> frozenset[str]:
    """The variables that are given one of these secrets, and nothing else, by a program."""
    texts = [cell.text for cell in cells]
    names = {
        given["name"] for segment, start in found
        if segment.part is Part.CODE and (given := _GIVEN.search(segment.text, max(start - 120, 0), start))
    }  # fmt: skip
    return frozenset(
        name for name in names
        if sum(len(re.findall(rf"^[ \t]*{name}[ \t]*[:=]", text, re.MULTILINE)) for text in texts) == 1
    )  # fmt: skip


_GIVEN: Final = re.compile(
    r"""^[ \t]*(?P<name>[A-Za-z_]\w{2,60})[ \t]*(?::[ \t]*\w+[ \t]*)?=[ \t]*[rRbBuU]?(?:\"\"\"|'''|["'])\Z""",
    re.MULTILINE,
)


def in_cells(
    named: Iterable[tuple[Segment, Sequence[int]]], cells: Sequence[Segment], known: frozenset[str]
) -> Iterator[tuple[Segment, Printed]]:
    """What Python cells print that have telling names (beside them, where those stand) or one that is `known`."""
    places = {id(segment): list(hits) for segment, hits in named}
    word = re.compile(rf"\b(?:{'|'.join(sorted(known))})\b") if known else None
    for segment in cells:
        if segment.language == "python":
            hits = places.get(id(segment), [])
            if word:
                hits = sorted({*hits, *(match.start() for match in word.finditer(segment.text))})
            for found in printed(segment, hits, known) if hits else ():
                yield segment, found
