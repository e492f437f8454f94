"""HCL → trees with places, its expressions resolved as far as literals, variables and locals go.

Grammar: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md, read by tree-sitter. It reads on behind a syntax
error, and what follows may then be misread: `Source.broken` says so.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Final

from mlsec_nb.core import CannotScan
from mlsec_nb.scanners.tree import HOLE, UNKNOWN, Node, Value

from .functions import called, computed, within

MAX_TEXT: Final = 8 << 20  # bytes
MAX_DEPTH: Final = 60
MAX_VALUES: Final = 500_000  # of one file
MAX_REPEATS: Final = 100  # copies that one `for_each` makes
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


@cache
def _parser() -> Any:
    try:
        import tree_sitter
        import tree_sitter_hcl
    except ImportError as error:
        raise CannotScan(f"Terraform was not read: {error}", "tool-missing") from error
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


@dataclass
class Source:
    """A text with its tree; offsets are characters, the parser's are bytes."""

    text: str
    name: str = ""

    @cached_property
    def data(self) -> bytes:
        return self.text.encode("utf-8", "replace")

    @cached_property
    def root(self) -> Any:
        if len(self.data) > MAX_TEXT:
            raise CannotScan(f"has more than {MAX_TEXT >> 20} MB", "too-big")
        return _parser().parse(self.data).root_node

    @property
    def body(self) -> Any:
        return next((child for child in self.root.named_children if child.type == "body"), None)

    @cached_property
    def broken(self) -> int | None:
        """The line of the first syntax error, or None."""
        if not self.root.has_error:
            return None
        waiting, first = [self.root], 1 << 30
        while waiting:
            node = waiting.pop()
            if node.type == "ERROR" or node.is_missing:
                first = min(first, node.start_point[0] + 1)
            waiting += [child for child in node.children if child.has_error or child.is_missing]
        return first

    @cached_property
    def _wide(self) -> tuple[list[int], list[int]]:
        """Where characters of more than one byte end, and how many bytes too many there are by then."""
        ends, extras, at, extra = [], [], 0, 0
        for char in self.text:
            size = len(char.encode("utf-8", "replace"))
            at += size
            if size > 1:
                extra += size - 1
                ends.append(at)
                extras.append(extra)
        return ends, extras

    def at(self, offset: int) -> int:
        if len(self.data) == len(self.text):
            return offset
        ends, extras = self._wide
        index = bisect_right(ends, offset)
        return offset - (extras[index - 1] if index else 0)

    def span(self, node: Any) -> tuple[int, int]:
        return self.at(node.start_byte), self.at(node.end_byte)

    def words(self, node: Any) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")


@dataclass(frozen=True)
class Block:
    """One block: its type, its labels, its body, and where its head stands."""

    type: str
    labels: tuple[str, ...]
    body: Any
    head: tuple[int, int]
    source: Source


def blocks(source: Source, body: Any) -> Iterator[Block]:
    """The blocks that stand directly in a body."""
    for child in body.named_children if body is not None else ():
        if child.type != "block":
            continue
        names = [item for item in child.named_children if item.type in {"identifier", "string_lit"}]
        if not names:
            continue
        inner = next((item for item in child.named_children if item.type == "body"), None)
        head = source.at(child.start_byte), source.at(names[-1].end_byte)
        labels = tuple(source.words(name).strip('"') for name in names[1:])
        yield Block(source.words(names[0]), labels, inner, head, source)


def attributes(source: Source, body: Any) -> Iterator[tuple[str, Any, Any]]:
    """The attributes of a body: name, the node of the name, the node of the expression."""
    for child in body.named_children if body is not None else ():
        parts = child.named_children
        if child.type == "attribute" and len(parts) > 1:
            yield source.words(parts[0]), parts[0], parts[1]


@dataclass(slots=True)
class Budget:
    """How many values may still be made: names that stand for names can multiply without end."""

    left: int = MAX_VALUES

    def spent(self) -> bool:
        self.left -= 1
        return self.left < 0


@dataclass(frozen=True)
class Scope:
    """What names stand for. `variables` are values, `locals` expressions that are looked at when they are asked for."""

    variables: Mapping[str, Node] = field(default_factory=dict)
    locals: Mapping[str, tuple[Source, Any]] = field(default_factory=dict)
    names: Mapping[str, Node] = field(default_factory=dict)  # each, count, iterators
    asked: frozenset[str] = frozenset()
    budget: Budget = field(default_factory=Budget)
    outputs: Callable[[str, int], Node | None] = lambda name, depth: None  # noqa: ARG005 - of a module, by its name


def moved(node: Node, start: int, end: int, budget: Budget, depth: int = 0) -> Node:
    """A value that stands somewhere else, shown where it is asked for."""
    value: Value = node.value
    if depth > MAX_DEPTH or budget.spent():
        value = UNKNOWN
    elif isinstance(value, dict):
        value = {key: moved(item, start, end, budget, depth + 1) for key, item in value.items()}
    elif isinstance(value, list):
        value = [moved(item, start, end, budget, depth + 1) for item in value]
    return Node(start, end, value)


