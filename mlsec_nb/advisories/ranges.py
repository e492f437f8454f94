"""Ranges of versions: as records have them, in a few characters, and asked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .versions import is_known, key

Events = Sequence[tuple[str, str]]  # ("i"ntroduced, "f"ixed, "l"ast affected), version
Affected = tuple[list[list[tuple[str, str]]], list[str]]  # ranges, and versions that they do not tell
_KINDS = {"introduced": "i", "fixed": "f", "last_affected": "l"}
# What a text is parted by, from the outside in: ranges from versions, one range or version from the next, events.
_HALVES, _ITEMS, _EVENTS = "\x1d", "\x1e", "\x1f"
_PARTING = str.maketrans(dict.fromkeys(_HALVES + _ITEMS + _EVENTS, "\ufffd"))
_ALL = "i0"  # every version, what is most often said


def events_of(affected: Mapping[str, Any]) -> list[list[tuple[str, str]]]:
    """The ranges of one `affected` entry that are about versions; those of commits are about a repository."""
    found = []
    for entry in affected.get("ranges") or []:
        if isinstance(entry, dict) and entry.get("type") != "GIT":
            pairs = (pair for event in entry.get("events") or [] for pair in event.items())
            events = [(_KINDS[name], str(version)) for name, version in pairs if name in _KINDS]
            if events:
                found.append(events)
    return found


def told(ecosystem: str, affected: Mapping[str, Any]) -> Affected:
    """What is needed to tell whether a version is affected."""
    ranges = events_of(affected)
    listed = [str(version) for version in affected.get("versions") or []]
    return ranges, [version for version in listed if not _in_any(ecosystem, version, ranges)]


def compact(ranges: Iterable[Events], listed: Iterable[str]) -> str:
    """The same in a few characters; nothing at all when it is every version."""
    texts = [_EVENTS.join(kind + ver.translate(_PARTING) for kind, ver in events) for events in ranges]
    versions = [ver.translate(_PARTING) for ver in listed]
    text = _ITEMS.join(texts) + (_HALVES + _ITEMS.join(versions) if versions else "")
    return {_ALL: "", "": _HALVES}.get(text, plain(text))


def plain(text: str) -> str:
    """A text without the halves of characters that JSON can hold and a database cannot."""
    return text.encode("utf-8", "replace").decode()


def _loose(text: str) -> Affected:
    ranges, _, listed = (text or _ALL).partition(_HALVES)
    events = [[(event[0], event[1:]) for event in one.split(_EVENTS)] for one in ranges.split(_ITEMS) if one]
    return events, listed.split(_ITEMS) if listed else []


def affects(ecosystem: str, version: str, text: str) -> bool:
    """Whether a compact range tells that the version is affected: it is listed, or in a range."""
    if not text:
        return is_known(ecosystem)
    ranges, listed = _loose(text)
    return version in listed or _in_any(ecosystem, version, ranges) or _same(ecosystem, version, listed)


def always(text: str) -> bool:
    """Whether every version is affected, known or not."""
    ranges, _ = _loose(text)
    return any(events == [("i", "0")] for events in ranges)


def fixes(ecosystem: str, version: str, text: str) -> list[str]:
    """The first version that mends it in each range that the version lies in; in all ranges when it is in none."""
    ranges, _ = _loose(text)
    if not is_known(ecosystem):
        return sorted({ver for events in ranges for kind, ver in events if kind == "f"})
    wanted = [events for events in ranges if _inside(ecosystem, version, events)] or ranges
    above = key(ecosystem, version)
    found = set()
    for events in wanted:
        later = [ver for kind, ver in events if kind == "f" and key(ecosystem, ver) > above]
        found |= {min(later, key=lambda ver: key(ecosystem, ver))} if later else set()
    return sorted(found, key=lambda ver: key(ecosystem, ver))


def _same(ecosystem: str, version: str, listed: Iterable[str]) -> bool:
    if not is_known(ecosystem) or not listed:
        return False
    wanted = key(ecosystem, version)
    return any(key(ecosystem, other) == wanted for other in listed)


def _in_any(ecosystem: str, version: str, ranges: Iterable[Events]) -> bool:
    return is_known(ecosystem) and any(_inside(ecosystem, version, events) for events in ranges)


def _inside(ecosystem: str, version: str, events: Events) -> bool:
    """The last event before a version decides, see https://ossf.github.io/osv-schema/#evaluation."""
    wanted = key(ecosystem, version)
    if len(events) == 2 and events[0] == ("i", "0") and events[1][0] == "f":  # as nearly all are
        return not key(ecosystem, events[1][1]) <= wanted
    state = False
    for kind, text in sorted(events, key=lambda event: _event_key(ecosystem, event)):
        if kind == "i":
            state = state or text == "0" or key(ecosystem, text) <= wanted
        elif kind == "f":
            state = state and not key(ecosystem, text) <= wanted
        elif key(ecosystem, text) < wanted:
            state = False
    return state


def _event_key(ecosystem: str, event: tuple[str, str]) -> tuple[bool, Any]:
    """In order of versions; `introduced: "0"` is before all of them, those of development included."""
    kind, text = event
    first = kind == "i" and text == "0"
    return (not first, 0 if first else key(ecosystem, text))
