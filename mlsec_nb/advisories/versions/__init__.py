"""Versions in the order of their ecosystem: a text → a key that sorts, made once.

What it is for: to say whether a version lies in a range of an advisory, as the ecosystem's own tool would.

What it must never do: raise for a text that is no version; it gets a key below all that are.

Dependencies: `packaging` for Python's versions. Tried and dropped: a general library of version classes (right, but
45,000 comparisons a second where keys give over a million; it is the oracle of the tests).
"""

from .keys import Key, compare, is_known, key

__all__ = ["Key", "compare", "is_known", "key"]
