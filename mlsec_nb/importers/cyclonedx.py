"""CycloneDX JSON 1.2 to 1.7, bills of materials and VEX: https://cyclonedx.org/specification/overview/."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from mlsec_nb.core import Location, Severity, Status

from . import grades
from .advisory import Vulnerable, vulnerable
from .told import Told, prose
from .values import at, first, line, mappings, number, text

_KINDS = {
    "machine-learning-model": "model", "data": "dataset", "container": "image", "operating-system": "system",
    "file": "file",
}  # fmt: skip
SAFE = frozenset({"not_affected", "false_positive", "resolved", "resolved_with_pedigree"})
_SEVERITIES = {"unknown": Severity.MEDIUM, "none": Severity.INFO}
_DEEPEST = 64  # components inside components
_LAYERS = ("aquasecurity:trivy:LayerDiffID", "syft:location:0:layerID")
_PATHS = ("aquasecurity:trivy:FilePath", "syft:location:0:path")
_HASHES = {"SHA-256": "sha256", "SHA-512": "sha512", "SHA-1": "sha1", "MD5": "md5"}


def is_mine(value: Any) -> bool:
    return text(value, "bomFormat") == "CycloneDX"


def read(value: Any, told: Told) -> None:
    """Every component, nested ones too; every vulnerability once for each component that it affects."""
    subject = at(value, "metadata", "component")
    about = text(subject, "name")
    if about:
        told.targets.append(about)
    known = {text(subject, "bom-ref"): subject} if isinstance(subject, Mapping) else {}
    for one in _components(value, told):
        known[text(one, "bom-ref")] = one
        _component(one, told, about)
    for one in told.rows(value, "vulnerabilities"):
        for affected in told.rows(one, "affects") or [{}]:
            ref = text(affected, "ref")
            package = known.get(ref) or known.get(unquote(ref.rpartition("#")[2])) or {}
            _told(one, package, affected, told, about)


def _components(value: Any, told: Told, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    for one in told.rows(value, "components"):
        yield one
        if depth < _DEEPEST:
            yield from _components(one, told, depth + 1)
        elif one.get("components"):
            told.missed(f"components inside components deeper than {_DEEPEST} are left out", code="too-big")


def _property(one: Any, names: tuple[str, ...]) -> str:
    found = {text(item, "name"): text(item, "value") for item in mappings(one, "properties")}
    return first(*(found.get(key, "") for key in names))


def _place(one: Any, told: Told, about: str) -> Location:
    where = at(one, "evidence", "occurrences", 0)
    path = text(where, "location")
    layer = _property(one, _LAYERS)
    inner = _property(one, _PATHS)
    if path:
        outer, _, member = path.partition("!")
        return told.place(outer, line(where, "line"), member=member, layer=layer)
    if layer and about:
        return told.place(about, member=inner, layer=layer)
    return told.place(inner.lstrip("/"))


def _component(one: Mapping[str, Any], told: Told, about: str) -> None:
    group, called = text(one, "group"), text(one, "name")
    licences = [first(text(item, "expression"), text(item, "license", "id"), text(item, "license", "name"))
                for item in mappings(one, "licenses")]  # fmt: skip
    told.component(
        f"{group}/{called}" if group and text(one, "purl").startswith("pkg:npm/") else called,
        _KINDS.get(text(one, "type"), "package"), version=text(one, "version"), purl=text(one, "purl"),
        place=_place(one, told, about),
        properties={"licence": " AND ".join(filter(None, licences)), "cpe": text(one, "cpe"), **_digests(one)},
    )  # fmt: skip


def _digests(one: Mapping[str, Any]) -> dict[str, str]:
    return {_HASHES[kind]: text(item, "content") for item in mappings(one, "hashes")
            if (kind := text(item, "alg")) in _HASHES}  # fmt: skip


def _listed(value: Any, key: str) -> list[Any]:
    found = at(value, key)
    return found[:50] if isinstance(found, list) else []


def _fixed(one: Any, affected: Any) -> list[str]:
    """The versions that are said to be unaffected, else what is recommended by Trivy's words for it."""
    said = [text(row, "version") for row in mappings(affected, "versions") if text(row, "status") == "unaffected"]
    if said:
        return [version for version in said if version]
    words = text(one, "recommendation")
    return [part.strip() for part in words.rpartition(" to version ")[2].split(",")] if " to version " in words else []


def _told(one: Mapping[str, Any], package: Mapping[str, Any], affected: Any, told: Told, about: str) -> None:
    state = text(one, "analysis", "state")
    is_safe = state in SAFE
    score, vector, epss, severity = _ratings(one)
    vulnerable(told, Vulnerable(
        id=text(one, "id"), package=first(text(package, "name"), text(affected, "ref"), "unnamed"),
        version=first(text(package, "version"), text(affected, "versions", 0, "version")), severity=severity,
        summary=first(text(one, "description"), text(one, "detail")).partition("\n")[0],
        aliases=[text(row, "id") for row in mappings(one, "references")], purl=text(package, "purl"),
        cvss=score, vector=vector, epss=epss, fixed=_fixed(one, affected),
        cwes=[f"CWE-{number_:.0f}" for item in _listed(one, "cwes") if (number_ := number([item], 0))],
        status=Status.SUPPRESSED if is_safe else Status.NEW,
        reason=reason_of(one) if is_safe else "",
    ), _place(package, told, about) if package else None)  # fmt: skip


def reason_of(one: Any) -> str:
    """Why a vulnerability does not matter, in the words of the analysis."""
    analysis = at(one, "analysis")
    words = [text(analysis, "state"), text(analysis, "justification"), text(analysis, "detail")]
    return "VEX: " + prose(": ".join(filter(None, words)))


def _ratings(one: Any) -> tuple[float | None, str, float | None, Severity | None]:
    """The worst CVSS score and its vector, the EPSS score (which is none of them), and the worst word."""
    score, vector, epss, worst = None, "", None, None
    for rating in mappings(one, "ratings"):
        value, method = number(rating, "score"), text(rating, "method")
        if text(rating, "source", "name").upper() in ("FIRST", "EPSS") or method in ("other", "SSVC"):
            epss = value if value is not None and 0 <= value <= 1 and method != "SSVC" else epss
        elif value is not None and (score is None or value > score):
            score, vector = value, text(rating, "vector")
        if word := text(rating, "severity"):
            grade = grades.severity(word, _SEVERITIES)
            worst = grade if worst is None or grade.rank > worst.rank else worst
    return score, vector, epss, worst
