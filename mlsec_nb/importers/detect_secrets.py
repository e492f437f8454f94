"""detect-secrets: `detect-secrets scan`, a baseline (https://github.com/Yelp/detect-secrets)."""

from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity, Status

from .told import Told
from .values import at, first, has, line, text

_SEVERITIES = {True: Severity.CRITICAL, False: Severity.HIGH}  # whether the service took the secret


def is_mine(value: Any) -> bool:
    return has(value, "plugins_used", "results") and isinstance(value["results"], Mapping)


def read(value: Any, told: Told) -> None:
    """Every secret; the unsalted hash of it can be guessed, so only a keyed digest of that hash is kept."""
    for path, entries in at(value, "results").items():
        for one in told.rows({"results": entries}, "results"):
            is_live = one.get("is_verified") is True
            kind = first(text(one, "type"), "unnamed")
            judged = one.get("is_secret")
            told.found(
                kind, kind, severity=_SEVERITIES[is_live], place=told.place(path, line(one, "line_number")),
                confidence=Confidence.HIGH if is_live or judged is True else Confidence.MEDIUM,
                shown=Evidence("…", Evidence.secret(text(one, "hashed_secret"), told.key).digest),
                references=("CWE-798",), details={"verified": is_live},
                status=Status.SUPPRESSED if judged is False else Status.NEW,
                reason="audited: is no secret" if judged is False else "",
            )  # fmt: skip
