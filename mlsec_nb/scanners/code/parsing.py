"""Python text → statements, as far as it can be read: what cannot be parsed is cut out and told."""

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from .transform import blank, margin

MAX_CUTS = 12
MAX_DEPTH = 180  # of brackets; CPython refuses 200
_PRINT = re.compile(
    r"^([ \t]*(?:[^\n#'\"]*?:[ \t]+)?)print[ \t](?![ \t]*[=(.,\[)])(?:>>)?[ \t]*([^\n]*?)[ \t]*$", re.MULTILINE
)
_COMMENT = re.compile(r"((?:[^#'\"]|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")*)#")
_EXEC = re.compile(r"^([ \t]*)exec[ \t](?![ \t]*[=(.,\[)])([^\n]*?)[ \t]*$", re.MULTILINE)
_EXCEPT = re.compile(
    r"^([ \t]*except[ \t]+[\w.]+|[ \t]*except[ \t]*\([^()\n]*\))([ \t]*,[ \t]*\w+)([ \t]*:)", re.MULTILINE
)
_RAISE = re.compile(r"^([ \t]*raise[ \t]+[\w.]+[ \t]*),", re.MULTILINE)
_OCTAL = re.compile(r"(?<![\w.])0(?=[0-7]+\b)")
_SHELL_WORDS = re.compile(
    r"^(?:pip3?|conda|mamba|uv|ls|ll|cd|cat|cp|mv|mkdir|rm|rmdir|pwd|man|less|more|clear|history|matplotlib|env|git|"
    r"wget|curl|apt|apt-get|sudo|python3?|chmod|sh|bash|npm|kaggle|gsutil|aws|docker)[ \t]+[\w./~$-]",
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A run of a cell that is not Python, and whether it stands for the whole cell."""

    start: int
    end: int
    reason: str
    code: str = "malformed"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read, and what could not."""

    body: tuple[ast.stmt, ...]
    broken: tuple[Broken, ...] = ()
    text: str = ""  # what was parsed: without margin and broken runs
    saved: tuple[ast.stmt, ...] = ()  # known calls in what could not be read


def parse(python: str) -> Parsed:
    """The statements of a cell; never raises. Blocks that do not parse are cut out, up to a number of them."""
    broken: list[Broken] = []
    text = python
    try:
        if (body := _try(python)) is not None:
            return Parsed(tuple(body), text=_outdented(python))
        older = python2(python)
        if (body := _try(older)) is not None:
            return Parsed(tuple(body), text=_outdented(older))
        text = older
        for _ in range(MAX_CUTS):
            try:
                body = _parse(text)
            except SyntaxError as error:
                start, end = _block(text, error.lineno or 1)
                reason = (error.msg or "invalid syntax").partition("(")[0].strip()
            else:
                return Parsed(tuple(body), tuple(sorted(broken, key=lambda cut: cut.start)), _outdented(text))
            if not text[start:end].strip():
                break
            broken.append(Broken(_same_line(text, python, start), _same_line(text, python, end), reason))
            text = text[:start] + blank(text[start:end]) + text[end:]
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return Parsed((), (Broken(0, len(python), "nested too deep or too large for the Python parser", "too-big"),))
    return Parsed((), (Broken(0, len(python), "not Python that can be read"),))


def _same_line(text: str, python: str, offset: int) -> int:
    """The offset in `python` of a line's beginning in `text`, which may have longer lines."""
    if offset >= len(text):
        return len(python)
    start = 0
    for _ in range(text.count("\n", 0, offset)):
        start = python.index("\n", start) + 1
    return start


def _try(text: str) -> list[ast.stmt] | None:
    try:
        return _parse(text)
    except SyntaxError:
        return None


def _outdented(text: str) -> str:
    width = margin(text)
    return "\n".join(line[width:] for line in text.split("\n")) if width else text


def _parse(text: str) -> list[ast.stmt]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(_outdented(text)).body


def _block(text: str, line: int) -> tuple[int, int]:
    """The top-level block around a line: from the last line without indent to the next."""
    lines, width = text.split("\n"), margin(text)
    first = min(line, len(lines)) - 1
    while first > 0 and _continues(lines[first][width:]):
        first -= 1
    last = first + 1
    while last < len(lines) and (last < line or _continues(lines[last][width:])):
        last += 1
    start = sum(len(item) + 1 for item in lines[:first])
    return start, min(start + sum(len(item) + 1 for item in lines[first:last]), len(text))


def _continues(line: str) -> bool:
    return not line.strip() or line[0] in " \t)]}"


def python2(text: str) -> str:
    """Python 2's statements in Python 3's words; only characters behind the last one of a line are added."""
    text = _PRINT.sub(_called("print"), text)
    text = _EXEC.sub(_called("exec"), text)
    text = _EXCEPT.sub(lambda match: match[1] + " " * len(match[2]) + match[3], text)
    text = _RAISE.sub(lambda match: match[1] + ";", text)
    text = text.replace("<>", "!=")
    return _OCTAL.sub(" ", text)


def _called(name: str) -> Callable[[re.Match[str]], str]:
    def put(match: re.Match[str]) -> str:
        at = match.start(2) - match.start(1) - len(match[1]) - len(name) - 1
        argument = match[2]
        if (comment := _COMMENT.match(argument)) is not None:
            argument = comment[1]
        return f"{match[1]}{name}({' ' * at}{argument})"

    return put


def is_automagic(line: str) -> bool:
    """True for a line that IPython runs as a magic although no `%` stands before it."""
    return bool(_SHELL_WORDS.match(line))
