"""The inventory as CycloneDX 1.6 JSON: packages, models (an ML-BOM), datasets and images, with what is known of them.

https://cyclonedx.org/docs/1.6/json/. There is no timestamp in it: the same report gives the same document.
"""

import re
from typing import Any, Final

from mlsec_nb.core import Location, Report, Status

from .inventory import Item, Known, address, identity, items, known
from .json import encode
from .options import Options
from .text import prose, visible

_TYPES: Final = {
    "package": "library", "model": "machine-learning-model", "dataset": "data", "image": "container",
    "system": "operating-system", "file": "file",
}  # fmt: skip
_EXPRESSION: Final = re.compile(r"[A-Za-z0-9.+-]+(?: (?:OR|AND|WITH) [A-Za-z0-9.+-]+)*\Z")
_METHODS: Final = (("CVSS:4", "CVSSv4"), ("CVSS:3.1", "CVSSv31"), ("CVSS:3", "CVSSv3"))
_ROOT: Final = "audited"


def render(report: Report, options: Options) -> str:
    del options
    listed = items(report)
    refs = _refs(listed)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{identity(report, listed)}",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "mlsec", "version": report.version or "0"}]},
            "component": {"type": "application", "bom-ref": _ROOT, "name": _name(report)},
            "properties": [
                {"name": f"mlsec:gap:{visible(gap.code)}", "value": prose(f"{gap.location}: {gap.reason}")}
                for gap in report.gaps
            ],
        },
        "components": [_component(item, ref) for item, ref in zip(listed, refs, strict=True)],
        "dependencies": [{"ref": _ROOT, "dependsOn": sorted(refs)}],
        # What was not looked at is said: a document with gaps does not claim to be whole.
        "compositions": [{"aggregate": "incomplete" if report.gaps else "unknown", "assemblies": [_ROOT]}],
        "vulnerabilities": [_vulnerability(one) for one in known(report, listed)],
    }
    return encode(document, indent=2) + "\n"


def _name(report: Report) -> str:
    return visible(", ".join(report.targets)) or "audit"


def _refs(listed: list[Item]) -> list[str]:
    """Names that are unique in the document."""
    seen: dict[str, int] = {}
    refs = []
    for item in listed:
        seen[item.ref] = seen.get(item.ref, 0) + 1
        refs.append(item.ref if seen[item.ref] == 1 else f"{item.ref}#{seen[item.ref]}")
    return refs


def _component(item: Item, ref: str) -> dict[str, Any]:
    kind = _TYPES.get(item.kind, "file")
    made: dict[str, Any] = {"type": kind, "bom-ref": ref, "name": item.name}
    if item.version:
        made["version"] = item.version
    if item.hashes:
        made["hashes"] = [{"alg": name, "content": value} for name, value in item.hashes]
    if item.licence:
        as_name = {"license": {"name": item.licence}}
        made["licenses"] = [{"expression": item.licence} if _EXPRESSION.match(item.licence) else as_name]
    if item.purl:
        made["purl"] = item.purl
    if kind == "machine-learning-model":
        made["modelCard"] = _card(item)
    if kind == "data":
        made["data"] = [{"type": "dataset", "name": item.name}]
    made["evidence"] = {"occurrences": [_place(place) for place in item.places]}
    shown = {name: value for name, value in item.properties.items() if name != "licence"}
    if shown:
        made["properties"] = [{"name": f"mlsec:{name}", "value": value} for name, value in sorted(shown.items())]
    return made


def _card(item: Item) -> dict[str, Any]:
    """What the file itself says of the model."""
    parameters: dict[str, Any] = {}
    if architecture := item.properties.get("architecture"):
        parameters["modelArchitecture"] = architecture
    if form := item.properties.get("format"):
        parameters["inputs"] = [{"format": form}]
    return {"modelParameters": parameters} if parameters else {}


def _place(place: Location) -> dict[str, Any]:
    path = place.path + (f"!{place.member}" if place.member else "")
    found: dict[str, Any] = {"location": visible(path)}
    line = place.raw_line or place.line
    if line:
        found["line"] = line
    if place.cell:
        found["additionalContext"] = f"cell {place.cell}"
    return found


def _vulnerability(one: Known) -> dict[str, Any]:
    finding, details = one.judged.finding, one.details
    name = visible(str(details["advisory"]))
    made: dict[str, Any] = {
        "bom-ref": f"vulnerability-{name}",
        "id": name,
        "source": {"name": "OSV", "url": address(name)},
        "references": [{"id": visible(alias), "source": {"name": "OSV", "url": address(visible(alias))}}
                       for alias in map(str, details.get("aliases", []))],
        "ratings": _ratings(one),
        "description": prose(finding.message),
    }  # fmt: skip
    if fixed := details.get("fixed"):
        made["recommendation"] = visible(f"Go to {' or '.join(map(str, fixed))}")
    if one.judged.status is Status.SUPPRESSED:
        made["analysis"] = {"state": "not_affected", "detail": prose(one.judged.reason)}
    version = details.get("version")
    status = [{"version": visible(str(version)), "status": "affected"}] if version else []
    made["affects"] = [{"ref": ref, **({"versions": status} if status else {})} for ref in one.refs]
    return made


def _ratings(one: Known) -> list[dict[str, Any]]:
    finding, details = one.judged.finding, one.details
    rating: dict[str, Any] = {"severity": finding.severity.value}
    if isinstance(score := details.get("cvss"), int | float):
        vector = str(details.get("vector", ""))
        method = next((name for prefix, name in _METHODS if vector.startswith(prefix)), "CVSSv2")
        rating |= {"score": score, "method": method, "vector": visible(vector)}
    ratings = [rating]
    if isinstance(epss := details.get("epss"), int | float):
        ratings.append({"source": {"name": "EPSS"}, "score": epss, "method": "other"})
    return ratings
