"""hadolint: `hadolint -f json` (https://github.com/hadolint/hadolint)."""

from typing import Any

from mlsec_nb.core import Confidence, Severity

from . import grades
from .told import Told
from .values import all_have, first, line, text

_SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW, "style": Severity.INFO}
_DOES_NOT_PARSE = "DL1000"


def is_mine(value: Any) -> bool:
    return all_have(value, "code", "file", "level", "line")


def read(value: Any, told: Told) -> None:
    """Every result; a Dockerfile that does not parse was not looked at any further."""
    for one in told.rows(value):
        own = first(text(one, "code"), "unnamed")
        place = told.place(text(one, "file"), line(one, "line"), line(one, "column"))
        told.found(own, own, message=text(one, "message"), confidence=Confidence.HIGH, place=place,
                   severity=grades.severity(text(one, "level"), _SEVERITIES))  # fmt: skip
        if own == _DOES_NOT_PARSE:
            told.missed("the file does not parse, the rest of it was not looked at", code="malformed", place=place)
