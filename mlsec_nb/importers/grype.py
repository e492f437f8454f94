"""Grype: `grype … -o json` (https://github.com/anchore/grype)."""

from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Location, Severity, Status

from . import grades
from .advisory import Vulnerable, vulnerable
from .told import Told
from .values import all_have, at, first, has, mappings, number, text, texts

_SEVERITIES = {"negligible": Severity.INFO, "unknown": Severity.MEDIUM}


def is_mine(value: Any) -> bool:
    is_whole = has(value, "matches") and (has(value, "descriptor") or has(value, "source"))
    return is_whole or all_have(at(value, "matches"), "vulnerability", "artifact")


def read(value: Any, told: Told) -> None:
    """Every match; those that a rule or a VEX document takes out are suppressed."""
    image = text(value, "source", "target", "userInput") if text(value, "source", "type") == "image" else ""
    if image:
        told.targets.append(image)
        system = f"{text(value, 'distro', 'name')} {text(value, 'distro', 'version')}".strip()
        told.component(
            image, "image", place=told.place(image),
            properties={"os": system, "digest": text(value, "source", "target", "manifestDigest")},
        )  # fmt: skip
    for match in told.rows(value, "matches"):
        _match(match, told, image)
    for match in told.rows(value, "ignoredMatches"):
        _match(match, told, image, ignored=True)


def _match(match: Mapping[str, Any], told: Told, image: str, *, ignored: bool = False) -> None:
    one, package = at(match, "vulnerability"), at(match, "artifact")
    related = mappings(match, "relatedVulnerabilities")
    scores = [(score, text(row, "vector")) for record in (one, *related) for row in mappings(record, "cvss")
              if (score := number(row, "metrics", "baseScore")) is not None]  # fmt: skip
    score, vector = max(scores, default=(None, ""))
    vulnerable(told, Vulnerable(
        id=text(one, "id"), package=text(package, "name"), version=text(package, "version"),
        severity=grades.severity(text(one, "severity"), _SEVERITIES),
        summary=first(text(one, "description"), *(text(row, "description") for row in related)).partition(". ")[0],
        aliases=[text(row, "id") for row in related], fixed=texts(one, "fix", "versions"), cvss=score, vector=vector,
        purl=text(package, "purl"), ecosystem=text(package, "type"), state=text(one, "fix", "state"),
        epss=number(one, "epss", 0, "epss"), exploited=bool(mappings(one, "knownExploited")),
        cwes=[text(row, "cwe") for row in mappings(one, "cwes")],
        status=Status.SUPPRESSED if ignored else Status.NEW, reason=_reason(match) if ignored else "",
    ), place_of(package, told, image))  # fmt: skip


def _reason(match: Mapping[str, Any]) -> str:
    rule = at(match, "appliedIgnoreRules", 0)
    said = (text(rule, "reason"), text(rule, "vex-status"), text(rule, "vex-justification"))
    return "ignored by grype: " + (" ".join(filter(None, said)) or "(no reason given)")


def place_of(package: Any, told: Told, image: str) -> Location:
    """Where a package of Syft's kind was found; paths are those of the image or folder that was looked at."""
    path = text(package, "locations", 0, "path")
    if image:
        return told.place(image, member=path, layer=text(package, "locations", 0, "layerID"))
    return told.place(path.lstrip("/"))
