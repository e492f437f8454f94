"""zizmor: `zizmor --format json` (https://docs.zizmor.sh)."""

from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Location, Severity, Status

from . import grades
from .told import Told, titled
from .values import all_have, at, first, line, mappings, text

_SEVERITIES = {"informational": Severity.INFO, "unknown": Severity.MEDIUM}


def is_mine(value: Any) -> bool:
    return all_have(value, "ident", "determinations", "locations")


def read(value: Any, told: Told) -> None:
    """Every finding at its primary location; ignored ones are suppressed."""
    for one in told.rows(value):
        where = mappings(one, "locations")
        main = next((place for place in where if text(place, "symbolic", "kind") == "Primary"), at(where, 0))
        ignored = one.get("ignored") is True
        note = text(main, "symbolic", "annotation")
        desc = first(text(one, "desc"), text(one, "ident"))
        told.found(
            first(text(one, "ident"), "unnamed"), desc, composed=f"{titled(desc)}: {titled(note)}" if note else "",
            severity=grades.severity(text(one, "determinations", "severity"), _SEVERITIES),
            confidence=grades.confidence(text(one, "determinations", "confidence")), place=_place(main, told),
            shown=text(main, "concrete", "feature").partition("\n")[0], references=[text(one, "url")],
            status=Status.SUPPRESSED if ignored else Status.NEW, reason="ignored in the source" if ignored else "",
        )  # fmt: skip


def _place(one: Any, told: Told) -> Location:
    """Rows and columns count from 0."""
    key: Any = at(one, "symbolic", "key", "Local") or at(one, "symbolic", "key", "Remote")
    path = (
        first(*(text(key, word) for word in ("verbatim_path", "given_path", "path")))
        if isinstance(key, Mapping)
        else ""
    )
    span = at(one, "concrete", "location")
    return told.place(
        path, line(span, "start_point", "row", shift=1), line(span, "start_point", "column", shift=1),
        (line(span, "end_point", "row", shift=1), line(span, "end_point", "column", shift=1)),
    )  # fmt: skip
