"""Finds many literals in a text: one protocol, three engines, the same hits.

The standard library is enough (and all there is in Pyodide). `ahocorasick_rs` and `hyperscan`, both in the extra
`fast`, find all literals in one pass.
"""

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

Hit = tuple[int, int]  # where a literal begins, and which of the words it is


class Literals(Protocol):
    """A set of words that can be found in a text, overlapping ones too."""

    def __init__(self, words: tuple[str, ...]) -> None: ...

    def find(self, text: str) -> list[Hit]: ...


MANY: Final = 64  # words; above it one pass of a trie is faster than a search for each


class Plain:
    """The standard library alone: one `str.find` loop a word, or one regular expression for many (12 MB/s for 400)."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = list(enumerate(words))
        self._trie: re.Pattern[str] | None = None
        self._by_start: dict[str, list[tuple[int, str]]] = {}
        if len(words) > MANY:
            self._words = [(index, word) for index, word in enumerate(words) if len(word) < 2]
            for index, word in enumerate(words):
                if len(word) > 1:
                    self._by_start.setdefault(word[:2], []).append((index, word))
            self._trie = re.compile(_trie([word for same in self._by_start.values() for _, word in same]))

    def find(self, text: str) -> list[Hit]:
        hits = []
        for index, word in self._words:
            place = text.find(word)
            while place >= 0:
                hits.append((place, index))
                place = text.find(word, place + 1)
        found = self._trie.search(text) if self._trie else None
        while found and self._trie:
            place = found.start()
            hits += [
                (place, i)
                for i, word in self._by_start.get(text[place : place + 2], ())
                if text.startswith(word, place)
            ]
            found = self._trie.search(text, place + 1)
        return hits


def _trie(words: list[str]) -> str:
    """A pattern that matches where one of the words begins."""
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(word[:1], []).append(word[1:])
    parts = []
    for first, rest in sorted(groups.items()):
        more = "" if "" in rest else _trie(rest) if len(rest) > 1 else re.escape(rest[0])
        parts.append(re.escape(first) + more)
    return f"(?:{'|'.join(parts)})" if len(parts) > 1 else parts[0]


class AhoCorasick:
    """All words in one pass of a Rust automaton: 300 MB/s, whatever their number."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._automaton: Any = import_module("ahocorasick_rs").AhoCorasick(words)

    def find(self, text: str) -> list[Hit]:
        try:
            found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # lone surrogates, which stand for bytes that are no text
            found = self._automaton.find_matches_as_indexes(_SURROGATE.sub("\ufffd", text), overlapping=True)
        return [(start, index) for index, start, _ in found]


class Hyperscan:
    """All words in one pass of a vectorised automaton; what is not Latin-1 it leaves to `Plain`."""

    def __init__(self, words: tuple[str, ...]) -> None:
        hyperscan: Any = import_module("hyperscan")
        self._lengths = [len(word) for word in words]
        narrow = {index: word.encode("latin-1") for index, word in enumerate(words) if max(word) <= "\xff"}
        self._wide = [index for index in range(len(words)) if index not in narrow]
        self._rest = Plain(tuple(words[index] for index in self._wide))
        self._database = hyperscan.Database()
        escaped = [b"".join(b"\\x%02x" % byte for byte in word) for word in narrow.values()]
        self._database.compile(expressions=escaped, ids=list(narrow), flags=[0] * len(narrow))

    def find(self, text: str) -> list[Hit]:
        hits = [(place, self._wide[index]) for place, index in self._rest.find(text)]
        lengths = self._lengths

        def seen(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hits.append((end - lengths[index], index))

        # One byte a character keeps offsets what they are.
        self._database.scan(text.encode("latin-1", "replace"), match_event_handler=seen)
        return hits


ENGINES: Final[dict[str, type[Literals]]] = {"ahocorasick_rs": AhoCorasick, "hyperscan": Hyperscan}


def chosen(name: str) -> type[Literals]:
    """The engine with this name: "stdlib", the module of another, or "auto" for the best."""
    return best() if name == "auto" else ENGINES.get(name, Plain)


def best() -> type[Literals]:
    """The fastest engine that can be imported here."""
    return next((engine for module, engine in ENGINES.items() if find_spec(module)), Plain)
