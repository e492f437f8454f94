"""The document that policies are asked about: what was found, what other tools said, and evidence that is trusted."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mlsec_nb.core import Report, UsageError

from .bundles import read_input

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_ARG = re.compile(r"^\s*ARG\s+(\w+)=[\"']?([^\s\"']*)", re.IGNORECASE)
_USE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def placed(document: Mapping[str, Any], place: str, value: Any) -> dict[str, Any]:
    """The document with a value at a dotted place ("dvc.lock"); "." is the whole, laid over what is there."""
    if place in ("", "."):
        return {**document, **value} if isinstance(value, Mapping) else dict(document)
    first, _, rest = place.partition(".")
    if not rest:
        return {**document, first: value}
    inner = document.get(first)
    return {**document, first: placed(inner if isinstance(inner, Mapping) else {}, rest, value)}


def read(path: Path) -> Any:
    """A file of the input: JSON, YAML, TOML or a Dockerfile; a `UsageError` when it cannot be read or holds nothing."""
    is_dockerfile = path.name.startswith(("Dockerfile", "Containerfile")) or path.suffix.lower() == ".dockerfile"
    if is_dockerfile and path.is_file():
        found: Any = dockerfile(path.read_text(encoding="utf-8", errors="replace"))
        holds = bool(found["from"])
    else:
        found = read_input(path)
        holds = isinstance(found, Mapping | list) and bool(found) and None not in found
    if not holds:
        raise UsageError(f"{path}: holds nothing that a policy could look at")
    return found


def dockerfile(text: str) -> dict[str, list[str]]:
    """The images that a Dockerfile begins from, and the names of its stages; arguments have their defaults."""
    defaults: dict[str, str] = {}
    images: list[str] = []
    stages: list[str] = []
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        if argument := _ARG.match(line):
            defaults.setdefault(argument[1], argument[2])
        elif begin := _FROM.match(line):
            images.append(_USE.sub(lambda use: defaults.get(use[1] or use[2], use[0]), begin[1]))
            stages += [begin[2]] if begin[2] else []
    return {"from": images, "stages": stages}


def of_report(report: Report) -> dict[str, Any]:
    """What an audit found, as policies see it."""
    return {
        "findings": [
            {
                "rule": judged.finding.rule.id, "scanner": judged.finding.scanner,
                "severity": str(judged.finding.severity), "confidence": str(judged.finding.confidence),
                "status": str(judged.status), "message": judged.finding.message,
                "path": judged.finding.location.path, "line": judged.finding.location.line or 0,
                "cell": judged.finding.location.cell or 0, "fingerprint": judged.finding.fingerprint,
            }
            for judged in report.findings
        ],
        "gaps": [
            {"scanner": gap.scanner, "path": gap.location.path, "code": gap.code, "reason": gap.reason}
            for gap in report.gaps
        ],
        "components": [
            {"name": one.name, "kind": one.kind, "version": one.version or "", "purl": one.purl or "",
             "properties": dict(one.properties)}
            for one in report.components
        ],
    }  # fmt: skip


def of_reports(reports: Iterable[Report]) -> dict[str, Any]:
    """What several reports tell, as if they were one."""
    told: dict[str, list[Any]] = {"findings": [], "gaps": [], "components": []}
    for report in reports:
        for key, rows in of_report(report).items():
            told[key] += rows
    return dict(told)


def of_subjects(subjects: Mapping[str, str], document: Mapping[str, Any]) -> dict[str, Any]:
    """The bytes that are deployed: a digest that was computed here wins over one that a file claims."""
    if not subjects:
        return dict(document)
    models = [{"path": path, "sha256": digest} for path, digest in sorted(subjects.items())]
    claimed = document.get("model")
    first = {**(claimed if isinstance(claimed, Mapping) else {}), **models[0]}
    return {**document, "model": first, "models": models}


def of_evidence(document: Mapping[str, Any], attestations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Only evidence that was verified stands below `evidence.attestations`, whatever a file says."""
    held = document.get("evidence")
    return {**document, "evidence": {**(held if isinstance(held, Mapping) else {}), "attestations": list(attestations)}}
