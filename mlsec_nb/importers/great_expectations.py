"""Great Expectations: validation results and checkpoint results, 0.x and 1.x (https://docs.greatexpectations.io)."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity

from . import grades
from .told import Told, name, prose
from .values import all_have, at, first, has, number, text

_SEVERITIES = {"critical": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW}
_DEFAULT = "warning"


def is_mine(value: Any) -> bool:
    return (
        has(value, "success", "results", "statistics")
        or (has(value, "success") and all_have(at(value, "results"), "expectation_config"))
        or has(value, "run_results")
        or all_have(at(value, "validation_results"), "success")
    )  # fmt: skip


def read(value: Any, told: Told) -> None:
    """Every expectation that was not met; one that could not be evaluated is a gap. Values of the data are not kept."""
    for validation in _validations(value, told):
        asset = _asset(validation)
        if asset and asset not in told.targets:
            told.targets.append(asset)
        for one in told.rows(validation, "results"):
            _result(one, told, asset)


def _validations(value: Mapping[str, Any], told: Told) -> Iterator[Mapping[str, Any]]:
    runs = at(value, "run_results")
    if isinstance(runs, Mapping):
        for run in runs.values():
            found = at(run, "validation_result") or run
            if isinstance(found, Mapping):
                yield found
            else:
                told.missed("the result of a run cannot be read", code="malformed")
    elif "validation_results" in value:
        yield from told.rows(value, "validation_results")
    else:
        yield value


def _asset(validation: Mapping[str, Any]) -> str:
    meta = at(validation, "meta")
    return first(
        text(meta, "active_batch_definition", "data_asset_name"), text(meta, "batch_kwargs", "path"),
        text(meta, "batch_spec", "path"), text(validation, "asset_name"), text(meta, "batch_id"),
    )  # fmt: skip


def _result(one: Mapping[str, Any], told: Told, asset: str) -> None:
    config = at(one, "expectation_config")
    kind = first(text(config, "type"), text(config, "expectation_type"), "expectation")
    column = first(text(config, "kwargs", "column"), text(config, "kwargs", "column_A"))
    about = f"{kind} {column}".strip()
    if _raised(at(one, "exception_info")):
        told.missed(f"{about} could not be evaluated", code="failed", place=told.place(asset))
    elif one.get("success") is False:
        told.found(
            kind, kind.replace("_", " "), message=f"{kind.replace('_', ' ')}: {column or 'the table'}" + _count(one),
            severity=grades.severity(first(text(config, "severity"), _DEFAULT), _SEVERITIES),
            confidence=Confidence.HIGH, place=told.place(asset), shown=Evidence.fact(prose(about)),
            details={"column": name(column)} if column else {},
        )  # fmt: skip
    elif one.get("success") is not True:
        told.missed(f"{about} does not say whether it was met", code="malformed", place=told.place(asset))


def _raised(value: Any) -> bool:
    """Newer versions have one such table for each metric."""
    if not isinstance(value, Mapping):
        return False
    return value.get("raised_exception") is True or any(
        isinstance(inner, Mapping) and inner.get("raised_exception") is True for inner in value.values()
    )


def _count(one: Mapping[str, Any]) -> str:
    unexpected, total = number(one, "result", "unexpected_count"), number(one, "result", "element_count")
    if unexpected is None:
        return ""
    return f": {unexpected:.0f}" + (f" of {total:.0f}" if total else "") + " values are not as expected"
