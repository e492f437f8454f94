"""A hit as a Finding: excerpt masked, steps as related places, exact fixes."""

import re
from collections.abc import Iterable

from mlsec_nb.core import Evidence, Finding, Related, mask, mask_text

from .edits import fix
from .rules import Catalogue
from .state import Hit

MAX_EXCERPT = 400  # characters of code that are handed to the masking
_AUTH = re.compile(
    r"(?i)\b(auth\w*|credentials?|login)(\s*=\s*|\()[(\[]?\s*[fru]*(['\"]).*?\3\s*(?:,\s*[fru]*(['\"]).*?\4)?\s*[)\]]?"
)
_USER = re.compile(r"(?<!\w)(-u|--user|-p)(\s*)(?=\S*[^\s\w/.-]|\S*\d)\S{4,}")
_SETTING = re.compile(r"((?i:\b\w*(?:key|token|secret|pass|pwd|auth)\w*=)|[?&]\w+=)(?![\$\{<'\"(])([^\s&'\"),;]{6,})")
_LITERAL = re.compile(r"(['\"])([^\s'\"/\\.:<>{}]{6,})\1")


def conceal(text: str, hidden: Iterable[str] = ()) -> str:
    """An excerpt without what stands where credentials stand: known ones, `auth=(…)`, `-u x:y`, odd literals."""
    for value in sorted(hidden, key=len, reverse=True):
        if len(value) > 3:
            text = text.replace(value, mask(value))
    text = _AUTH.sub(lambda match: f"{match[1]}{match[2]}…", text)
    text = _USER.sub(lambda match: f"{match[1]}{match[2]}…", text)
    text = _SETTING.sub(lambda match: f"{match[1]}{mask(match[2])}", text)
    return _LITERAL.sub(_literal, text)


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
