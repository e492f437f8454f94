"""One leak, one story: the places of a secret in a document are put together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from mlsec_nb.core import Confidence, Edit, Evidence, Finding, Fix, Location, Related, Rule, Segment, Severity

from . import mending
from .places import Placed
from .printed import Printed
from .views.program import FOLDED

if TYPE_CHECKING:
    from .verifying import Verifier

NAME = "secrets"
MOST_RELATED = 20  # further places are counted in `details`, not listed


def tell(
    found: Iterable[Placed], segments: Sequence[Segment], key: bytes, verifier: "Verifier | None" = None
) -> Iterator[Finding]:
    """A finding for each place; the first of a secret knows the others. With a verifier, each says whether it works."""
    findings: list[Finding] = []
    groups: dict[str, list[int]] = {}
    seen: set[tuple[str, Location]] = set()
    has_os = cache(lambda: mending.imports_os(segments))  # asked for by the first finding, for all of them
    for item in found:
        location = item.root.at(item.start, item.end)
        finding = _finding(item, location, has_os, key)
        if verifier is not None:
            finding = _verified(finding, item.candidate.value, verifier)
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


def _finding(item: Placed, location: Location, has_os: Callable[[], bool], key: bytes) -> Finding:
    found = item.candidate
    is_name = found.name.replace(".", "_").isidentifier() and len(found.name) <= 60
    return Finding(
        rule=found.rule,
        scanner=NAME,
        location=location,
        evidence=Evidence.secret(found.value, key, found.prefix),
        message=f"{found.rule.title}{_how(item)}",
        confidence=found.confidence,
        fixes=mending.fixes(item, has_os),
        details={"name": found.name} if is_name else {},
    )


def _verified(finding: Finding, secret: str, verifier: "Verifier") -> Finding:
    """The finding with what the vendor says: a key that works could not be worse, one that does not is history."""
    from .verifying import Works

    said = verifier.ask(finding.rule.id, secret)
    details = {**finding.details, "verified": str(said.works), "verified_by": said.host}
    message = f"{finding.message} ({said.works}: {said.why})"
    if said.works is Works.VERIFIED:
        return replace(
            finding, message=message, details=details, severity=Severity.CRITICAL, confidence=Confidence.HIGH
        )
    if said.works is Works.INACTIVE:
        return replace(finding, message=message, details=details, severity=Severity.LOW)
    return replace(finding, message=message, details=details)


def _how(item: Placed) -> str:
    """What a reader must know to see it at that place."""
    if item.candidate.segment.language == FOLDED:
        return ", put together by the program"
    text = item.root.text[item.start : item.end]
    return "" if item.candidate.value in text else ", encoded or split"


def tell_printed(segment: Segment, found: Printed, rule: Rule, key: bytes) -> Finding:
    """The finding of a cell that prints a secret."""
    location = segment.at(found.start, found.end)
    edits = (Edit(location, f"bool({segment.text[found.start : found.end]})"),)
    return Finding(
        rule=rule,
        scanner=NAME,
        location=location,
        evidence=Evidence.excerpt(segment.text[found.start : found.end], key),
        message=f"{rule.title}: {found.name}",
        fixes=()
        if segment.text[found.start - 1 : found.start] in ("$", "{")
        else (Fix(title="Print whether it is set", edits=edits),),
        details={"name": found.name},
    )
