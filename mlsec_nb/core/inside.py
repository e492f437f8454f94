"""Something inside an artifact that other scanners should look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .artifact import Content, Kind
from .location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A file that a scanner met inside an artifact: what is found in it is told at `place`.

    `kinds` are those that are of interest, where not all are; `note` is added to every message and `details` to every
    finding's own.
    """

    path: str
    content: Content
    place: Location
    kinds: frozenset[Kind] | None = None
    note: str = ""
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
