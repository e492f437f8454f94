"""The JSON report: `dump` writes the contract, `load` reads it back."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from mlsec_nb import core

from . import contract
from .contract import SCHEMA
from .options import Options
from .schema import check

# Hidden characters are legal in JSON text; escaped, they can do nothing to the terminal or editor that shows it.
_UNSEEN = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
_PLACE = tuple(item.name for item in fields(core.Location))


def render(report: core.Report, options: Options) -> str:
    """The report as JSON, whatever the options."""
    del options
    return dump(report)


def dump(report: core.Report) -> str:
    """The report as JSON, ending in a newline; the same report gives the same bytes.

    A finding, gap, component, artifact or rule is a line: so reports are compared line by line, and written fast.
    """
    parts = (f"{json.dumps(key)}: {_lines(value)}" for key, value in tree(report).items())
    return _escaped("{\n" + ",\n".join(parts) + "\n}\n")


def _lines(value: Any) -> str:
    """A list of objects, or an object of objects, with a line for each; anything else on one line."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(map(_line, value)) + "\n]"
    if isinstance(value, dict) and value and all(isinstance(one, dict) for one in value.values()):
        return "{\n" + ",\n".join(f"{_line(key)}: {_line(one)}" for key, one in value.items()) + "\n}"
    return _line(value)


_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def encode(value: Any, *, indent: int | None = None) -> str:
    """JSON in which invisible characters and lone surrogates are escaped, the rest is left readable."""
    return _escaped(json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False))


def _escaped(text: str) -> str:
    return _UNSEEN.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def tree(report: core.Report) -> contract.Report:
    """The report as plain dictionaries and lists."""
    rules = {**{one.finding.rule.id: one.finding.rule for one in report.findings}, **report.rules}
    result: contract.Report = {
        "schema": SCHEMA,
        "tool": {"name": "mlsec", "version": report.version, "rules_digest": report.rules_digest},
        "targets": list(report.targets),
        "artifacts": [{"path": one.path, "kind": one.kind, "bytes": one.bytes} for one in report.artifacts],
        "findings": [_finding(one) for one in report.findings],
        "gaps": [_gap(one) for one in report.gaps],
        "components": [_component(one) for one in report.components],
        "verdict": {"passed": report.verdict.passed, "reasons": list(report.verdict.reasons)},
        "rules": {name: _rule(rules[name]) for name in sorted(rules)},
    }
    if report.changes:
        result["changes"] = [_change(one) for one in report.changes]
    return result


def _finding(judged: core.Judged) -> contract.Finding:
    one = judged.finding
    result: contract.Finding = {
        "rule": one.rule.id,
        "title": one.rule.title,
        "scanner": one.scanner,
        "severity": one.severity.value,
        "confidence": one.confidence.value,
        "message": one.message,
        "location": _location(one.location),
        "evidence": {"shown": one.evidence.shown, "digest": one.evidence.digest},
        "fingerprint": one.fingerprint,
        "status": judged.status.value,
        "fixes": [_fix(fix) for fix in one.fixes],
        "references": list(one.rule.references),
    }
    if judged.reason:
        result["reason"] = judged.reason
    if one.related:
        result["related"] = [{"location": _location(step.location), "message": step.message} for step in one.related]
    if one.details:
        result["details"] = plain(one.details)
    return result


def _location(place: core.Location) -> contract.Location:
    values = {name: getattr(place, name) for name in _PLACE}
    return cast("contract.Location", {name: value for name, value in values.items() if value is not None})


def _fix(fix: core.Fix) -> contract.Fix:
    edits: list[contract.Edit] = [
        {"location": _location(edit.location), "replacement": edit.replacement} for edit in fix.edits
    ]
    return {"title": fix.title, "action": fix.action, "edits": edits}


def _gap(gap: core.Gap) -> contract.Gap:
    return {"location": _location(gap.location), "scanner": gap.scanner, "reason": gap.reason, "code": gap.code}


def _component(one: core.Component) -> contract.Component:
    result: contract.Component = {"name": one.name, "kind": one.kind, "location": _location(one.location)}
    if one.version is not None:
        result["version"] = one.version
    if one.purl is not None:
        result["purl"] = one.purl
    if one.properties:
        result["properties"] = {str(name): str(value) for name, value in one.properties.items()}
    return result


def _change(one: core.Change) -> contract.Change:
    result: contract.Change = {"name": one.name, "ecosystem": one.ecosystem}
    if one.before is not None:
        result["before"] = one.before
    if one.after is not None:
        result["after"] = one.after
    return result


