"""ModelScan: `modelscan -p … -r json` (https://github.com/protectai/modelscan)."""

from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity

from . import grades
from .told import Told, prose
from .values import first, has, text

_SEVERITIES: grades.Grades = {"critical": Severity.CRITICAL}


def is_mine(value: Any) -> bool:
    return has(value, "summary", "issues") and has(value.get("summary"), "total_issues")


def read(value: Any, told: Told) -> None:
    """Every issue; what it could not read or skipped is a gap."""
    for one in told.rows(value, "issues"):
        path, _, member = text(one, "source").partition(":") if _is_member(text(one, "source")) else (
            text(one, "source"), "", "")  # fmt: skip
        what = ".".join(filter(None, (text(one, "module"), text(one, "operator"))))
        told.found(
            first(text(one, "scanner").rpartition(".")[2], "unnamed"), "What loading the model would do",
            message=text(one, "description"), severity=grades.severity(text(one, "severity"), _SEVERITIES),
            confidence=Confidence.HIGH, place=told.place(path, member=member),
            shown=Evidence.fact(prose(what)), references=("CWE-502",),
        )  # fmt: skip
    for one in told.rows(value, "errors"):
        words = first(text(one, "description"), text(one, "category"), "could not be read")
        told.missed(words, place=told.place(text(one, "source")))
    for one in told.rows(value, "summary", "skipped", "skipped_files"):
        told.missed(first(text(one, "description"), "skipped"), code="skipped", place=told.place(text(one, "source")))


def _is_member(source: str) -> bool:
    """`model.pt:archive/data.pkl` is a file inside a file; `C:/model.pt` is none."""
    return ":" in source[2:] and "://" not in source and source[1:2] != ":"
