"""Tells what a machine drew from what a person wrote."""

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Final

from . import vocabulary

_COMMON: Final = vocabulary.words("pairs")
_LETTERS: Final = re.compile(r"[A-Za-z]+")
_RUNS: Final = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")


def entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values()) if size else 0.0


def expected(length: int, alphabet: int) -> float:
    """About what `entropy` gives for a random text: close to log2(alphabet), less for short texts."""
    return (
        math.log2(alphabet) - (alphabet - 1) / (2 * math.log(2) * length)
        if length > alphabet
        else (math.log2(length) * 0.93 if length > 1 else 0.0)
    )


def alphabet(value: str) -> int:
    """The size of the smallest usual alphabet that holds the value."""
    if re.fullmatch(r"[0-9]+", value):
        return 10
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", value):
        return 16
    if re.fullmatch(r"[0-9a-z]+|[0-9A-Z]+", value):
        return 36
    return 62


def wordiness(value: str) -> float:
    """The share of letter pairs that are usual in words: about 0.2 in random text, 0.75 in words."""
    pairs = common = 0
    for run in _LETTERS.findall(value):
        lower = run.lower()
        pairs += len(run) - 1
        common += sum(a + b in _COMMON for a, b in pairwise(lower))
    return common / pairs if pairs > 2 else 0.0


def transitions(value: str) -> float:
    """How often neighbours are of different class (lower, upper, digit, other), 0 to 1."""
    classes = ["d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "o" for c in value]
    return sum(a != b for a, b in pairwise(classes)) / max(len(value) - 1, 1)


def in_words(value: str) -> float:
    """The share of characters that stand in runs of four letters and more that read like words."""
    words = [run for run in _RUNS.findall(value) if wordiness(run) > (0.6 if len(run) > 4 else 0.9)]
    return sum(map(len, words)) / max(len(value), 1)


def is_random(value: str) -> bool:
    """True for what looks drawn by a machine: 16 characters and more of a mixed alphabet, and no words in it."""
    value = value.removeprefix("0x")
    size = len(value)
    letters = alphabet(value)
    if size < 16 or letters == 10 or entropy(value) < (0.72 if size < 24 else 0.8) * expected(size, min(letters, 40)):
        return False
    if letters == 16:
        return transitions(value) > (0.05 if size >= 32 else 0.18)
    if any(map(str.isdigit, value)):
        return transitions(value) > 0.12 and in_words(value) < 0.45
    return wordiness(value) < 0.3 or (wordiness(value) < 0.45 and transitions(value) > 0.2)


def may_be_random(value: str) -> bool:
    """True for what is at least no word: enough where the name and the form of a vendor stand beside it."""
    size = len(value)
    return entropy(value) > 0.6 * expected(size, min(alphabet(value), 36)) and in_words(value) < 0.6
