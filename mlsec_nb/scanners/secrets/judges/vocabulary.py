"""The words that the judges know, read from `vocabulary.toml`."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def _all() -> Mapping[str, frozenset[str]]:
    text = (files(__package__) / "vocabulary.toml").read_text(encoding="utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(text).items()}


def words(name: str) -> frozenset[str]:
    """One of its lists."""
    return _all()[name]
