"""Tells what stands in for a secret from a secret: documentation, templates, walks over the keyboard."""

import re
from itertools import pairwise
from typing import Final

from . import vocabulary

_TEMPLATE: Final = re.compile(
    r"""^[<\[({].*[>\])}]$          # <your-key>, [token], {password}
    | \$\{|\$\(|\{\{|\}\}|<%|%>     # ${TOKEN}, $(cat …), {{ token }}
    | ^\$[A-Za-z_]\w*$ | ^%[A-Za-z_]\w*%$ | ^\{\w*\}$ | ^%[sdr]$ | ^%\(\w+\)s$ | ^@[\w.]+@$
    | ^[.…*•·_\-xX?#=0]+$           # ***, ..., xxxx
    | [^xX][xX]{4}$                 # cut off by hand
    | ^(?:change|replace|enter|insert|put|fill)[-_]?(?:this|that|me|it|your|my|the|here|in|with)(?:$|[-_]|[a-z]+$)
    | \.\.\.|…|\*{3,}|•{3,}|x{6,}|X{5,}|_{4,}|\#{4,}""",
    re.VERBOSE,
)
_WORDS: Final = vocabulary.words("placeholders")
_ADDRESSED: Final = frozenset({"your", "enter", "insert", "replace", "change"})  # "YourSecurePassword123"
_APART: Final = re.compile(r"[^A-Za-z]+")
_SEPARATE: Final = re.compile(r"[^A-Za-z0-9]+")
LONG: Final = 32  # characters; from here on four letters between digits ("…2demo8…") are chance
_CAMEL: Final = re.compile(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])")
_ROWS: Final = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "0123456789abcdef")
_NEIGHBOURS: Final = frozenset(pair for row in _ROWS for a, b in pairwise(row) for pair in (a + b, b + a))


def longest_walk(value: str) -> int:
    """The longest run of neighbours on the keyboard, in the alphabet or in counting."""
    best = run = 1
    for a, b in pairwise(value.lower()):
        run = run + 1 if a + b in _NEIGHBOURS else 1
        best = max(best, run)
    return best


_REPEATED: Final = re.compile(r"(.)\1{4,}", re.DOTALL)


def longest_repeat(value: str) -> int:
    """The longest run of one character, of five and more."""
    return max((len(match.group()) for match in _REPEATED.finditer(value)), default=0)


def is_periodic(value: str) -> bool:
    """True for a short piece said over and over ("abc123abc123")."""
    period = (value + value).find(value, 1)
    return len(value) >= 8 and period <= len(value) // 2


def has_placeholder_word(value: str) -> bool:
    """True when one of its words says that it is none ("your-api-key", "EXAMPLE")."""
    if _CAMEL.split(value)[0].lower() in _ADDRESSED:
        return True
    if "EXAMPLE" in value or "example" in value.lower()[-8:]:
        return True
    shortest = 1 if len(value) < 16 else 4 if len(value) < LONG else 5
    if any(word.lower() in _WORDS for word in _APART.split(value) if len(word) >= shortest):
        return True
    if len(value) >= LONG and any(word.lower() in _WORDS for word in _SEPARATE.split(value) if len(word) == 4):
        return True
    return any(word.lower() in _WORDS for word in _CAMEL.split(value) if len(word) > 4)


_PIECES: Final = re.compile(r"[A-Za-z]+|\d+")
_MADE_UP: Final = vocabulary.words("made_up")


def is_made_up(value: str) -> bool:
    """True for what is made of such words and of counting: "token-abc123"."""
    return all(
        piece.lower() in _MADE_UP if piece.isalpha() else longest_walk(piece) == len(piece) or len(set(piece)) == 1
        for piece in _PIECES.findall(value)
    )


def is_placeholder(value: str, longest: int = 12) -> bool:
    """True for what only stands where a secret will stand; walks of `longest` are never chance."""
    if _TEMPLATE.search(value) or has_placeholder_word(value):
        return True
    size = len(value)
    return (
        longest_repeat(value) >= max(5, size // 4)
        or longest_walk(value.replace(" ", "")) >= min(max(8, size // 3), longest)
        or is_periodic(value)
        or (size >= 16 and len(set(value.lower())) <= 5)
    )
