"""How bad an advisory is, from whatever its record says."""

from collections.abc import Mapping
from typing import Any, Final

from mlsec_nb.core import Severity

_WORDS: Final = {
    "CRITICAL": Severity.CRITICAL, "HIGH": Severity.HIGH, "IMPORTANT": Severity.HIGH, "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW, "NEGLIGIBLE": Severity.INFO, "UNIMPORTANT": Severity.INFO,
}  # fmt: skip


def of_score(score: float) -> Severity:
    """https://www.first.org/cvss/v4.0/specification-document#Qualitative-Severity-Rating-Scale."""
    bounds = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
    return next((grade for least, grade in bounds if score >= least), Severity.INFO)


def base_score(vector: str) -> float | None:
    """The base score of a CVSS vector of version 2, 3 or 4; None for what is none."""
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    kind = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    try:
        made = kind(vector.rstrip("/"))
    except (CVSSError, ValueError, KeyError):
        return None
    return float(made.base_score) if made.base_score is not None else None


def rated(record: Mapping[str, Any]) -> tuple[Severity | None, float | None, str]:
    """Severity, score and vector of one record: the word of its database before the score, the newest score first."""
    vectors = [entry for entry in _entries(record) if isinstance(entry.get("score"), str)]
    ordered = sorted(vectors, key=lambda entry: str(entry.get("type")), reverse=True)
    scores = ((base_score(entry["score"]), entry["score"]) for entry in ordered)
    score, vector = next(((score, vector) for score, vector in scores if score is not None), (None, ""))
    said = _word(record)
    if str(record.get("id", "")).startswith("MAL-"):
        said = Severity.CRITICAL
    return said or (of_score(score) if score is not None else None), score, vector


def _entries(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = list(record.get("severity") or [])
    for affected in record.get("affected") or []:
        found += affected.get("severity") or []
    return [entry for entry in found if isinstance(entry, dict)]


def _word(record: Mapping[str, Any]) -> Severity | None:
    own = record.get("database_specific")
    said = own.get("severity") if isinstance(own, dict) else None
    if isinstance(said, str) and said.upper() in _WORDS:
        return _WORDS[said.upper()]
    for affected in record.get("affected") or []:
        for name, key in (("ecosystem_specific", "urgency"), ("ecosystem_specific", "severity")):
            table = affected.get(name)
            said = table.get(key) if isinstance(table, dict) else None
            if isinstance(said, str) and said.upper() in _WORDS:
                return _WORDS[said.upper()]
    return None