def _rule(rule: core.Rule) -> contract.Rule:
    """A rule without its examples: some of them are (made-up) secrets, which have no business in a report."""
    return {
        "title": rule.title,
        "severity": rule.severity.value,
        "confidence": rule.confidence.value,
        "why": rule.why,
        "fix": rule.fix,
        "references": list(rule.references),
    }


def plain(value: Any) -> Any:
    """`value` in JSON's own types; what JSON cannot say (NaN, a date, a set) as a string or a list."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value)


def load(text: str | bytes) -> core.Report:
    """The report in a JSON text; keys of a later version are passed over. Raises `UsageError` for what is not ours."""
    report = _read(text)
    rules = {name: _load_rule(name, rule) for name, rule in report["rules"].items()}
    return core.Report(
        findings=tuple(_load_finding(one, rules) for one in report["findings"]),
        gaps=tuple(_load_gap(one) for one in report["gaps"]),
        components=tuple(_load_component(one) for one in report["components"]),
        artifacts=tuple(core.Audited(one["path"], one["kind"], one["bytes"]) for one in report["artifacts"]),
        verdict=core.Verdict(report["verdict"]["passed"], tuple(report["verdict"]["reasons"])),
        targets=tuple(report["targets"]),
        rules=rules,
        version=report["tool"]["version"],
        rules_digest=report["tool"]["rules_digest"],
        changes=tuple(
            core.Change(one["name"], one["ecosystem"], one.get("before"), one.get("after"))
            for one in report.get("changes", [])
        ),
    )


def _read(text: str | bytes) -> contract.Report:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise core.UsageError(f"not a report of mlsec: not JSON ({error})") from error
    said = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(said, str) or not said.startswith("mlsec-report/"):
        raise core.UsageError(f'not a report of mlsec: there is no "schema": "{SCHEMA}" in it')
    if said != SCHEMA:
        raise core.UsageError(f"the report says {said!r}, this version of mlsec reads {SCHEMA}")
    check(value, contract.Report)
    return cast("contract.Report", value)


def _load_rule(name: str, rule: contract.Rule) -> core.Rule:
    return core.Rule(
        id=name,
        title=rule["title"],
        severity=core.Severity(rule["severity"]),
        confidence=core.Confidence(rule["confidence"]),
        why=rule["why"],
        fix=rule["fix"],
        references=tuple(rule["references"]),
    )


def _load_finding(one: contract.Finding, rules: Mapping[str, core.Rule]) -> core.Judged:
    severity, confidence = core.Severity(one["severity"]), core.Confidence(one["confidence"])
    rule = rules.get(one["rule"]) or core.Rule(
        id=one["rule"],
        title=one["title"],
        severity=severity,
        confidence=confidence,
        references=tuple(one["references"]),
    )
    finding = core.Finding(
        rule=rule,
        scanner=one["scanner"],
        location=_load_location(one["location"]),
        evidence=core.Evidence(one["evidence"]["shown"], one["evidence"]["digest"]),
        message=one["message"],
        severity=severity,
        confidence=confidence,
        fixes=tuple(_load_fix(fix) for fix in one["fixes"]),
        related=tuple(core.Related(_load_location(it["location"]), it["message"]) for it in one.get("related", [])),
        details=one.get("details", {}),
    )
    # The fingerprint is the finding's name in baselines and trackers: what was written stays.
    object.__setattr__(finding, "fingerprint", one["fingerprint"])
    return core.Judged(finding, core.Status(one["status"]), one.get("reason", ""))


def _load_location(place: contract.Location) -> core.Location:
    known: dict[str, Any] = {name: value for name, value in place.items() if name in _PLACE}
    if any(isinstance(value, int) and value < 1 for value in known.values()):
        raise core.UsageError(f"lines, columns and cells count from 1: {known}")
    return core.Location(**known)


def _load_fix(fix: contract.Fix) -> core.Fix:
    edits = tuple(core.Edit(_load_location(edit["location"]), edit["replacement"]) for edit in fix["edits"])
    return core.Fix(title=fix["title"], action=fix["action"], edits=edits)


def _load_gap(gap: contract.Gap) -> core.Gap:
    place = _load_location(gap["location"])
    return core.Gap(location=place, scanner=gap["scanner"], reason=gap["reason"], code=gap["code"])


def _load_component(one: contract.Component) -> core.Component:
    return core.Component(
        name=one["name"],
        kind=one["kind"],
        location=_load_location(one["location"]),
        version=one.get("version"),
        purl=one.get("purl"),
        properties=one.get("properties", {}),
    )
