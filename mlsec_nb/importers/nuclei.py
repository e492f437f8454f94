"""nuclei: `nuclei -jsonl` and `-json-export` (https://docs.projectdiscovery.io/tools/nuclei)."""

from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity

from . import grades
from .told import Told, prose
from .values import all_have, first, text, texts

_SEVERITIES = {"unknown": Severity.MEDIUM}


def is_mine(value: Any) -> bool:
    return all_have(value, "template-id", "info") or all_have(value, "templateID", "info")


def read(value: Any, told: Told) -> None:
    """Every match; requests, answers and what was extracted from them are not kept."""
    for one in told.rows(value):
        if one.get("matcher-status") is False:
            continue
        own = first(text(one, "template-id"), text(one, "templateID"), "unnamed")
        part = first(text(one, "matcher-name"), text(one, "extractor-name"))
        called = first(text(one, "info", "name"), own)
        told.found(
            own, called, message=f"{called} ({part})" if part else called, confidence=Confidence.HIGH,
            severity=grades.severity(text(one, "info", "severity"), _SEVERITIES),
            place=told.place(first(text(one, "matched-at"), text(one, "matched"), text(one, "url"), text(one, "host"))),
            why=text(one, "info", "description"), fix=text(one, "info", "remediation"),
            shown=Evidence.fact(prose(part)),
            references=[word.upper() for key in ("cve-id", "cwe-id")
                        for word in texts(one, "info", "classification", key)],
        )  # fmt: skip
