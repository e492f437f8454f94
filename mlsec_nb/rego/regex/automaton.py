"""Matching in time proportional to pattern × text: Thompson's automaton with captures (Pike's way).

https://swtch.com/~rsc/regexp/regexp2.html
"""

from collections.abc import Callable
from typing import Any

from .syntax import Alt, Assertion, Cat, Chars, Empty, Group, Node, Repeat, UnsupportedRegexError

_SIZE = 20_000  # instructions
Saved = tuple[int, ...]


class Automaton:
    """`program` is a list of instructions: (operation, argument, argument)."""

    def __init__(self, node: Node, groups: int) -> None:
        self.program: list[tuple[str, Any, Any]] = []
        self.groups = groups
        self._emit("save", 0)
        self._add(node)
        self._emit("save", 1)
        self._emit("match")

    def _emit(self, operation: str, first: Any = None, second: Any = None) -> int:
        if len(self.program) >= _SIZE:
            raise UnsupportedRegexError("the regular expression is too big")
        self.program.append((operation, first, second))
        return len(self.program) - 1

    def _add(self, node: Node) -> None:
        if isinstance(node, Chars):
            self._emit("char", _test(node))
        elif isinstance(node, Assertion):
            self._emit("assert", node.kind)
        elif isinstance(node, Cat):
            for item in node.items:
                self._add(item)
        elif isinstance(node, Alt):
            self._alternatives(node)
        elif isinstance(node, Group):
            self._emit("save", 2 * node.index)
            self._add(node.item)
            self._emit("save", 2 * node.index + 1)
        elif isinstance(node, Repeat):
            self._repeat(node)
        else:
            assert isinstance(node, Empty)

    def _alternatives(self, node: Alt) -> None:
        jumps = []
        for item in node.items[:-1]:
            split = self._emit("split")
            self._add(item)
            jumps.append(self._emit("jump"))
            self.program[split] = ("split", split + 1, len(self.program))
        self._add(node.items[-1])
        for jump in jumps:
            self.program[jump] = ("jump", len(self.program), None)

    def _repeat(self, node: Repeat) -> None:
        for _ in range(node.low):
            self._add(node.item)
        if node.high is None:
            split = self._emit("split")
            self._add(node.item)
            self._emit("jump", split)
            self._split(split, len(self.program), lazy=node.lazy)
            return
        splits = []
        for _ in range(node.high - node.low):
            splits.append(self._emit("split"))
            self._add(node.item)
        for split in splits:
            self._split(split, len(self.program), lazy=node.lazy)

    def _split(self, at: int, out: int, *, lazy: bool) -> None:
        self.program[at] = ("split", out, at + 1) if lazy else ("split", at + 1, out)

    def search(self, text: str, start: int) -> tuple[tuple[int, int], ...] | None:
        """Spans of the leftmost match and its groups."""
        found: Saved | None = None
        threads: list[tuple[int, Saved]] = []
        empty = (-1,) * (2 * self.groups + 2)
        for position in range(start, len(text) + 1):
            seen: set[int] = set()
            ready: list[tuple[int, Saved]] = []
            for at, saved in threads:
                self._follow(at, saved, text, position, seen, ready)
            if found is None:
                self._follow(0, empty, text, position, seen, ready)
            elif not ready:
                break
            character = text[position] if position < len(text) else None
            threads = []
            for at, saved in ready:
                operation, test, _ = self.program[at]
                if operation == "match":
                    found = saved
                    break
                if character is not None and test(character):
                    threads.append((at + 1, saved))
        if found is None:
            return None
        return tuple((found[at], found[at + 1]) for at in range(0, len(found), 2))

    def _follow(
        self, at: int, saved: Saved, text: str, position: int, seen: set[int], ready: list[tuple[int, Saved]]
    ) -> None:
        """Adds what can be reached from an instruction without a character, the preferred first."""
        waiting = [(at, saved)]
        program = self.program
        while waiting:
            at, saved = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            operation, first, second = program[at]
            if operation == "jump":
                waiting.append((first, saved))
            elif operation == "split":
                waiting += [(second, saved), (first, saved)]
            elif operation == "save":
                waiting.append((at + 1, (*saved[:first], position, *saved[first + 1 :])))
            elif operation == "assert":
                if _holds(str(first), text, position):
                    waiting.append((at + 1, saved))
            else:
                ready.append((at, saved))


def _test(node: Chars) -> Callable[[str], bool]:
    """A quick test of one character."""
    if not node.negated and not node.inner and not node.fold and sum(high - low for low, high in node.ranges) < 256:
        members = frozenset(chr(code) for low, high in node.ranges for code in range(low, high + 1))
        return members.__contains__
    known: dict[str, bool] = {}

    def test(character: str) -> bool:
        if character not in known:
            known[character] = node.test(character)
        return known[character]

    return test


def _word(text: str, position: int) -> bool:
    if not 0 <= position < len(text):
        return False
    character = text[position]
    return character == "_" or (character.isascii() and character.isalnum())


def _holds(kind: str, text: str, position: int) -> bool:
    if kind == "A":
        return position == 0
    if kind == "z":
        return position == len(text)
    if kind == "^":
        return position == 0 or text[position - 1] == "\n"
    if kind == "$":
        return position == len(text) or text[position] == "\n"
    return (_word(text, position - 1) != _word(text, position)) == (kind == "b")
