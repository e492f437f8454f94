"""What came out of an artifact as text that can be kept, and back: the words of the core, and nothing else.

No object is ever made of what is read but these; an unknown word is an error, and the entry counts as not there.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Any, Final

from mlsec_nb.core import (
    Artifact,
    Component,
    Confidence,
    Edit,
    Evidence,
    Finding,
    Fix,
    Gap,
    Judged,
    Location,
    Related,
    Rule,
    Severity,
    Status,
)

from .scanned import Scanned

_WORDS: Final[Mapping[str, type]] = {
    kind.__name__: kind for kind in (Component, Edit, Evidence, Finding, Fix, Gap, Judged, Location, Related, Rule)
}
_GRADES: Final[Mapping[str, type[StrEnum]]] = {kind.__name__: kind for kind in (Severity, Confidence, Status)}
_FIELDS: Final = {kind: tuple(one.name for one in fields(kind) if one.init) for kind in _WORDS.values()}


def packed(scanned: Scanned) -> str:
    """The text of a result; raises `TypeError` for what has no text."""
    rules: dict[str, list[Any]] = {}
    body = [_plain(list(part), rules) for part in (scanned.judged, scanned.gaps, scanned.components)]
    return json.dumps([rules, body, list(scanned.scanners), scanned.unknown], separators=(",", ":"))


def unpacked(text: str, artifact: Artifact) -> Scanned:
    """The result that a text holds; raises `ValueError`, `KeyError` or `TypeError` for a text of another kind."""
    rules, body, scanners, unknown = json.loads(text)
    known = {name: _whole(rule, {}) for name, rule in rules.items()}
    judged, gaps, components = (_whole(part, known) for part in body)
    return Scanned(artifact, judged, gaps, components, tuple(scanners), Counter(unknown))


def _plain(value: Any, rules: dict[str, list[Any]]) -> Any:
    """A value as JSON; what is no number, text or truth is a list that begins with its kind."""
    if isinstance(value, StrEnum):
        return ["!", type(value).__name__, value.value]
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Rule):
        if value.id not in rules:
            rules[value.id] = ["$", "Rule", *(_plain(getattr(value, name), rules) for name in _FIELDS[Rule])]
        return ["#", value.id]
    if type(value) in _FIELDS:
        name = type(value).__name__
        return ["$", name, *(_plain(getattr(value, field), rules) for field in _FIELDS[type(value)])]
    if isinstance(value, Mapping):
        return ["{", *([key, _plain(one, rules)] for key, one in value.items() if _is_key(key))]
    if isinstance(value, tuple | list):
        return ["(" if isinstance(value, tuple) else "[", *(_plain(one, rules) for one in value)]
    raise TypeError(type(value).__name__)


def _is_key(key: object) -> bool:
    if not isinstance(key, str):
        raise TypeError(type(key).__name__)
    return True


def _whole(value: Any, rules: Mapping[str, Rule]) -> Any:
    if not isinstance(value, list):
        return value
    mark, *rest = value
    return _READERS[mark](rest, rules)


def _word(rest: Sequence[Any], rules: Mapping[str, Rule]) -> Any:
    kind = _WORDS[rest[0]]
    return kind(**dict(zip(_FIELDS[kind], (_whole(one, rules) for one in rest[1:]), strict=True)))


_READERS: Final[Mapping[str, Any]] = {
    "!": lambda rest, _rules: _GRADES[rest[0]](rest[1]),
    "#": lambda rest, rules: rules[rest[0]],
    "$": _word,
    "{": lambda rest, rules: {key: _whole(one, rules) for key, one in rest},
    "(": lambda rest, rules: tuple(_whole(one, rules) for one in rest),
    "[": lambda rest, rules: [_whole(one, rules) for one in rest],
}
