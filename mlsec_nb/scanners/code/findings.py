"""A hit as a Finding: excerpt masked, steps as related places, exact fixes."""

import re
from collections.abc import Iterable

from mlsec_nb.core import Evidence, Finding, Related, mask, mask_text, masked

from .edits import fix
from .rules import Catalogue
from .state import Hit

MAX_EXCERPT = 400  # characters of code that are handed to the masking
_LITERAL = re.compile(r"(['\"])([^\s'\"/\\.:<>{}]{6,})\1")


def conceal(text: str, hidden: Iterable[str] = ()) -> str:
    """An excerpt without known credentials, without what core masks everywhere, and without odd literals."""
    for value in sorted(hidden, key=len, reverse=True):
        if len(value) > 3:
            text = text.replace(value, mask(value))
    return _LITERAL.sub(_literal, masked(text))


def _literal(match: re.Match[str]) -> str:
    value = match[2]
    odd = any(c.isdigit() for c in value) or any(not c.isalnum() and c not in "_-" for c in value)
    return f"{match[1]}{mask(value)}{match[1]}" if odd and any(c.isalpha() for c in value) else match[0]


def finding(hit: Hit, catalogue: Catalogue, scanner: str, key: bytes, hidden: Iterable[str] = ()) -> Finding:
    """The Finding of a hit."""
    excerpt = conceal(hit.source.segment.text[hit.start : min(hit.end, hit.start + MAX_EXCERPT)], hidden)
    fixes = [found for edits in hit.edits if (found := fix(edits, hit.source, hit.node)) is not None]
    return Finding(
        rule=catalogue.rules[hit.rule],
        scanner=scanner,
        location=hit.source.at(hit.start, max(hit.end, hit.start)),
        evidence=Evidence.excerpt(excerpt, key),
        message=mask_text(hit.message),
        severity=hit.severity,
        confidence=hit.confidence,
        fixes=tuple(fixes),
        related=tuple(Related(step.source.at(step.start, step.end), step.message) for step in hit.steps),
    )
