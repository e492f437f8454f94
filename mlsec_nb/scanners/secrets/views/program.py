"""The strings that a notebook's Python puts together, from cell to cell, as lines of `name = "value"`."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

from mlsec_nb.core import Part, Segment
from mlsec_nb.scanners.secrets.judges.names import Promise, promise

from .folding import Folder, Value
from .rewriting import Piece, assemble

# Without one of these nothing is put together.
_WORK: Final = re.compile(
    r"""["'][ \t]*\+|\+[ \t]*[rbfRBF]?["']|\.join\(|\[::-1\]|unhexlify|fromhex|decode|decompress|\bchr\b
    |\b(?:bytes|bytearray)\(\[|\.format\(|["'][ \t]*%[ \t]*[("'\w]|\bf["'][^"'\n]{0,200}\{|\+=|\.replace\(
    |\w[ \t]*\+[ \t]*[A-Za-z_]|reversed\(|unquote|\bstr\([bB]["']""",
    re.VERBOSE,
)
# What hides a text for its own sake.
_HIDDEN: Final = re.compile(
    r"(?:b85|a85|b32)decode\(|(?:b64decode|b16decode|unhexlify|fromhex|decompress)\(\s*[bB]?[\"']"
    r"|rot_?13|[\"']\s?\[::-1\]|\bmap\(chr\b|\bchr\(\w+\s*[)^-]|\bbytes\(\["
)
_SIGNS: Final = (
    "decode(",
    "hexlify(",
    "fromhex(",
    "decompress(",
    "rot13",
    "rot_13",
    "chr(",
    "(chr",
    "bytes([",
    "[::-1]",
)
_GIVEN: Final = re.compile(
    r"""(?P<name>[\w.\-]{0,60})["'\]]{0,2}[ \t]*(?::[ \t]?[\w.\[\]]{1,40}[ \t]*)?(?:\+?=(?!=)|:)"""
)
_MAGIC: Final = re.compile(r"^([ \t]*)[!%?]", re.MULTILINE)
LARGEST: Final = 200_000  # characters of a cell, and of all cells that are parsed to know a name
FOLDED: Final = "folded"  # language of the view


class Program:
    """The Python cells of a document in order; what earlier cells say of a name is read when a later one needs it."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._cells = [segment for segment in segments if segment.part is Part.CODE and segment.language == "python"]
        self._trees: dict[int, ast.Module | None] = {}
        self._left = LARGEST

    def folded(self, segment: Segment, names: Sequence[int], known: Sequence[int]) -> Segment | None:
        """What a cell puts together; None when that is nothing.

        `names` are the places of telling names, `known` those where known tokens begin.
        """
        text = segment.text
        if segment.language != "python" or len(text) > LARGEST:
            return None
        hidden = any(sign in text for sign in _SIGNS) and _HIDDEN.search(text) is not None
        everything = hidden or (any(_is_quoted(text, place) for place in known) and _WORK.search(text) is not None)
        made = [] if everything else [place for place in names if _is_made(text, place)]
        if not everything and not made:
            return None
        tree = _parsed(text)
        if tree is None:
            return None
        lines = {text.count("\n", 0, place) + 1 for place in made}
        reader = _Statements(text, Folder(lambda name: self._earlier(segment, name)), None if everything else lines)
        pieces = [piece for statement in _statements(tree) for piece in reader.read(statement)]
        return assemble(segment, sorted(pieces, key=lambda piece: piece[1]), FOLDED) if pieces else None

    def _earlier(self, segment: Segment, name: str) -> Value:
        """What an earlier cell says of a name, as far as it is a constant."""
        given = re.compile(rf"^{re.escape(name)}[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
        index = next((number for number, cell in enumerate(self._cells) if cell is segment), 0)
        for number in range(index - 1, -1, -1):
            if name in self._cells[number].text and given.search(self._cells[number].text):
                tree = self._tree(number)
                values = [
                    statement.value for statement in (tree.body if tree else ())
                    if isinstance(statement, ast.Assign) and _name(statement.targets[0]) == name
                ]  # fmt: skip
                return Folder(lambda _: None).fold(values[-1]) if values else None
        return None

    def _tree(self, number: int) -> ast.Module | None:
        if number not in self._trees:
            text = self._cells[number].text
            self._left -= len(text)
            self._trees[number] = _parsed(text) if self._left > 0 else None
        return self._trees[number]


def _is_quoted(text: str, place: int) -> bool:
    """Whether a literal may have begun on the line, before a place."""
    line = text.rfind("\n", 0, place) + 1
    return text.find('"', line, place) >= 0 or text.find("'", line, place) >= 0


def _is_made(text: str, place: int) -> bool:
    """Whether something is put together for the name that stands at a place, on its line or those that belong to it."""
    given = _GIVEN.match(text, place)
    if given is None:
        return False
    begin, first = place, max(place - 60, 0)
    while begin > first and (text[begin - 1].isalnum() or text[begin - 1] in "_.-"):
        begin -= 1
    name = text[begin : given.end("name")]
    if promise(name) is Promise.NOTHING or name.lower().rpartition(".")[2] in ("key", "keys"):
        return False
    line, _, below = text[given.end() : given.end() + 240].partition("\n")
    open_ended = not line.strip() or line.rstrip().endswith(("(", "[", "\\", "+", ",", '"', "'"))
    return _WORK.search(f"{line}\n{below}" if open_ended else line) is not None


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(_MAGIC.sub(r"\1#", text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """Statements in order, those inside others behind them."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.stmt):
            yield child
            if not isinstance(child, ast.Assign | ast.Expr | ast.AugAssign | ast.AnnAssign | ast.Return):
                yield from _statements(child)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from _statements(child)


class _Statements:
    """Reads one statement after the other and says what its telling expressions come to."""

    def __init__(self, text: str, folder: Folder, wanted: set[int] | None) -> None:
        self._lines = [0]
        self._bytes = text.encode("utf-8", "replace").split(b"\n") if not text.isascii() else None
        for line in text.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._folder = folder
        self._wanted = wanted  # lines where something is made; None: anywhere

    def read(self, statement: ast.stmt) -> Iterator[Piece]:
        yield from self._given(statement)
        last = statement.end_lineno or statement.lineno
        if self._wanted is not None and not any(statement.lineno <= line <= last for line in self._wanted):
            return
        for node in ast.walk(statement) if isinstance(statement, _SIMPLE) else ():
            if isinstance(node, ast.Call):
                for word in node.keywords:
                    yield from self._say(word.arg or "", word.value)
                for argument in node.args:
                    yield from self._say(_name(node.func), argument)
            elif isinstance(node, ast.Dict):
                for key, item in zip(node.keys, node.values, strict=True):
                    yield from self._say(str(key.value) if isinstance(key, ast.Constant) else "", item)

    def _given(self, statement: ast.stmt) -> Iterator[Piece]:
        if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) or statement.value is None:
            return
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        value: ast.expr = statement.value
        if isinstance(statement, ast.AugAssign):
            value = ast.BinOp(ast.Name(_name(target), ast.Load()), statement.op, statement.value)
            before = self._folder.fold(value.left)
            value.left = ast.Constant(before if isinstance(before, str | bytes) else None)
        yield from self._say(_name(target), value, shown=statement.value)
        if isinstance(target, ast.Name):
            self._folder.later(target.id, value)

    def _say(self, name: str, node: ast.expr, shown: ast.expr | None = None) -> Iterator[Piece]:
        if isinstance(node, ast.Constant | ast.Name) or not (
            self._wanted is None or promise(name) is not Promise.NOTHING
        ):
            return
        text = _text(self._folder.fold(node))
        if len(text) < 6 or "\0" in text:
            return
        shown = shown or node
        start = self._offset(shown.lineno, shown.col_offset)
        end = self._offset(shown.end_lineno or shown.lineno, shown.end_col_offset or shown.col_offset)
        quote = next((mark for mark in "\"'`" if mark not in text), "\n")
        yield f"\n{name} = {quote}", start
        yield text[:-1], start
        yield text[-1], max(end - 1, start)
        yield f"{quote}\n", end

    def _offset(self, line: int, column: int) -> int:
        if self._bytes is not None:
            column = len(self._bytes[line - 1][:column].decode("utf-8", "replace"))
        return self._lines[line - 1] + column


_SIMPLE: Final = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return, ast.With)


def _name(node: ast.expr) -> str:
    """What a target or a function is called: its last name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return ""


def _text(value: Value) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return ""
    return value if isinstance(value, str) else ""
