"""Trivy: `trivy image|fs|config|k8s … -f json` (https://trivy.dev), also the lists of before version 0.20."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Location, Severity, Status

from . import grades
from .advisory import Vulnerable, vulnerable
from .told import Told, prose
from .values import all_have, at, first, has, line, mappings, number, text, texts

_SEVERITIES = {"unknown": Severity.MEDIUM}
_STATUSES = {"EXCEPTION": Status.SUPPRESSED, "FAIL": Status.NEW, "": Status.NEW}
_SAFE = frozenset({"not_affected", "fixed", "ignored"})
_KEPT = frozenset({"Target", "Class", "Type"})


def is_mine(value: Any) -> bool:
    return (
        (has(value, "SchemaVersion") and (has(value, "ArtifactName") or has(value, "Results")))
        or has(value, "ClusterName")
        or all_have(value, "Target", "Type")
        or all_have(value, "Target", "Vulnerabilities")
    )


def read(value: Any, told: Told) -> None:
    """Vulnerabilities, misconfigurations, secrets, licences and packages of every result."""
    if isinstance(value, list):
        value = {"Results": value}
    if "ClusterName" in value:
        for key in ("Resources", "Vulnerabilities", "Misconfigurations"):
            for resource in told.rows(value, key):
                what = "/".join(
                    filter(None, (text(resource, "Namespace"), text(resource, "Kind"), text(resource, "Name")))
                )
                if problem := text(resource, "Error"):
                    told.missed(problem, code="failed", place=told.place(what))
                _report(resource, told, what, is_image=True)
        return
    is_image = text(value, "ArtifactType") in ("container_image", "vm")
    artifact = text(value, "ArtifactName")
    if artifact:
        told.targets.append(artifact)
    if is_image:
        _image(value, told, artifact)
    _report(value, told, artifact, is_image=is_image)


def _image(value: Mapping[str, Any], told: Told, artifact: str) -> None:
    system = f"{text(value, 'Metadata', 'OS', 'Family')} {text(value, 'Metadata', 'OS', 'Name')}".strip()
    out_of_care = "end of life" if at(value, "Metadata", "OS", "EOSL") is True else ""
    told.component(
        artifact, "image", place=told.place(artifact),
        properties={"os": system, "care": out_of_care, "digest": text(value, "Metadata", "ImageID")},
    )  # fmt: skip


def _report(value: Mapping[str, Any], told: Told, artifact: str, *, is_image: bool) -> None:
    for result in told.rows(value, "Results"):
        one = _Result(told, result, artifact, is_image)
        for package in told.rows(result, "Packages"):
            one.package(package)
        for row in told.rows(result, "Vulnerabilities"):
            one.vulnerability(row)
        for row in told.rows(result, "Misconfigurations"):
            one.misconfiguration(row)
        for row in told.rows(result, "Secrets"):
            one.secret(row)
        for row in told.rows(result, "Licenses"):
            one.licence(row)
        for row in told.rows(result, "ExperimentalModifiedFindings"):
            one.modified(row)


@dataclass(frozen=True)
class _Result:
    """One target in a report, and where things in it stand."""

    told: Told
    result: Mapping[str, Any]
    artifact: str
    is_image: bool

    def place(self, inside: str, row: Any = None, start: int | None = None, end: int | None = None) -> Location:
        layer = first(text(row, "Layer", "DiffID"), text(row, "Layer", "Digest"))
        target = text(self.result, "Target")
        if self.is_image and self.artifact:
            inner = inside or ("" if text(self.result, "Class") == "os-pkgs" else target)
            return self.told.place(self.artifact, member=inner, layer=layer)
        return self.told.place(inside or target, start, end=(end, None), layer=layer)

    def package(self, row: Mapping[str, Any]) -> None:
        self.told.component(
            text(row, "Name"), version=_version(row), purl=text(row, "Identifier", "PURL"),
            place=self.place(text(row, "FilePath"), row), properties={"licence": " AND ".join(texts(row, "Licenses"))},
        )  # fmt: skip

    def vulnerability(self, row: Mapping[str, Any], status: Status = Status.NEW, reason: str = "") -> None:
        score, vector = _cvss(at(row, "CVSS"))
        vulnerable(self.told, Vulnerable(
            id=text(row, "VulnerabilityID"), package=text(row, "PkgName"), version=text(row, "InstalledVersion"),
            severity=grades.severity(text(row, "Severity"), _SEVERITIES), summary=text(row, "Title"),
            aliases=texts(row, "VendorIDs"), fixed=_versions(text(row, "FixedVersion")),
            purl=text(row, "PkgIdentifier", "PURL"), ecosystem=text(self.result, "Type"), cvss=score, vector=vector,
            state=text(row, "Status"), cwes=texts(row, "CweIDs"), status=status, reason=reason,
        ), self.place(text(row, "PkgPath"), row))  # fmt: skip

    def misconfiguration(self, row: Mapping[str, Any], status: Status | None = None, reason: str = "") -> None:
        status = _STATUSES.get(text(row, "Status")) if status is None else status
        if status is None:
            return
        cause = at(row, "CauseMetadata")
        self.told.found(
            first(text(row, "AVDID"), text(row, "ID"), "unnamed"), text(row, "Title"), message=text(row, "Message"),
            severity=grades.severity(text(row, "Severity"), _SEVERITIES), confidence=Confidence.HIGH,
            place=self.place("", row, line(cause, "StartLine"), line(cause, "EndLine")),
            why=text(row, "Description"), fix=text(row, "Resolution"), references=[text(row, "PrimaryURL")],
            shown=Evidence.fact(prose(text(cause, "Resource"))), status=status,
            reason=reason or ("excepted by a policy" if status is Status.SUPPRESSED else ""),
        )  # fmt: skip

    def secret(self, row: Mapping[str, Any], status: Status = Status.NEW, reason: str = "") -> None:
        self.told.found(
            first(text(row, "RuleID"), "unnamed"), first(text(row, "Title"), "A secret"), references=("CWE-798",),
            severity=grades.severity(text(row, "Severity"), _SEVERITIES), status=status, reason=reason,
            place=self.place(text(self.result, "Target"), row, line(row, "StartLine"), line(row, "EndLine")),
            shown=Evidence.secret(text(row, "Match"), self.told.key),
        )  # fmt: skip

    def licence(self, row: Mapping[str, Any], status: Status = Status.NEW, reason: str = "") -> None:
        called = first(text(row, "Name"), "unnamed")
        package = first(text(row, "PkgName"), text(row, "FilePath"))
        self.told.found(
            "LICENSE", "A licence that the policy grades", message=f"{package}: {called} ({text(row, 'Category')})",
            severity=grades.severity(text(row, "Severity"), _SEVERITIES), place=self.place(text(row, "FilePath"), row),
            shown=Evidence.fact(prose(f"{package} {called}")), status=status, reason=reason,
        )  # fmt: skip

    def modified(self, row: Mapping[str, Any]) -> None:
        """What an ignore file or a VEX document took out of the lists."""
        why = first(text(row, "Statement"), text(row, "Status"), "(no reason given)")
        tell = {"vulnerability": self.vulnerability, "misconfiguration": self.misconfiguration,
                "secret": self.secret, "license": self.licence}.get(text(row, "Type"))  # fmt: skip
        if tell and isinstance(finding := row.get("Finding"), Mapping):
            safe = text(row, "Status") in _SAFE
            tell(finding, Status.SUPPRESSED if safe else Status.NEW, f"{text(row, 'Source') or 'trivy'}: {why}")
        else:
            self.told.missed("a finding that was changed cannot be read", code="malformed")


def _version(row: Mapping[str, Any]) -> str:
    epoch, release = text(row, "Epoch"), text(row, "Release")
    version = text(row, "Version")
    return (f"{epoch}:" if epoch not in ("", "0") else "") + version + (f"-{release}" if release else "")


def _versions(words: str) -> list[str]:
    return [one.strip() for one in words.split(",") if one.strip()]


def _cvss(value: Any) -> tuple[float | None, str]:
    """The highest score that anybody gives, of the newest kind that he gives."""
    found = []
    for source in mappings(list(value.values())) if isinstance(value, Mapping) else ():
        for kind in ("V40", "V3", "V2"):
            if (score := number(source, f"{kind}Score")) is not None:
                found.append((score, text(source, f"{kind}Vector")))
                break
    return max(found, default=(None, ""))
