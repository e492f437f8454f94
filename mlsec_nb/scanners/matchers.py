"""Finds many literals in a text: one protocol, three engines, the same hits.

The standard library is enough (and all there is in Pyodide). `hyperscan` and `ahocorasick_rs`, both in the extra
`fast`, find all literals in a pass or two.
"""

import re
import threading
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

Hit = tuple[int, int]  # where a literal begins, and which of the words it is
Words = tuple[str, ...]


class Literals(Protocol):
    """A set of words that can be found in a text, overlapping ones too.

    Those that are `folded`, in lower case, are found in any case; they are counted on behind the others.
    """

    def __init__(self, words: Words, folded: Words = ()) -> None: ...

    def find(self, text: str) -> list[Hit]: ...


def fold(text: str) -> str:
    """Lower case of the same length (one capital letter, U+0130, would become two)."""
    return text.replace("\u0130", "I").lower()


MANY: Final = 64  # words; above it one pass of a trie is faster than a search for each


class Plain:
    """The standard library alone: one `str.find` loop a word, or one regular expression for many (12 MB/s for 400)."""

    def __init__(self, words: Words, folded: Words = ()) -> None:
        self._exact = _Few(words) if len(words) <= MANY else _Many(words)
        self._folded = _Few(folded) if len(folded) <= MANY else _Many(folded)
        self._count = len(words)

    def find(self, text: str) -> list[Hit]:
        return self._exact.find(text) + [(place, self._count + word) for place, word in self._folded.find(fold(text))]


class _Few:
    """One search for each word."""

    def __init__(self, words: Words) -> None:
        self._words = tuple(enumerate(words))

    def find(self, text: str) -> list[Hit]:
        hits = []
        for index, word in self._words:
            place = text.find(word)
            while place >= 0:
                hits.append((place, index))
                place = text.find(word, place + 1)
        return hits


class _Many:
    """One search for all words, by how they begin."""

    def __init__(self, words: Words) -> None:
        self._short = _Few(words) if any(len(word) < 2 for word in words) else None
        self._by_start: dict[str, list[tuple[int, str]]] = {}
        for index, word in enumerate(words):
            if len(word) > 1:
                self._by_start.setdefault(word[:2], []).append((index, word))
        self._trie = re.compile(_trie([word for same in self._by_start.values() for _, word in same]))

    def find(self, text: str) -> list[Hit]:
        if self._short:
            return self._short.find(text)
        hits = []
        search = self._trie.search
        found = search(text)
        while found:
            place = found.start()
            for index, word in self._by_start[text[place : place + 2]]:
                if text.startswith(word, place):
                    hits.append((place, index))
            found = search(text, place + 1)
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
    """All words in two passes of a Rust automaton: 300 MB/s, whatever their number."""

    def __init__(self, words: Words, folded: Words = ()) -> None:
        library: Any = import_module("ahocorasick_rs")
        kind = library.Implementation.DFA  # twice as fast, and small for words
        self._exact: Any = library.AhoCorasick(words, implementation=kind)
        self._folded: Any = library.AhoCorasick(folded, implementation=kind)
        self._count = len(words)

    def find(self, text: str) -> list[Hit]:
        try:
            found = self._exact.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # lone surrogates, which stand for bytes that are no text
            text = _SURROGATE.sub("\ufffd", text)
            found = self._exact.find_matches_as_indexes(text, overlapping=True)
        folded = self._folded.find_matches_as_indexes(fold(text), overlapping=True) if self._folded else ()
        count = self._count
        return [(start, index) for index, start, _ in found] + [(start, count + index) for index, start, _ in folded]


class Hyperscan:
    """All words in one pass of a vectorised automaton, 600 MB/s; what is not ASCII it leaves to `Plain`."""

    def __init__(self, words: Words, folded: Words = ()) -> None:
        library: Any = import_module("hyperscan")
        every = (*words, *folded)
        narrow = [index for index, word in enumerate(every) if word.isascii()]
        self._words = words, folded
        self._wide = [(index, word, index >= len(words)) for index, word in enumerate(every) if not word.isascii()]
        self._initials = {case for _, word, _ in self._wide for case in (word[0], word[0].upper())}
        self._lengths = [len(word) for word in every]
        self._database = library.Database() if narrow else None
        if self._database is None:
            return
        self._database.compile(
            expressions=[b"".join(b"\\x%02x" % byte for byte in every[index].encode()) for index in narrow],
            ids=narrow,
            flags=[library.HS_FLAG_CASELESS if index >= len(words) else 0 for index in narrow],
        )

    def find(self, text: str) -> list[Hit]:
        hits: list[Hit] = []
        lengths, found = self._lengths, hits.append

        def seen(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found((end - lengths[index], index))

        # One byte a character keeps offsets what they are.
        if self._database is not None:
            self._database.scan(text.encode("latin-1", "replace"), match_event_handler=seen)
        if not text.isascii():
            if any(letter in text for letter in self._initials):
                hits += self._others(text)
            odd = sum(map(text.count, _LATIN_IN_LOWER_CASE))
            if odd > _FEW:
                return self._plain.find(text)
            if odd:
                hits += sorted(set(self._around(text)))
        return hits

    def _around(self, text: str) -> Iterator[Hit]:
        """Words of which a letter is one that the automaton does not know."""
        longest = max(self._lengths)
        for match in re.finditer(f"[{''.join(_LATIN_IN_LOWER_CASE)}]", text):
            start = max(match.start() - longest, 0)
            for place, index in self._plain.find(text[start : match.start() + longest]):
                if start + place <= match.start() < start + place + self._lengths[index]:
                    yield start + place, index

    @cached_property
    def _plain(self) -> Plain:
        return Plain(*self._words)

    def _others(self, text: str) -> Iterator[Hit]:
        """Where words that are not ASCII stand."""
        lower = fold(text)
        for index, word, is_folded in self._wide:
            place = -1
            while (place := (lower if is_folded else text).find(word, place + 1)) >= 0:
                yield place, index


_FEW: Final = 200  # letters that are looked at one by one
_LATIN_IN_LOWER_CASE: Final = ("\u0130", "\u212a")  # letters that are not ASCII until they are made small
ENGINES: Final[dict[str, type[Literals]]] = {"hyperscan": Hyperscan, "ahocorasick_rs": AhoCorasick}


def chosen(name: str) -> type[Literals]:
    """The engine with this name: "stdlib", the module of another, or "auto" for the best."""
    return best() if name == "auto" else ENGINES.get(name, Plain)


_kept: Final = threading.local()


def built(engine: type[Literals], words: Words, folded: Words) -> Literals:
    """The engine for these words; kept for its thread, because a live view asks with every edit and it takes 10 ms.

    Hyperscan's scratch space must not be used by two threads at once.
    """
    key = (engine, words, folded)
    known: dict[tuple[type[Literals], Words, Words], Literals] = _kept.__dict__.setdefault("engines", {})
    if key not in known:
        if len(known) >= KEPT:
            known.clear()
        known[key] = engine(words, folded)
    return known[key]


KEPT: Final = 8  # sets of words of one thread


def best() -> type[Literals]:
    """The fastest engine that can be imported here."""
    return next((engine for module, engine in ENGINES.items() if find_spec(module)), Plain)
