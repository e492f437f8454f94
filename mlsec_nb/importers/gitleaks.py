"""Gitleaks: `gitleaks dir|git … -f json` (https://github.com/gitleaks/gitleaks)."""

from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity

from .told import Told
from .values import all_have, first, line, text

_SEVERITY = Severity.HIGH  # the tool grades nothing


def is_mine(value: Any) -> bool:
    return all_have(value, "RuleID", "StartLine") or all_have(value, "RuleID", "Secret")


def read(value: Any, told: Told) -> None:
    """Every leak; the secret itself is taken for its digest and not kept."""
    for leak in told.rows(value):
        secret = first(text(leak, "Secret"), text(leak, "Match"))
        details = {key.lower(): text(leak, key)[:64] for key in ("Commit", "Date") if text(leak, key)}
        told.found(
            first(text(leak, "RuleID"), "unnamed"), first(text(leak, "Description"), "A secret"), severity=_SEVERITY,
            place=told.place(
                text(leak, "File"), line(leak, "StartLine"), line(leak, "StartColumn"),
                (line(leak, "EndLine"), line(leak, "EndColumn")),
            ),
            confidence=Confidence.MEDIUM, shown=Evidence.secret(secret, told.key), references=("CWE-798",),
            details=details,
        )  # fmt: skip
