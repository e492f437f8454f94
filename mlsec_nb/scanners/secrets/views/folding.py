"""What a Python expression of constants comes to: read from the syntax tree, never run.

Only text and bytes are followed, only through the few functions that people split and hide keys with, and only
to a bounded size.
"""

import ast
import base64
import binascii
import codecs
import html
import re
import urllib.parse
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

LARGEST: Final = 1 << 16  # characters of a value
DEEPEST: Final = 150  # expressions inside expressions
STEPS: Final = 20_000  # nodes of one cell

_WIDE: Final = re.compile(r"%[^a-z%]*\d{3}|\{[^}]*:[^}]*\d{3}|\*")
Value = str | bytes | int | list[Any] | None


class Folder:
    """Folds expressions under what is known of names; anything else comes to None."""

    def __init__(self, elsewhere: Callable[[str], Value]) -> None:
        self._elsewhere = elsewhere
        self._names: dict[str, Value | ast.expr] = {}
        self._left = STEPS
        self._depth = 0

    def later(self, name: str, node: ast.expr) -> None:
        """A name stands for an expression, folded when it is asked for."""
        self._names[name] = node

    def fold(self, node: ast.AST | None) -> Value:
        self._left -= 1
        if node is None or self._left < 0 or self._depth > DEEPEST:
            return None
        maker = _NODES.get(type(node))
        self._depth += 1
        value = maker(self, node) if maker else None
        self._depth -= 1
        return None if isinstance(value, str | bytes | list) and len(value) > LARGEST else value

    def name(self, node: ast.Name) -> Value:
        if node.id not in self._names:
            self._names[node.id] = self._elsewhere(node.id)
        value = self._names[node.id]
        if isinstance(value, ast.expr):
            self._names[node.id] = None  # a name that needs itself comes to nothing
            value = self._names[node.id] = self.fold(value)
        return value

    def items(self, node: ast.List | ast.Tuple) -> Value:
        values = [self.fold(item) for item in node.elts]
        return None if None in values else values

    def template(self, node: ast.JoinedStr) -> Value:
        parts = []
        for part in node.values:
            value = self.fold(part.value) if isinstance(part, ast.FormattedValue) else self.fold(part)
            if not isinstance(value, str | int):
                return None
            parts.append(str(value))
            if sum(map(len, parts)) > LARGEST:
                return None
        return "".join(parts)

    def operation(self, node: ast.BinOp) -> Value:
        left, right = self.fold(node.left), self.fold(node.right)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Add) and type(left) is type(right):
            return _attempt(lambda: left + right)  # type: ignore[operator]
        if isinstance(left, int) and isinstance(right, int):
            return _arithmetic(node.op, left, right)
        if isinstance(node.op, ast.Mod) and isinstance(left, str) and not _WIDE.search(left):
            return _attempt(lambda: left % (tuple(right) if isinstance(right, list) else right))
        return None

    def element(self, node: ast.Subscript) -> Value:
        whole = self.fold(node.value)
        if not isinstance(whole, str | bytes | list):
            return None
        if isinstance(node.slice, ast.Slice):
            bounds = [self._number(part) for part in (node.slice.lower, node.slice.upper, node.slice.step)]
            return _attempt(lambda: whole[slice(*bounds)])
        index = self.fold(node.slice)
        return _attempt(lambda: whole[index]) if isinstance(index, int) else None

    def _number(self, node: ast.expr | None) -> int | None:
        value = self.fold(node)
        return value if isinstance(value, int) else None

    def minus(self, node: ast.UnaryOp) -> Value:
        value = self.fold(node.operand)
        return -value if isinstance(node.op, ast.USub) and isinstance(value, int) else None

    def comprehension(self, node: ast.GeneratorExp | ast.ListComp) -> Value:
        (first, *more) = node.generators
        source = self.fold(first.iter)
        if more or first.ifs or not isinstance(first.target, ast.Name) or not isinstance(source, str | bytes | list):
            return None
        kept = self.name(first.target)
        values = []
        for item in source:
            self._names[first.target.id] = item
            values.append(self.fold(node.elt))
        self._names[first.target.id] = kept
        return None if None in values else values

    def call(self, node: ast.Call) -> Value:
        arguments = [self.fold(argument) for argument in node.args]
        if isinstance(node.func, ast.Attribute):
            return self._method(node.func, node, arguments)
        if isinstance(node.func, ast.Name):
            if node.func.id == "map" and len(node.args) == 2 and isinstance(node.args[0], ast.Name):
                items = arguments[1]
                function = _FUNCTIONS.get(node.args[0].id)
                if not function or not isinstance(items, list | bytes | str):
                    return None
                values = [_attempt(lambda item=item: function(item)) for item in items]  # type: ignore[misc]
                return None if None in values else values
            function = _FUNCTIONS.get(node.func.id)
            return _attempt(lambda: function(*arguments)) if function and None not in arguments else None
        return None

    def _method(self, attribute: ast.Attribute, node: ast.Call, arguments: list[Value]) -> Value:
        if None in arguments:
            return None
        name = attribute.attr
        if name in _FUNCTIONS and not isinstance(attribute.value, ast.Constant):
            value = _attempt(lambda: _FUNCTIONS[name](*arguments))
            if value is not None:
                return value
        whole = self.fold(attribute.value)
        if name not in _METHODS or not isinstance(whole, str | bytes):
            return None
        if not _is_bounded(name, whole, arguments):
            return None
        keywords = {word.arg: self.fold(word.value) for word in node.keywords if word.arg} if name == "format" else {}
        return _attempt(lambda: getattr(whole, name)(*arguments, **keywords))


