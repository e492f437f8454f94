"""The words and numbers that tools have for severity and confidence, as ours."""

from collections.abc import Mapping

from mlsec_nb.core import Confidence, Severity

Grades = Mapping[str, Severity]
UNKNOWN = Severity.MEDIUM  # of a word that says nothing: what is not graded is not harmless
COMMON: Grades = {
    "critical": Severity.CRITICAL, "blocker": Severity.CRITICAL,
    "high": Severity.HIGH, "error": Severity.HIGH, "important": Severity.HIGH, "major": Severity.HIGH,
    "medium": Severity.MEDIUM, "moderate": Severity.MEDIUM, "warning": Severity.MEDIUM, "warn": Severity.MEDIUM,
    "low": Severity.LOW, "minor": Severity.LOW, "note": Severity.LOW, "negligible": Severity.LOW, "style": Severity.LOW,
    "info": Severity.INFO, "informational": Severity.INFO, "information": Severity.INFO, "none": Severity.INFO,
    "debug": Severity.INFO,
}  # fmt: skip
_SURE: Mapping[str, Confidence] = {
    "high": Confidence.HIGH, "confirmed": Confidence.HIGH, "firm": Confidence.HIGH, "very-high": Confidence.HIGH,
    "medium": Confidence.MEDIUM, "low": Confidence.LOW, "tentative": Confidence.LOW, "unknown": Confidence.LOW,
}  # fmt: skip


def severity(word: str, own: Grades | None = None) -> Severity:
    """The severity that a tool's word means: by the tool's own table, then by what is common."""
    key = word.strip().lower()
    return (own or {}).get(key) or COMMON.get(key) or UNKNOWN


def confidence(word: str) -> Confidence:
    """The confidence that a tool's word means; medium for any that is not known."""
    return _SURE.get(word.strip().lower(), Confidence.MEDIUM)


def scored(score: float | None) -> Severity | None:
    """The severity of a CVSS score (https://www.first.org/cvss/v3.1/specification-document, section 5)."""
    if score is None or not 0 <= score <= 10:
        return None
    for least, grade in ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW)):
        if score >= least:
            return grade
    return Severity.INFO
