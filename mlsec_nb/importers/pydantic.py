"""Pydantic: the JSON of `ValidationError.json()`, versions 1 and 2 (https://docs.pydantic.dev/latest/errors/errors/)."""

from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity

from .told import Told, prose, without_quoted
from .values import all_have, at, first, text

_SEVERITY = Severity.MEDIUM  # the library grades nothing


def is_mine(value: Any) -> bool:
    return all_have(value, "loc", "msg", "type")


def read(value: Any, told: Told) -> None:
    """Every error; the input that did not fit is data, and not kept."""
    for one in told.rows(value):
        loc = at(one, "loc")
        steps = [text([step], 0) for step in loc] if isinstance(loc, list) else []
        field = ".".join(filter(None, steps)) or "the whole"
        kind = first(text(one, "type"), "error")
        told.found(
            kind, kind.replace("_", " ").replace(".", " "), severity=_SEVERITY, confidence=Confidence.HIGH,
            message=f"{field}: {without_quoted(text(one, 'msg'))}", shown=Evidence.fact(prose(field)),
            references=("CWE-20",),
        )  # fmt: skip
