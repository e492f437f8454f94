"""Tree → something that matches: Python's `re` where that is quick for sure, else an automaton."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from .automaton import Automaton
from .syntax import Alt, Assertion, Cat, Chars, Empty, Group, Node, Parser, Repeat

Spend = Callable[[int], None]
Spans = tuple[tuple[int, int], ...]  # of the match and its groups; (-1, -1) where a group took no part
_QUICK = 2_000_000  # steps that backtracking may take at most
_ALTERNATIONS = 8
_CACHE = 1024


class Regex:
    """A compiled pattern; `groups` counts its captures."""

    def __init__(self, pattern: str) -> None:
        parser = Parser(pattern)
        self._node = parser.parse()
        self.groups = parser.groups
        self.names = parser.names
        self._degree = _degree(self._node)
        self._python = re.compile(_python(self._node)) if self._degree is not None else None
        self._automaton: Automaton | None = None

    def search(self, text: str, start: int, spend: Spend) -> Spans | None:
        """The leftmost match from `start` on; `spend` is told what it costs."""
        size = len(text) - start + 1
        degree = self._degree
        if self._python is not None and degree is not None and size**degree <= _QUICK:
            spend(size >> 4)
            match = self._python.search(text, start)
            return match.regs if match else None
        if self._automaton is None:
            self._automaton = Automaton(self._node, self.groups)
        spend(size * max(len(self._automaton.program) >> 2, 1))
        return self._automaton.search(text, start)

    def find(self, text: str, spend: Spend, limit: int = -1) -> Iterator[Spans]:
        """The matches one after the other, as Go finds them: no empty match right after another match."""
        position, last = 0, -1
        while position <= len(text) and limit != 0:
            spans = self.search(text, position, spend)
            if spans is None:
                return
            start, end = spans[0]
            if not (start == end and end == last):
                yield spans
                limit -= 1
            last = end
            position = end if end > position else position + 1
            if start == end:
                position = max(position, end + 1)


@lru_cache(_CACHE)
def compile_regex(pattern: str) -> Regex:
    """The compiled pattern; raises `RegexError`."""
    return Regex(pattern)


def _degree(node: Node) -> int | None:
    """The d of the O(nᵈ) that backtracking takes at most; None when that is exponential or not known."""
    counts = _Counts()
    if not counts.add(node) or counts.alternations > _ALTERNATIONS or counts.properties:
        return None
    return counts.repeats + (0 if _anchored(node) else 1)


class _Counts:
    """What makes backtracking slow."""

    def __init__(self) -> None:
        self.repeats = self.alternations = self.properties = 0

    def add(self, node: Node) -> bool:
        if isinstance(node, Chars):
            self.properties += len(node.inner)
            return True
        if isinstance(node, Cat | Alt):
            self.alternations += isinstance(node, Alt)
            return all(map(self.add, node.items))
        if isinstance(node, Group):
            return self.add(node.item)
        if isinstance(node, Repeat):
            if node.high == 1:
                self.alternations += node.low == 0
                return self.add(node.item)
            self.repeats += node.low != node.high
            return self.add(node.item) if _one(node.item) else _fixed(node.item) and self.add(node.item)
        return True


def _one(node: Node) -> bool:
    return isinstance(node, Chars) or (isinstance(node, Group) and _one(node.item))


def _fixed(node: Node) -> bool:
    """Matches in one way only, and never nothing."""
    if isinstance(node, Cat):
        return any(map(_fixed, node.items)) and all(_fixed(item) or isinstance(item, Assertion) for item in node.items)
    return isinstance(node, Chars) or (isinstance(node, Group) and _fixed(node.item))


def _anchored(node: Node) -> bool:
    first = node.items[0] if isinstance(node, Cat) else node
    return isinstance(first, Assertion) and first.kind == "A"


_ASSERTIONS = {"A": r"\A", "z": r"\Z", "^": "(?m:^)", "$": "(?m:$)", "b": r"(?a:\b)", "B": r"(?a:\B)"}


def _python(node: Node) -> str:
    """The same pattern in Python's syntax."""
    if isinstance(node, Chars):
        return _python_chars(node)
    if isinstance(node, Assertion):
        return _ASSERTIONS[node.kind]
    if isinstance(node, Cat):
        return "".join(f"(?:{_python(item)})" if isinstance(item, Alt) else _python(item) for item in node.items)
    if isinstance(node, Alt):
        return "|".join(map(_python, node.items))
    if isinstance(node, Group):
        return f"({_python(node.item)})"
    if isinstance(node, Repeat):
        bounds = f"{{{node.low},{'' if node.high is None else node.high}}}" + ("?" if node.lazy else "")
        return f"(?:{_python(node.item)}){bounds}"
    assert isinstance(node, Empty)
    return "(?:)"


def _python_chars(node: Chars) -> str:
    if not node.ranges:
        return r"[\s\S]" if node.negated else r"[^\s\S]"
    ranges = "".join(
        _character(low) if low == high else f"{_character(low)}-{_character(high)}" for low, high in node.ranges
    )
    shown = f"[{'^' if node.negated else ''}{ranges}]"
    return f"(?i:{shown})" if node.fold else shown


def _character(code: int) -> str:
    return f"\\U{code:08x}"