@dataclass(frozen=True)
class Reader:
    """Expressions and bodies of one text → values."""

    source: Source
    scope: Scope = field(default_factory=Scope)

    def body(self, body: Any, depth: int = 0) -> Node:
        """A body as a mapping; blocks of one type are a list."""
        start, end = self.source.span(body) if body is not None else (0, 0)
        entries: dict[str, Node] = {}
        keys: dict[str, tuple[int, int]] = {}
        for name, key, expression in attributes(self.source, body):
            entries[name] = self.value(expression)
            keys[name] = self.source.span(key)
        if depth < MAX_DEPTH:
            for block in blocks(self.source, body):
                for name, node in self._block(block, depth + 1):
                    listed = entries.get(name)
                    if listed is None or not isinstance(listed.value, list):
                        listed = entries[name] = Node(*block.head, [])
                    listed.value.append(node)  # type: ignore[union-attr]  # a list since the line before
                    keys.setdefault(name, block.head)
        return Node(start, end, entries, keys)

    def _block(self, block: Block, depth: int) -> Iterator[tuple[str, Node]]:
        if block.type != "dynamic" or not block.labels:
            yield block.type, _placed(self.body(block.body, depth), block)
            return
        given = {name: expression for name, _, expression in attributes(self.source, block.body)}
        content = next((inner for inner in blocks(self.source, block.body) if inner.type == "content"), None)
        if content is None:
            return
        each = self.value(given["for_each"]) if "for_each" in given else Node(0, 0, UNKNOWN)
        iterator = self.source.words(given["iterator"]) if "iterator" in given else block.labels[0]
        for key, value in repeats(each):
            name = Node(0, 0, {"key": key, "value": value})
            reader = replace(self, scope=replace(self.scope, names={**self.scope.names, iterator: name}))
            yield block.labels[0], _placed(reader.body(content.body, depth), content)

    def value(self, node: Any, depth: int = 0) -> Node:
        """The value of an expression; unknown wherever something in it is."""
        start, end = self.source.span(node)
        if depth > MAX_DEPTH or self.scope.budget.spent():
            return Node(start, end, UNKNOWN)
        kinds: Mapping[str, Callable[[Any, int], Value]] = {
            "literal_value": self._literal, "template_expr": self._template, "collection_value": self._collection,
            "function_call": self._call, "conditional": self._conditional, "operation": self._operation,
        }  # fmt: skip
        parts = [child for child in node.named_children if child.type != "comment"]
        if node.type == "expression" and parts and parts[0].type == "variable_expr":
            return self._reference(parts, depth)
        if node.type == "expression" and len(parts) == 1:
            found = self.value(parts[0], depth + 1)
            return Node(start, end, found.value, found.keys, raw=found.raw)
        if node.type == "expression" and parts:
            inner = within(self.value(parts[0], depth + 1), self._path(parts[1:], depth))
            return Node(start, end, UNKNOWN if inner is None else inner.value, raw=self.source.words(node))
        make = kinds.get(node.type)
        value = make(node, depth + 1) if make else UNKNOWN
        return Node(start, end, value, raw=self.source.words(node) if isinstance(value, str) or make is None else "")

    def _literal(self, node: Any, depth: int) -> Value:
        del depth
        part = node.named_children[0]
        words = self.source.words(part)
        if part.type == "numeric_lit":
            return _number(words)
        if part.type in {"bool_lit", "null_lit"}:
            return {"true": True, "false": False}.get(words)
        return _unescaped(words[1:-1])

    def _template(self, node: Any, depth: int) -> Value:
        template = node.named_children[0]
        is_heredoc = template.type == "heredoc_template"
        marks = [part for part in template.named_children if part.type == "heredoc_identifier"]
        # Blanks between parts have no node of their own: what stands between two parts is taken as it is.
        at = self.source.data.find(b"\n", marks[0].end_byte) + 1 if is_heredoc else template.start_byte + 1
        end = marks[-1].start_byte if is_heredoc else template.end_byte - 1
        pieces: list[str] = []
        for part in [*template.named_children, None]:
            if part is not None and part.type == "template_directive":
                return UNKNOWN
            if part is not None and part.type != "template_interpolation":
                continue
            words = self.source.data[at : part.start_byte if part is not None else end].decode("utf-8", "replace")
            pieces.append(words if is_heredoc else _unescaped(words))
            if part is not None:
                pieces.append(self._hole(part, depth))
                at = part.end_byte
        # A text with holes is kept with them: what stands around a hole may still be told.
        text = "".join(pieces)
        return text if text.strip(HOLE) or not text else UNKNOWN

    def _hole(self, part: Any, depth: int) -> str:
        inner = next((item for item in part.named_children if item.type == "expression"), None)
        found = self.value(inner, depth) if inner is not None else None
        if found is None or not found.is_known or isinstance(found.value, dict | list):
            return HOLE
        return found.text

    def _collection(self, node: Any, depth: int) -> Value:
        inner = node.named_children[0]
        if inner.type == "tuple":
            return [self.value(item, depth) for item in inner.named_children if item.type == "expression"]
        entries: dict[str, Node] = {}
        for element in inner.named_children:
            parts = [part for part in element.named_children if part.type == "expression"]
            if element.type == "object_elem" and len(parts) == 2:
                entries[self._key(parts[0], depth)] = self.value(parts[1], depth)
        return entries

    def _key(self, node: Any, depth: int) -> str:
        words = self.source.words(node)
        if words.isidentifier() or words.replace("-", "_").isidentifier():
            return words
        found = self.value(node, depth)
        return found.text or words

    def _call(self, node: Any, depth: int) -> Value:
        name = self.source.words(node.named_children[0])
        arguments = next((item for item in node.named_children if item.type == "function_arguments"), None)
        parts = arguments.named_children if arguments is not None else []
        values = [self.value(item, depth) for item in parts if item.type == "expression"]
        return called(name, values)

    def _conditional(self, node: Any, depth: int) -> Value:
        condition, yes, no = [self.value(item, depth) for item in node.named_children if item.type == "expression"][:3]
        if isinstance(condition.value, bool):
            return yes.value if condition.value else no.value
        return yes.value if yes.is_known and yes.text and yes.text == no.text else UNKNOWN

    def _operation(self, node: Any, depth: int) -> Value:
        words = self.source.words(node)
        inner = node.named_children[0]
        groups = _operands(inner.named_children)
        parts = [
            self._reference(group, depth) if group[0].type == "variable_expr" else self.value(group[0], depth)
            for group in groups
        ]
        if inner.type == "unary_operation" and parts:
            value = parts[0].value
            if words.startswith("-") and isinstance(value, int | float):
                return -value
            return not value if words.startswith("!") and isinstance(value, bool) else UNKNOWN
        if inner.type == "binary_operation" and len(parts) == 2:
            between = self.source.data[groups[0][-1].end_byte : groups[1][0].start_byte].strip()
            return computed(parts[0], between.decode("utf-8", "replace"), parts[1])
        return UNKNOWN

    def _reference(self, parts: Sequence[Any], depth: int) -> Node:
        start, end = self.source.at(parts[0].start_byte), self.source.at(parts[-1].end_byte)
        path = [self.source.words(parts[0]), *self._path(parts[1:], depth)]
        found = self._named(path, depth)
        if len(path) == 1 and path[0] in {"True", "False"}:  # no HCL, but people write it
            return Node(start, end, path[0] == "True")
        shown = moved(found, start, end, self.scope.budget) if found is not None else Node(start, end, UNKNOWN)
        shown.raw = self.source.text[start:end]
        return shown

    def _path(self, parts: Sequence[Any], depth: int) -> list[str]:
        """The keys of `.a`, `["b"]` and `[0]`; `*` for what is none."""
        path = []
        for part in parts:
            key = part.named_children[0] if part.named_children else part
            if part.type == "get_attr":
                path.append(self.source.words(key))
            elif part.type == "index" and key.type == "new_index":
                path.append(self.value(key.named_children[0], depth + 1).text)
            else:
                path.append("*")
        return path

    def _named(self, path: Sequence[str], depth: int) -> Node | None:
        found, rest = self.scope.names.get(path[0]), path[1:]
        if found is None and path[0] == "var" and rest:
            found, rest = self.scope.variables.get(rest[0]), rest[1:]
        elif found is None and path[0] == "local" and rest:
            name = rest[0]
            if name in self.scope.locals and name not in self.scope.asked:
                source, expression = self.scope.locals[name]
                scope = replace(self.scope, names={}, asked=self.scope.asked | {name})
                found = Reader(source, scope).value(expression, depth + 1)
            rest = rest[1:]
        elif found is None and path[0] == "module" and rest:
            found, rest = self.scope.outputs(rest[0], depth), rest[1:]
        return within(found, rest)


