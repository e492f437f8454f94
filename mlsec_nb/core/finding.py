"""A rule at a place, whole from birth."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .evidence import Evidence
from .grades import Confidence, Severity
from .location import Location
from .rule import Rule


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement: the text from `location`'s line and column to its end becomes `replacement`."""

    location: Location
    replacement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A way to mend a finding.

    `action` is "replace" (apply `edits`), "redact" (mask what stands at the edits' places), "clear-output" (empty the
    outputs of the cell at the edits' places) or "comment" (put the replacement at the end of the line there).
    """

    title: str
    action: str = "replace"
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Related:
    """A further place of the same story: a step of a flow, another copy of the same secret."""

    location: Location
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule at a location, with evidence and perhaps fixes.

    `severity` and `confidence` default to the rule's; `details` holds what a drill-down view shows (JSON values, no
    secret). Neither line nor cell number goes into the fingerprint, so it survives moved cells and re-execution.
    """

    rule: Rule
    scanner: str
    location: Location
    evidence: Evidence
    message: str = ""
    severity: Severity = None  # type: ignore[assignment]  # filled from the rule at birth
    confidence: Confidence = None  # type: ignore[assignment]
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "severity", self.severity or self.rule.severity)
        put(self, "confidence", self.confidence or self.rule.confidence)
        put(self, "message", self.message or self.rule.title)
        place = self.location
        words = (self.rule.id, place.path, place.member or "", place.part_kind, self.evidence.digest)
        put(
            self,
            "fingerprint",
            hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:32],
        )
