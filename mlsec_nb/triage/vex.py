"""VEX: OpenVEX (https://github.com/openvex/spec) and the analyses in CycloneDX documents."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io.files import LocalFile

from .exempting import Exemption, worded

_LIMIT = 64 << 20
_STATUSES = {"not_affected": False, "fixed": False, "affected": True, "under_investigation": True}
_STATES = {
    "not_affected": False, "false_positive": False, "resolved": False, "resolved_with_pedigree": False,
    "exploitable": True, "in_triage": True,
}  # fmt: skip


def read(paths: Sequence[Path]) -> list[Exemption]:
    """What the documents say, the oldest word first; a file that is no VEX document is a `UsageError`."""
    said: list[tuple[str, int, Exemption]] = []
    for path in paths:
        table = _table(path)
        if "openvex" in str(table.get("@context", "")):
            found = _openvex(table, path.name)
        elif table.get("bomFormat") == "CycloneDX":
            found = _cyclonedx(table, path.name)
        else:
            raise UsageError(f"{path}: is neither OpenVEX nor CycloneDX")
        said += [(when, len(said) + number, one) for number, (when, one) in enumerate(found)]
    return [one for _, _, one in sorted(said, key=lambda each: each[:2])]


def _table(path: Path) -> Mapping[str, Any]:
    try:
        table = json.loads(LocalFile(str(path)).read(_LIMIT))
    except (CannotRead, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is no VEX document: {error}") from error
    if not isinstance(table, Mapping):
        raise UsageError(f"{path}: is no VEX document")
    return table


def _openvex(table: Mapping[str, Any], name: str) -> Iterator[tuple[str, Exemption]]:
    """Statements about products, or about parts of them; one without a product is about nothing."""
    for one in _rows(table.get("statements")):
        lifts = _STATUSES.get(str(one.get("status")))
        ids = _vulnerability(one.get("vulnerability"))
        if lifts is None or not ids:
            continue
        when = str(one.get("timestamp") or table.get("last_updated") or table.get("timestamp") or "")
        words = [one.get("status"), one.get("justification"), one.get("impact_statement"), one.get("status_notes")]
        for product in _listed(one.get("products")):
            parts = [name_ for part in _listed(_of(product, "subcomponents")) for name_ in _names(part)]
            made = Exemption(
                source=f"VEX ({name})", ids=ids, products=tuple(_names(product)), packages=tuple(parts),
                reason=worded(": ".join(str(word) for word in words if word)), lifts=lifts,
            )  # fmt: skip
            if made.products:
                yield when, made


def _vulnerability(value: Any) -> frozenset[str]:
    """A name and aliases, or only a name as before version 0.2."""
    if isinstance(value, Mapping):
        found = [value.get("name"), *_listed(value.get("aliases"))]
        if not value.get("name") and isinstance(value.get("@id"), str):
            found.append(value["@id"].rstrip("/").rpartition("/")[2])
    else:
        found = [value]
    return frozenset(one.upper() for one in found if isinstance(one, str) and one)


def _names(product: Any) -> list[str]:
    """Its id, or the package URL among its identifiers."""
    if isinstance(product, str):
        return [product]
    given = (_of(product, "identifiers", "purl"), _of(product, "@id"))
    return [one for one in given if isinstance(one, str) and one]


def _cyclonedx(table: Mapping[str, Any], name: str) -> Iterator[tuple[str, Exemption]]:
    """Analyses of vulnerabilities in components, which are package URLs or references to what the document lists."""
    purls = {str(one.get("bom-ref")): one["purl"] for one in _components(table) if isinstance(one.get("purl"), str)}
    for one in _rows(table.get("vulnerabilities")):
        analysis = one.get("analysis")
        lifts = _STATES.get(str(_of(analysis, "state")))
        others = [_of(ref, "id") for ref in _listed(one.get("references"))]
        ids = frozenset(str(own).upper() for own in (one.get("id"), *others) if own)
        if lifts is None or not ids:
            continue
        words = [_of(analysis, key) for key in ("state", "justification", "detail")]
        when = _of(analysis, "lastUpdated") or one.get("updated") or _of(table, "metadata", "timestamp") or ""
        for affected in _rows(one.get("affects")):
            ref = str(affected.get("ref") or "")
            inner = unquote(ref.rpartition("#")[2])
            wanted = purls.get(ref) or purls.get(inner) or inner
            if wanted:
                yield str(when), Exemption(
                    source=f"VEX ({name})", ids=ids, products=(wanted,), lifts=lifts,
                    reason=worded(": ".join(str(word) for word in words if word)),
                )  # fmt: skip


def _components(table: Any) -> Iterator[Mapping[str, Any]]:
    """Every component, also those inside others."""
    left = _rows(_of(table, "components"))
    subject = _of(table, "metadata", "component")
    if isinstance(subject, Mapping):
        left = [*left, subject]
    while left:
        one = left.pop()
        yield one
        left += _rows(one.get("components"))


def _of(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in _listed(value) if isinstance(one, Mapping)]
