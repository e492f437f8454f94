"""A rule at a run of a segment's text, before it is a Finding."""

from dataclasses import dataclass

from mlsec_nb.core import Confidence, Edit, Evidence, Finding, Fix, Segment, Severity

from .findings import MAX_EXCERPT, conceal
from .rules import Catalogue


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a rule holds in a text; severity and confidence are the rule's when they are None."""

    rule: str
    segment: Segment
    start: int
    end: int
    severity: Severity | None = None
    confidence: Confidence | None = None
    message: str = ""
    shown: str | None = None  # what is shown in place of the text itself
    secret: bool = False  # the text itself is what must not be shown
    erased: tuple[tuple[int, int], ...] = ()  # what goes when it is mended: nothing that a reader would miss

    def finding(self, catalogue: Catalogue, scanner: str, key: bytes) -> Finding:
        rule = catalogue.rules[self.rule]
        text = self.segment.text[self.start : min(self.end, self.start + MAX_EXCERPT)]
        if self.secret:
            evidence = Evidence.secret(text, key)
        elif self.shown is not None:
            evidence = Evidence.fact(self.shown, key)
        else:
            evidence = Evidence.excerpt(conceal(text), key)
        place = self.segment.at(self.start, max(self.end, self.start))
        return Finding(
            rule=rule, scanner=scanner, location=place, evidence=evidence, message=self.message,
            severity=self.severity or rule.severity, confidence=self.confidence or rule.confidence, fixes=self._fixes(),
        )  # fmt: skip

    def _fixes(self) -> tuple[Fix, ...]:
        if not self.erased:
            return ()
        edits = tuple(Edit(self.segment.at(start, end), "") for start, end in self.erased)
        return (Fix(title="Take the invisible characters out", edits=edits),)
