"""ZAP: the traditional reports, JSON (`-J`) and XML (`-x`) (https://www.zaproxy.org/docs/desktop/addons/report-generation/)."""

from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Severity, Status

from .markup import leaf
from .told import Told, prose
from .values import all_have, at, first, has, mappings, number, text, without_markup

_SEVERITIES = {0: Severity.INFO, 1: Severity.LOW, 2: Severity.MEDIUM, 3: Severity.HIGH}
_SURE = {1: Confidence.LOW, 2: Confidence.MEDIUM, 3: Confidence.HIGH, 4: Confidence.HIGH}
_ROOT = "OWASPZAPReport"
_WORDS = (
    *("pluginid", "alertRef", "alert", "name", "riskcode", "confidence", "desc", "count", "solution", "cweid"),
    *("uri", "method", "param", "evidence"),
)
_FALSE = 0  # the confidence of a false positive


def is_mine(value: Any) -> bool:
    return has(value, _ROOT) or (
        has(value, "site")
        and (has(value, "@programName") or has(value, "@version") or all_have(at(value, "site"), "alerts"))
    )


def read(value: Any, told: Told) -> None:
    """Every instance of every alert; texts are HTML and lose their markup."""
    if has(value, _ROOT):
        value = {"site": [_site(site) for site in told.rows(value, _ROOT, 0, "site")]}
    sites = value.get("site")
    for site in [sites] if isinstance(sites, Mapping) else told.rows(value, "site"):
        host = text(site, "@name")
        if host:
            told.targets.append(prose(host))
        for alert in told.rows(site, "alerts"):
            for instance in told.rows(alert, "instances") or [{}]:
                _told(alert, instance, told, host)


def _site(site: Mapping[str, Any]) -> dict[str, Any]:
    """A site of the XML report as the JSON report has it."""
    alerts = [
        {**_texts(alert), "instances": [_texts(one) for one in mappings(alert, "instances", 0, "instance")]}
        for alert in mappings(site, "alerts", 0, "alertitem")
    ]
    return {"@name": text(site, "@name"), "alerts": alerts}


def _texts(element: Mapping[str, Any]) -> dict[str, Any]:
    return {name: leaf(element, name) for name in _WORDS if name in element}


def _told(alert: Mapping[str, Any], instance: Mapping[str, Any], told: Told, host: str) -> None:
    title = without_markup(first(text(alert, "alert"), text(alert, "name"), "unnamed"))
    risk, sure, cwe = number(alert, "riskcode"), number(alert, "confidence"), number(alert, "cweid")
    is_false = sure == _FALSE
    request = " ".join(filter(None, (text(instance, "method"), text(instance, "param"))))
    told.found(
        first(text(alert, "alertRef"), text(alert, "pluginid"), "unnamed"), title,
        message=f"{title} ({request})" if request else title,
        severity=_SEVERITIES.get(int(risk) if risk is not None else -1, Severity.MEDIUM),
        confidence=_SURE.get(int(sure) if sure is not None else -1, Confidence.MEDIUM),
        place=told.place(first(text(instance, "uri"), host)), why=without_markup(text(alert, "desc")),
        fix=without_markup(text(alert, "solution")), references=[f"CWE-{cwe:.0f}"] if cwe and cwe > 0 else [],
        shown=Evidence.secret(text(instance, "evidence"), told.key) if text(instance, "evidence")
        else Evidence.fact(prose(request)),
        status=Status.SUPPRESSED if is_false else Status.NEW, reason="ZAP: a false positive" if is_false else "",
        details={"instances": int(count)} if (count := number(alert, "count")) else {},
    )  # fmt: skip
