"""fickling: `fickling --check-safety --json-output FILE` (https://github.com/trailofbits/fickling)."""

from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Severity

from . import grades
from .told import Told
from .values import at, first, has, text

_SEVERITIES = {
    "likely_safe": Severity.INFO, "possibly_unsafe": Severity.LOW, "suspicious": Severity.MEDIUM,
    "likely_unsafe": Severity.MEDIUM, "likely_overtly_malicious": Severity.HIGH, "overtly_malicious": Severity.CRITICAL,
}  # fmt: skip


def is_mine(value: Any) -> bool:
    return has(value, "severity", "analysis", "detailed_results")


def read(value: Any, told: Told) -> None:
    """Every analysis that says something; the file is the tool's only severity."""
    severity = grades.severity(text(value, "severity"), _SEVERITIES)
    results = at(value, "detailed_results", "AnalysisResult")
    said = {str(key): words for key, words in results.items()} if isinstance(results, Mapping) else {}
    for own in said:
        told.found(own, f"What loading would do ({own})", message=first(text(said, own), own), severity=severity,
                   references=("CWE-502",))  # fmt: skip
    if not said and severity is not Severity.INFO:
        told.found(text(value, "severity"), "The pickle is not safe to load", message=text(value, "analysis"),
                   severity=severity, references=("CWE-502",))  # fmt: skip