def _operands(parts: Sequence[Any]) -> list[list[Any]]:
    """The operands of an operation: a name and what is asked of it stand beside each other in the tree."""
    groups: list[list[Any]] = []
    for part in parts:
        if groups and part.type in {"get_attr", "index", "splat"}:
            groups[-1].append(part)
        elif part.type != "comment":
            groups.append([part])
    return groups


def _placed(node: Node, block: Block) -> Node:
    return Node(block.head[0], node.end, node.value, node.keys)


def repeats(each: Node) -> Iterator[tuple[Node, Node]]:
    """Keys and values of a `for_each`; one of each that is not known when it is not."""
    if isinstance(each.value, dict):
        yield from [(Node(value.start, value.end, key), value) for key, value in each.value.items()][:MAX_REPEATS]
    elif isinstance(each.value, list):
        yield from [(value, value) for value in each.value][:MAX_REPEATS]
    else:
        yield Node(each.start, each.end, UNKNOWN), Node(each.start, each.end, UNKNOWN)


def _number(words: str) -> Value:
    try:
        return int(words) if words.isdecimal() else float(words)
    except ValueError:
        return UNKNOWN


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text.replace("$${", "${")
    made, at = [], 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            made.append(_ESCAPES.get(text[at + 1], text[at : at + 2]))
            at += 2
        else:
            made.append(text[at])
            at += 1
    return "".join(made).replace("$${", "${")
