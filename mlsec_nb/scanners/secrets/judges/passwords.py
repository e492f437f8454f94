"""Tells a password that somebody uses from what only stands where passwords stand."""

import re
from typing import Final

from . import placeholders, shapes, vocabulary
from .randomness import is_random, transitions, wordiness

_SENTENCE: Final = vocabulary.words("sentence")
_NOT_ONE: Final = vocabulary.words("no_passwords")


def is_password(value: str, *, sure: bool) -> bool:
    """True for a value that can be somebody's password; `sure` when its place leaves little doubt (a quoted literal).

    Plain words count only when they stand where nothing else could: "hunter" in `password = "hunter"` may be one, in
    `password: hunter` it may be prose.
    """
    lower = value.lower()
    if len(value) > 128:
        return is_random(value)
    if " " in value:
        return sure and _is_spoken(value) and not placeholders.is_placeholder(value)
    if len(value) < 4 or {lower, lower.strip("()[]{}:;,.*_")} & _NOT_ONE or any(map(_is_foreign, value)):
        return False
    is_walk = placeholders.longest_walk(value) == len(value)  # "1234", "qwerty"
    if is_walk or placeholders.is_placeholder(value) or shapes.is_reference(value) or shapes.is_place(value):
        return False
    if re.search(r"[():;]$|^[(:\[]|\(\)", value) and wordiness(value) > 0.5:
        return False
    if (
        shapes.is_version(value)
        or _MEASURE.fullmatch(value)
        or "](" in value
        or _is_of_tests(value)
        or _is_list(lower)
        or _is_called_so(value)
    ):
        return False
    has_digit, has_sign = any(map(str.isdigit, value)), bool(re.search(r"[^\w.\-]", value))
    if any(word in lower for word in ("password", "passwd", "passphrase")) and not (has_digit or has_sign):
        return False
    if shapes.is_identifier(value) and not has_digit:
        return _is_phrase(value) or _is_mixed(value) or (sure and value.isalpha() and len(value) >= 6)
    if shapes.is_code(value) and (not sure or wordiness(value) > 0.5):
        return False
    return has_digit or has_sign or sure


_MEASURE: Final = re.compile(r"[-+]?\d*[.,]\d+%?|\d+%")
_PARTS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_MADE_UP: Final = frozenset({"test", "demo", "dummy", "fake", "sample", "example"})


def _is_foreign(letter: str) -> bool:
    """What nobody can type: blanks of all sorts, and signs of mathematics and typography."""
    return letter.isspace() or not (letter.isascii() or letter.isalnum())


def _is_of_tests(value: str) -> bool:
    """Made of nothing but such words: "TestPass1", "demo_password"."""
    words = [word.lower() for word in _PARTS.findall(value)]
    return not _MADE_UP.isdisjoint(words) and all(word in _MADE_UP or word in _NOT_ONE for word in words)


def _is_list(value: str) -> bool:
    """Several of those that people use, as examples are given: "123456,password,qwerty"."""
    return "," in value and not _NOT_ONE.isdisjoint(value.split(","))


def _is_called_so(value: str) -> bool:
    """Says in small letters what it is, or what is said when any will do, and counts: "mypassword123", "abc123"."""
    return value.isalnum() and value.islower() and placeholders.is_made_up(value)


def _is_phrase(value: str) -> bool:
    """Words joined by signs, as people are told to make them: "correct-horse-battery"."""
    return bool(re.fullmatch(r"[A-Za-z]{3,12}(?:([-_.])[A-Za-z]{3,12})(?:\1[A-Za-z]{3,12}){1,6}", value))


def _is_mixed(value: str) -> bool:
    """Letters in an order of capitals that no name has."""
    return is_random(value) or (
        value.isalpha() and len(value) >= 8 and transitions(value) > 0.25 and wordiness(value) < 0.5
    )


def _is_spoken(value: str) -> bool:
    """Words with blanks between them that make no sentence: "correct horse battery staple", "abcd efgh ijkl mnop"."""
    spoken = value.split(" ")
    return 4 <= len(spoken) <= 10 and all(
        re.fullmatch(r"[a-z]{3,10}", word) and word not in _SENTENCE for word in spoken
    )
