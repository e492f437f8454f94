"""Gitleaks: `gitleaks dir|git … -f json`, and the reports of before version 8 (https://github.com/gitleaks/gitleaks)."""

from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity

from .told import Told
from .values import all_have, first, line, text

_SEVERITY = Severity.HIGH  # the tool grades nothing
_OLD = {"RuleID": "rule", "Secret": "offender", "StartLine": "lineNumber", "File": "file", "Commit": "commit"}


def is_mine(value: Any) -> bool:
    return any(
        all_have(value, *keys)
        for keys in (("RuleID", "StartLine"), ("RuleID", "Secret"), ("rule", "offender", "commit"))
    )


def read(value: Any, told: Told) -> None:
    """Every leak; the secret itself is taken for its digest and not kept."""
    for row in told.rows(value):
        leak: Mapping[str, Any] = {new: row.get(old) for new, old in _OLD.items()} if "offender" in row else row
        secret = first(text(leak, "Secret"), text(leak, "Match"))
        commit = text(leak, "Commit")[:64]
        told.found(
            first(text(leak, "RuleID"), "unnamed"), first(text(leak, "Description"), "A secret"), severity=_SEVERITY,
            place=told.place(
                text(leak, "File"), line(leak, "StartLine"), line(leak, "StartColumn"),
                (line(leak, "EndLine"), line(leak, "EndColumn")),
            ),
            confidence=Confidence.MEDIUM, shown=Evidence.secret(secret, told.key), references=("CWE-798",),
            details={"commit": commit} if commit else {},
        )  # fmt: skip
