"""The strings that a notebook's Python puts together, from cell to cell, as lines of `name = "value"`."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

from mlsec_nb.core import Part, Segment

from .folding import Folder, Value
from .rewriting import Piece, assemble

# Without one of these nothing is put together.
_WORK: Final = re.compile(
    r"""["'][ \t]*\+|\+[ \t]*[rbfRBF]?["']|\.join\(|\[::-1\]|unhexlify|fromhex|decode|decompress|\b(?:bytes|bytearray)\(\[|\bchr\b
    |\.format\(|["'][ \t]*%[ \t]*[("'\w]|\bf["'][^"'\n]{0,200}\{|\+=|\.replace\(|\w[ \t]*\+[ \t]*[A-Za-z_]|reversed\(|unquote""",
    re.VERBOSE,
)
_MAGIC: Final = re.compile(r"^([ \t]*)[!%?]", re.MULTILINE)
FOLDED: Final = "folded"  # language of the view
LARGEST: Final = 200_000  # characters of all cells that are parsed


class Program:
    """The code cells of a document in order; what earlier cells say of names is read when a later one needs it."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._cells = [segment for segment in segments if segment.part is Part.CODE and segment.language == "python"]

    def folded(self, segment: Segment) -> Segment | None:
        """What a cell puts together; None when that is nothing."""
        if segment.language != "python" or len(segment.text) > LARGEST or not _WORK.search(segment.text):
            return None
        tree = _parsed(segment.text)
        if tree is None:
            return None
        folder = Folder(self._before(segment, tree))
        reader = _Statements(segment.text, folder)
        pieces = [piece for statement in _statements(tree) for piece in reader.read(statement)]
        return assemble(segment, sorted(pieces, key=lambda piece: piece[1]), FOLDED) if pieces else None

    def _before(self, segment: Segment, tree: ast.Module) -> dict[str, Value]:
        wanted = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        folder = Folder({})
        known: dict[str, Value] = {}
        size = 0
        for cell in self._cells:
            if cell is segment or size > LARGEST:
                break
            if (
                not any(name in cell.text for name in wanted)
                or "=" not in cell.text
                or not re.search("[\"']", cell.text)
            ):
                continue
            size += len(cell.text)
            earlier = _parsed(cell.text)
            for statement in _statements(earlier) if earlier else ():
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                    value = folder.fold(statement.value)
                    if isinstance(value, str | bytes | list):
                        known[statement.targets[0].id] = value
                        folder.set(statement.targets[0].id, value)
        return known


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
            yield from _statements(child)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from _statements(child)


class _Statements:
    """Reads one statement after the other and says what its expressions come to."""

    def __init__(self, text: str, folder: Folder) -> None:
        self._lines = [0]
        self._bytes = text.encode("utf-8", "replace").split(b"\n") if not text.isascii() else None
        for line in text.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._folder = folder

    def read(self, statement: ast.stmt) -> Iterator[Piece]:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) and statement.value is not None:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            whole: ast.expr = statement.value
            if isinstance(statement, ast.AugAssign):
                whole = ast.BinOp(ast.Name(_name(target), ast.Load()), statement.op, statement.value)
            value = self._folder.fold(whole)
            if isinstance(target, ast.Name):
                self._folder.set(target.id, value)
            yield from self._say(_name(target), statement.value, value, added=whole is not statement.value)
        for node in ast.walk(statement):
            if isinstance(node, ast.stmt) and node is not statement:
                continue
            if isinstance(node, ast.Call):
                for word in node.keywords:
                    yield from self._say(word.arg or "", word.value, self._folder.fold(word.value))
                for argument in node.args:
                    yield from self._say(_name(node.func), argument, self._folder.fold(argument))
            elif isinstance(node, ast.Dict):
                for key, item in zip(node.keys, node.values, strict=True):
                    name = self._folder.fold(key)
                    yield from self._say(name if isinstance(name, str) else "", item, self._folder.fold(item))

    def _say(self, name: str, node: ast.expr, value: Value, *, added: bool = False) -> Iterator[Piece]:
        if (isinstance(node, ast.Constant | ast.Name) and not added) or value is None:
            return
        text = _text(value)
        if len(text) < 6 or "\0" in text:
            return
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        quote = next((mark for mark in "\"'`" if mark not in text), "\n")
        yield f"\n{name} = {quote}", start
        yield text[:-1], start
        yield text[-1], max(end - 1, start)
        yield f"{quote}\n", end

    def _offset(self, line: int, column: int) -> int:
        if self._bytes is not None:
            column = len(self._bytes[line - 1][:column].decode("utf-8", "replace"))
        return self._lines[line - 1] + column


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
