"""Kingfisher's in-process engine behind our judges: one more opinion, for those who ask for it.

Off unless asked for: it is 35 MB, compiles its rules for some seconds, and of the generated notebooks it finds nothing
that our rules do not. It asks no vendor: verification is a part of its own, which is never called.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from mlsec_nb.core import Confidence, Rule, UsageError
from mlsec_nb.scanners.patterns import Joined

from .judges import placeholders, randomness, shapes
from .opinion import Candidate
from .views import Reading

_MODULE: Final = "kingfisher_sdk"


def check() -> None:
    """Raises `UsageError` where the engine is not installed."""
    if find_spec(_MODULE) is None:
        raise UsageError("secrets.kingfisher needs the extra: pip install 'mlsec_nb[kingfisher]'")


@lru_cache(maxsize=1)
def _engine() -> Any:
    return import_module(_MODULE).Scanner()


def detected(readings: Sequence[Reading], joined: Joined, rule: Rule) -> Iterator[Candidate]:
    """What the engine finds in many texts, at every place where it stands."""
    engine = _engine()
    engine.reset_dedup()  # it tells a secret once in its life
    found = engine.scan(joined.text.replace("\0", " ").encode("utf-8", "replace"))
    for value in sorted({str(one.secret) for one in found}):
        if not _may_be_secret(value):
            continue
        place = joined.text.find(value)
        while place >= 0:
            index, begin = joined.locate(place)
            start = place - begin
            yield Candidate(rule, readings[index][0], start, start + len(value), value, Confidence.MEDIUM, rank=4)
            place = joined.text.find(value, place + len(value))


def _may_be_secret(value: str) -> bool:
    if len(value) < 8 or placeholders.is_placeholder(value, 8) or shapes.is_reference(value) or shapes.is_code(value):
        return False
    return randomness.may_be_random(value)
