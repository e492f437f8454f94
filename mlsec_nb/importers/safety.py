"""Safety: `safety check --output json` (2 and 3), `safety scan --output json`, and the lists of 1.x."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mlsec_nb.core import Status, purl

from . import grades
from .advisory import Vulnerable, vulnerable
from .told import Told
from .values import at, first, has, number, text, texts


def is_mine(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(row, list) and len(row) >= 5 and _is_id(row[4]) for row in value)
    return has(value, "vulnerabilities", "report_meta") or has(value, "scan_results", "meta")


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and value.isdigit()


def read(value: Any, told: Told) -> None:
    """Every vulnerability of every package; those that a policy ignores are suppressed."""
    if isinstance(value, list):
        for row in value:
            vulnerable(told, replace(_known(text(row[0]), text(row[2]), row[4]), summary=_summary(text(row[3]))))
    elif "scan_results" in value:
        for project in told.rows(value, "scan_results", "projects"):
            for file in told.rows(project, "files"):
                _file(file, told)
    else:
        _checked(value, told)


def _checked(value: Mapping[str, Any], told: Told) -> None:
    packages = at(value, "scanned_packages")
    for one in packages.values() if isinstance(packages, Mapping) else ():
        told.component(text(one, "name"), version=text(one, "version"),
                       purl=purl("PyPI", text(one, "name"), text(one, "version") or None))  # fmt: skip
    for key in ("vulnerabilities", "ignored_vulnerabilities"):
        for one in told.rows(value, key):
            ignored = key.startswith("ignored") or one.get("ignored") is True
            known = _known(text(one, "package_name"), text(one, "analyzed_version"), text(one, "vulnerability_id"),
                           text(one, "CVE"))  # fmt: skip
            word = text(one, "severity", "cvssv3", "base_severity")
            vulnerable(told, replace(
                known, summary=_summary(text(one, "advisory")), fixed=texts(one, "fixed_versions"),
                severity=grades.severity(word) if word else None, cvss=number(one, "severity", "cvssv3", "base_score"),
                **_ignored(text(one, "ignored_reason"), ignored=ignored),
            ))  # fmt: skip


def _summary(words: str) -> str:
    return words.partition(". ")[0]


def _file(file: Mapping[str, Any], told: Told) -> None:
    place = told.place(text(file, "location"))
    for package in told.rows(file, "results", "dependencies"):
        name = text(package, "name")
        for one in told.rows(package, "specifications"):
            raw = text(one, "raw")
            version = raw.partition("==")[2].partition(";")[0].strip()
            told.component(name, version=version, purl=purl("PyPI", name, version or None), place=place)
            fixed = texts(one, "vulnerabilities", "remediation", "recommended")
            for known in told.rows(one, "vulnerabilities", "known_vulnerabilities"):
                word = text(known, "severity")
                vulnerable(told, replace(
                    _known(name, version, text(known, "id"), text(known, "CVE")), fixed=fixed,
                    severity=grades.severity(word) if word else None,
                    **_ignored(text(known, "ignored", "reason"), ignored=bool(known.get("ignored"))),
                ), place)  # fmt: skip


def _known(package: str, version: str, own: str, cve: str = "") -> Vulnerable:
    """An advisory of Safety by its number, or by its CVE when it has one."""
    number_ = f"SFTY-{own}"
    return Vulnerable(
        id=cve or number_, aliases=(number_, own) if cve else (own,), package=package, version=version,
        ecosystem="PyPI", purl=purl("PyPI", package, version or None),
    )  # fmt: skip


def _ignored(reason: str, *, ignored: bool) -> dict[str, Any]:
    if not ignored:
        return {}
    return {"status": Status.SUPPRESSED, "reason": first(reason, "ignored by the policy of Safety")}
