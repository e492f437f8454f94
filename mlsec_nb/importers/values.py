"""Reads what strangers wrote: every value of a JSON tree may be missing, or something else than it should be."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 4_000  # characters of one text that are looked at
MOST = 200  # texts of one list that are looked at
_HEAD = 1_000  # entries by which a list is known
_LAST = (1 << 31) - 1  # the last line that a file may have
_TAG = re.compile(r"<[^<>]{0,2000}>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))


def at(value: Any, *keys: str | int) -> Any:
    """What stands at a path of keys and indexes, or None."""
    for key in keys:
        if isinstance(key, str):
            value = value.get(key) if isinstance(value, Mapping) else None
        else:
            value = value[key] if isinstance(value, list) and -len(value) <= key < len(value) else None
    return value


def text(value: Any, *keys: str | int) -> str:
    """The text at a path, cut to `LONGEST`; numbers as they are written, anything else is empty."""
    found = at(value, *keys)
    if isinstance(found, str):
        found = found[:LONGEST]
        # half of a pair of surrogates is no text that could be written anywhere
        return found if found.isascii() else found.encode("utf-8", "replace").decode()
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else ""


def first(*texts: str) -> str:
    """The first text that is not empty."""
    return next((one for one in texts if one), "")


def texts(value: Any, *keys: str | int) -> list[str]:
    """The texts in the list at a path; a single text is a list of one."""
    found = at(value, *keys)
    if isinstance(found, str):
        return [text(found)] if found else []
    return [one for item in found[:MOST] if (one := text(item))] if isinstance(found, list) else []


def number(value: Any, *keys: str | int) -> float | None:
    """The finite number at a path, also one written as a text."""
    found = at(value, *keys)
    if isinstance(found, str):
        try:
            found = float(found[:40])
        except ValueError:
            return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if abs(found) < 1e300 and math.isfinite(found) else None


def line(value: Any, *keys: str | int, shift: int = 0) -> int | None:
    """A line or column that counts from 1 after `shift` was added, or None for what can be none."""
    found = number(value, *keys)
    return int(found) + shift if found is not None and 1 <= int(found) + shift <= _LAST else None


def mappings(value: Any, *keys: str | int) -> list[Mapping[str, Any]]:
    """The mappings in the list at a path; what else is in it is left out."""
    found = at(value, *keys)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def has(value: Any, *keys: str) -> bool:
    """Whether a value is a mapping that has all these keys."""
    return isinstance(value, Mapping) and all(key in value for key in keys)


def all_have(value: Any, *keys: str) -> bool:
    """Whether a value is a list, not empty, of mappings of which one at least has all these keys."""
    return (
        isinstance(value, Sequence) and not isinstance(value, str) and any(has(item, *keys) for item in value[:_HEAD])
    )


def without_markup(words: str) -> str:
    """HTML as the words that are in it."""
    words = _TAG.sub(" ", words)
    for entity, character in _ENTITIES:
        words = words.replace(entity, character)
    return " ".join(words.split())
