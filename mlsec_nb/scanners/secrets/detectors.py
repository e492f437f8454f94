"""The detectors of the detect-secrets library, behind our judges.

Off unless asked for: on the lines with telling names alone they cost as much as all else together, and of the generated
notebooks they find nothing that our rules do not.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from mlsec_nb.core import Confidence, Rule, Segment

from .judges import passwords, placeholders, randomness, shapes
from .opinion import Candidate

LONGEST: Final = 1000  # characters of a line; the plugins' patterns are not bounded
_LEFT_OUT: Final = frozenset({"IPPublicDetector"})  # an address is no secret


@lru_cache(maxsize=1)
def _plugins() -> tuple[Any, ...]:
    settings: Any = import_module("detect_secrets.settings")
    plugins: Any = import_module("detect_secrets.core.plugins.util")
    initialize: Any = import_module("detect_secrets.core.plugins.initialize")
    with settings.default_settings():
        kinds = sorted(plugins.get_mapping_from_secret_type_to_class().values(), key=lambda kind: str(kind.__name__))
        return tuple(
            initialize.from_plugin_classname(kind.__name__) for kind in kinds if kind.__name__ not in _LEFT_OUT
        )


def detected(segment: Segment, places: Sequence[int], rule: Rule) -> Iterator[Candidate]:
    """What the plugins tell on the lines of these places."""
    text = segment.text
    lines = sorted({text.rfind("\n", 0, place) + 1 for place in places})
    for start in lines:
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if len(line) > LONGEST:
            continue
        for value in sorted({str(found) for plugin in _plugins() for found in plugin.analyze_string(line) if found}):
            if (at := line.find(value)) >= 0 and _is_secret(value):
                place = start + at
                yield Candidate(rule, segment, place, place + len(value), value, Confidence.MEDIUM, rank=4)


def _is_secret(value: str) -> bool:
    if placeholders.is_placeholder(value, 8) or shapes.is_uuid(value) or shapes.is_reference(value):
        return False
    return randomness.is_random(value) or passwords.is_password(value, sure=False)