def _is_bounded(name: str, whole: str | bytes, arguments: list[Value]) -> bool:
    """Whether what a method gives cannot be much larger than what it is given."""
    sizes = [len(item) for item in arguments if isinstance(item, str | bytes | list)]
    if name == "format":
        return isinstance(whole, str) and not _WIDE.search(whole)
    return name not in {"replace", "join"} or (len(whole) + 1) * (max(sizes, default=0) + 1) < 1 << 22


def _arithmetic(operator: ast.operator, left: int, right: int) -> Value:
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.BitXor):
        return left ^ right
    return left % right if isinstance(operator, ast.Mod) and right else None


def _attempt(work: Callable[[], Any]) -> Value:
    try:
        value = work()
    except (
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        OSError,
        EOFError,
        AttributeError,
        MemoryError,
        zlib.error,
    ):
        return None
    folded: Value = list(value) if isinstance(value, tuple) else value
    return folded


def _unzipped(data: bytes) -> bytes:
    return zlib.decompressobj(wbits=47).decompress(data, LARGEST)


def _bytes(items: Any = b"", *_: object) -> bytes:
    if isinstance(items, str):
        return items.encode()
    return bytes(items) if isinstance(items, list | bytes) else b""


def _decoded(value: str | bytes, encoding: str = "utf-8", *_: object) -> Any:
    """`codecs.decode` and the method `decode` of what is known to be harmless."""
    plain = str(encoding).lower().replace("_", "").replace("-", "")
    if plain in {"rot13", "hex", "hexcodec", "base64", "base64codec"}:
        kind = {"hexcodec": "hex", "base64codec": "base64"}.get(plain, plain)
        return codecs.decode(value if kind == "rot13" or isinstance(value, bytes) else value.encode(), kind)  # type: ignore[arg-type]
    return value.decode("utf-8") if isinstance(value, bytes) else None


_METHODS: Final = frozenset(
    ["join", "replace", "strip", "lstrip", "rstrip", "lower", "upper", "swapcase", "encode", "decode", "format",
     "removeprefix", "removesuffix", "hex", "split"]
)  # fmt: skip
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "b64decode": base64.b64decode, "standard_b64decode": base64.b64decode, "decodebytes": base64.b64decode,
    "urlsafe_b64decode": base64.urlsafe_b64decode, "b32decode": base64.b32decode, "b16decode": base64.b16decode,
    "b85decode": base64.b85decode, "a85decode": base64.a85decode, "unhexlify": binascii.unhexlify,
    "a2b_hex": binascii.unhexlify, "a2b_base64": binascii.a2b_base64, "fromhex": bytes.fromhex,
    "unquote": urllib.parse.unquote, "unquote_plus": urllib.parse.unquote_plus, "unescape": html.unescape,
    "decode": _decoded, "decompress": _unzipped, "bytes": _bytes, "bytearray": _bytes, "chr": chr, "ord": ord,
    "int": lambda value, base=10: int(value, base) if isinstance(value, str) else value,
    "reversed": lambda value: value[::-1], "list": list, "tuple": list,
    "rot13": lambda value: codecs.decode(value, "rot13"),
    "str": lambda value="", *_: value.decode() if isinstance(value, bytes) else str(value),
}  # fmt: skip
_NODES: Final[Mapping[type, Callable[[Folder, Any], Value]]] = {
    ast.Constant: lambda _, node: node.value if isinstance(node.value, str | bytes | int) else None,
    ast.Name: Folder.name, ast.List: Folder.items, ast.Tuple: Folder.items, ast.JoinedStr: Folder.template,
    ast.BinOp: Folder.operation, ast.Subscript: Folder.element, ast.UnaryOp: Folder.minus, ast.Call: Folder.call,
    ast.GeneratorExp: Folder.comprehension, ast.ListComp: Folder.comprehension,
}  # fmt: skip
