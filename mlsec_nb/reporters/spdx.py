"""The inventory as SPDX 2.3 JSON.

https://spdx.github.io/spdx-spec/v2.3/. The format wants a time of creation: it is that of SOURCE_DATE_EPOCH where that
is set, so that the same report can give the same document (https://reproducible-builds.org/specs/source-date-epoch/).
"""

import datetime as dt
import os
import re
from typing import Any, Final

from mlsec_nb.core import Report

from .inventory import Item, address, digest, identity, items, known
from .json import encode
from .options import Options
from .text import prose, visible

_PURPOSES: Final = {"package": "LIBRARY", "image": "CONTAINER", "system": "OPERATING-SYSTEM", "file": "FILE"}
_ALGORITHMS: Final = {"SHA-256": "SHA256", "SHA-512": "SHA512", "SHA-1": "SHA1", "MD5": "MD5"}
_NOTHING: Final = "NOASSERTION"
_LICENCE: Final = re.compile(
    r"(?:Apache|MIT|BSD|GPL|LGPL|AGPL|MPL|ISC|CC0|CC-BY|Unlicense|PSF|Python|Zlib|0BSD|EPL|Artistic)[\w.+-]*\Z"
)
_ROOT: Final = "SPDXRef-Audited"


def render(report: Report, options: Options) -> str:
    del options
    listed = items(report)
    ids = {id(item): f"SPDXRef-{digest(item.kind, item.ref, str(item.places[0]))[:20]}" for item in listed}
    name = visible(", ".join(report.targets)) or "audit"
    advisories: dict[str, list[str]] = {}
    for one in known(report, listed):
        for ref in one.refs:
            advisories.setdefault(ref, []).append(visible(str(one.details["advisory"])))
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/mlsec-{identity(report, listed)}",
        "creationInfo": {"created": _created(), "creators": [f"Tool: mlsec-{report.version or '0'}"]},
        "packages": [
            {"SPDXID": _ROOT, "name": name, **_unsaid(), "primaryPackagePurpose": "APPLICATION"},
            *(_package(item, ids[id(item)], advisories.get(item.ref, [])) for item in listed),
        ],
        "relationships": [
            _relation("SPDXRef-DOCUMENT", "DESCRIBES", _ROOT),
            *(
                _relation(_ROOT, "DEPENDS_ON" if item.kind == "package" else "CONTAINS", ids[id(item)])
                for item in listed
            ),
        ],
    }
    if report.gaps:
        missed = "\n".join(prose(f"{gap.location}: {gap.reason} ({gap.code})") for gap in report.gaps)
        document["comment"] = f"This list may not be whole. What was not looked at:\n{missed}"
    return encode(document, indent=2) + "\n"


def _created() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = dt.datetime.fromtimestamp(int(epoch), dt.UTC) if epoch.isdecimal() else dt.datetime.now(dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _unsaid() -> dict[str, Any]:
    return {
        "downloadLocation": _NOTHING,
        "filesAnalyzed": False,
        "licenseConcluded": _NOTHING,
        "copyrightText": _NOTHING,
    }


def _package(item: Item, ref: str, advisories: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"SPDXID": ref, "name": item.name, **_unsaid()}
    if item.version:
        made["versionInfo"] = item.version
    # A licence that is none of SPDX's list would have to be defined in the document: it is told in the comment.
    made["licenseDeclared"] = item.licence if _LICENCE.match(item.licence) else _NOTHING
    made["primaryPackagePurpose"] = _PURPOSES.get(item.kind, "OTHER")
    if item.hashes:
        made["checksums"] = [{"algorithm": _ALGORITHMS[name], "checksumValue": value} for name, value in item.hashes]
    references = [_reference("PACKAGE-MANAGER", "purl", item.purl)] if item.purl else []
    references += [_reference("SECURITY", "advisory", address(name)) for name in advisories]
    if references:
        made["externalRefs"] = references
    facts = [f"{name}: {value}" for name, value in sorted(item.properties.items())]
    made["comment"] = "\n".join([f"found in {visible(str(place))}" for place in item.places] + facts)
    return made


def _reference(category: str, kind: str, locator: str) -> dict[str, str]:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}


def _relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
