"""A hit as a Finding: excerpt masked, steps as related places, exact fixes."""

from mlsec_nb.core import Evidence, Finding, Related, mask_text

from .edits import fix
from .rules import Catalogue
from .state import Hit

MAX_EXCERPT = 400  # characters of code that are handed to the masking


def finding(hit: Hit, catalogue: Catalogue, scanner: str, key: bytes) -> Finding:
    """The Finding of a hit."""
    excerpt = hit.source.segment.text[hit.start : min(hit.end, hit.start + MAX_EXCERPT)]
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
