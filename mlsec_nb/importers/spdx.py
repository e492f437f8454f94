"""SPDX 2.2 and 2.3 JSON: https://spdx.github.io/spdx-spec/v2.3/."""

from collections.abc import Mapping
from typing import Any

from .told import Told
from .values import first, mappings, text

_KINDS = {"CONTAINER": "image", "FILE": "file", "OPERATING-SYSTEM": "system"}
_SAYS_NOTHING = frozenset({"NOASSERTION", "NONE", ""})
_HASHES = {"SHA256": "sha256", "SHA512": "sha512", "SHA1": "sha1", "MD5": "md5"}


def is_mine(value: Any) -> bool:
    return text(value, "spdxVersion").startswith("SPDX-2")


def read(value: Any, told: Told) -> None:
    """Every package."""
    if called := text(value, "name"):
        told.targets.append(called)
    for one in told.rows(value, "packages"):
        licences = [text(one, "licenseConcluded"), text(one, "licenseDeclared")]
        digests = {_HASHES[kind]: text(item, "checksumValue") for item in mappings(one, "checksums")
                   if (kind := text(item, "algorithm")) in _HASHES}  # fmt: skip
        told.component(
            text(one, "name"), _KINDS.get(text(one, "primaryPackagePurpose"), "package"), purl=_purl(one),
            version=text(one, "versionInfo"), place=told.place(text(one, "packageFileName")),
            properties={"licence": first(*(word for word in licences if word not in _SAYS_NOTHING)), **digests},
        )  # fmt: skip


def _purl(one: Mapping[str, Any]) -> str:
    refs = mappings(one, "externalRefs")
    return first(*(text(ref, "referenceLocator") for ref in refs if text(ref, "referenceType") == "purl"))
