"""One leak, one story: the places of a secret in a document are put together."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlsec_nb.core import Evidence, Finding, Location, Related

from .opinion import Candidate
from .places import Placed

NAME = "secrets"
MOST_RELATED = 20  # further places are counted in `details`, not listed


def tell(found: Iterable[Placed], key: bytes) -> Iterator[Finding]:
    """A finding for each place; the first of a secret knows the others."""
    findings: list[Finding] = []
    groups: dict[str, list[int]] = {}
    seen: set[tuple[str, Location]] = set()
    for item in found:
        location = item.root.at(item.start, item.end)
        finding = _finding(item.candidate, location, key)
        if (finding.evidence.digest, location) in seen:
            continue
        seen.add((finding.evidence.digest, location))
        groups.setdefault(finding.evidence.digest, []).append(len(findings))
        findings.append(finding)
    for indices in groups.values():
        first, *others = indices
        related = tuple(Related(findings[index].location, "the same secret") for index in others[:MOST_RELATED])
        findings[first] = replace(
            findings[first], related=related, details={**findings[first].details, "places": len(indices)}
        )
    yield from findings


def _finding(candidate: Candidate, location: Location, key: bytes) -> Finding:
    details = {"name": candidate.name} if candidate.name.isidentifier() and len(candidate.name) <= 60 else {}
    return Finding(
        rule=candidate.rule,
        scanner=NAME,
        location=location,
        evidence=Evidence.secret(candidate.value, key, candidate.prefix),
        confidence=candidate.confidence,
        details=details,
    )
