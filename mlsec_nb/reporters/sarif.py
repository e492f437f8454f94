"""The report as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

The physical location is the line and column in the raw file, also of a notebook: forges and editors know no other.
The cell is the logical location, and stands in the message, where every viewer shows it.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from mlsec_nb.core import (
    SKIPPED,
    Confidence,
    Finding,
    Fix,
    Gap,
    Judged,
    Location,
    Report,
    Rule,
    Severity,
    Status,
)  # fmt: skip

from .json import encode, plain
from .options import Options
from .places import in_cell, spot
from .references import link
from .text import prose, visible

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# The middle of GitHub's ranges: critical above 9.0, high from 7.0, medium from 4.0
# (https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.5"}
_PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
# What GitHub takes at most: tags of a rule, characters of a description, results of a run.
_TAGS = 20
_RESULTS = 25_000  # of one run
_WORDS = 1_024
_FAILED = ("failed", "timeout")  # codes of gaps that say something went wrong


def render(report: Report, options: Options) -> str:
    """The report as one SARIF run, or as several where there are more findings than a run may hold."""
    del options
    maker = _Run(report)
    starts = range(0, max(len(report.findings), 1), _RESULTS)
    runs = [maker.tree(number, report.findings[start : start + _RESULTS]) for number, start in enumerate(starts, 1)]
    return encode({"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}, indent=2) + "\n"


class _Run:
    """Makes runs; remembers the indexes of rules and artifacts that results point to."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.rules = {**{one.finding.rule.id: one.finding.rule for one in report.findings}, **report.rules}
        self.rule_index = {name: index for index, name in enumerate(sorted(self.rules))}
        self.artifact_index = {one.path: index for index, one in enumerate(report.artifacts)}
        statuses = {one.status for one in report.findings}
        self.has_baseline = Status.KNOWN in statuses
        self.has_suppressed = Status.SUPPRESSED in statuses
        self.seen: Counter[str] = Counter()

    def tree(self, number: int, findings: Sequence[Judged]) -> dict[str, Any]:
        report = self.report
        driver: dict[str, Any] = {"name": "mlsec", "rules": [_rule(self.rules[name]) for name in self.rule_index]}
        if report.version:
            driver["version"] = visible(report.version)
        return {
            "tool": {"driver": driver},
            "automationDetails": {"id": "mlsec/" if number == 1 else f"mlsec/{number}/"},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {_ROOT: {"description": {"text": "The directory in which mlsec was run."}}},
            "invocations": [self.invocation()],
            "artifacts": [
                {"location": self.file(one.path), "length": one.bytes, "roles": ["analysisTarget"]}
                for one in report.artifacts
            ],
            "results": [self.result(one) for one in findings],
        }

    def invocation(self) -> dict[str, Any]:
        verdict = self.report.verdict
        failed = any(gap.code in _FAILED for gap in self.report.gaps)
        said: dict[str, Any] = {
            "executionSuccessful": verdict.passed is not None and not failed,
            "exitCode": verdict.exit_code,
        }
        if verdict.reasons:
            said["exitCodeDescription"] = "; ".join(map(prose, verdict.reasons))
        said["toolExecutionNotifications"] = [self.notification(gap) for gap in self.report.gaps]
        return said

    def notification(self, gap: Gap) -> dict[str, Any]:
        level = "note" if gap.code == SKIPPED else "error" if gap.code in _FAILED else "warning"
        return {
            "descriptor": {"id": visible(gap.code)},
            "level": level,
            "message": {"text": _literal(f"Not looked at: {in_cell(gap.location)}{gap.reason}")},
            "locations": [self.location(gap.location)],
            "properties": {"scanner": visible(gap.scanner)},
        }

    def result(self, judged: Judged) -> dict[str, Any]:
        one = judged.finding
        shown = f" ({one.evidence.shown})" if one.evidence.shown else ""
        result: dict[str, Any] = {
            "ruleId": visible(one.rule.id),
            "ruleIndex": self.rule_index[one.rule.id],
            "level": _LEVELS[one.severity],
            "message": {"text": _literal(in_cell(one.location) + one.message + shown)},
            "locations": [self.location(one.location)],
            "partialFingerprints": self.fingerprints(one),
            "properties": self.properties(one),
        }
        if one.related:
            result["relatedLocations"] = [
                {"id": number, **self.location(step.location), "message": {"text": _literal(step.message)}}
                for number, step in enumerate(one.related, 1)
            ]
        if fixes := [made for fix in one.fixes if (made := self.fix(fix))]:
            result["fixes"] = fixes
        if self.has_suppressed:
            result["suppressions"] = [_suppression(judged)] if judged.status is Status.SUPPRESSED else []
        if self.has_baseline:
            result["baselineState"] = "new" if judged.status is Status.NEW else "unchanged"
        return result

    def fingerprints(self, one: Finding) -> dict[str, str]:
        """Ours, and the one that GitHub reads; the latter numbers equal ones, or they would be merged."""
        self.seen[one.fingerprint] += 1
        return {
            "mlsec/v1": one.fingerprint,
            "primaryLocationLineHash": f"{one.fingerprint[:16]}:{self.seen[one.fingerprint]}",
        }

    def properties(self, one: Finding) -> dict[str, Any]:
        said: dict[str, Any] = {"severity": one.severity.value, "confidence": one.confidence.value}
        said |= {"scanner": one.scanner, "evidence": {"shown": one.evidence.shown, "digest": one.evidence.digest}}
        return {**said, "details": plain(one.details)} if one.details else said

    def location(self, place: Location) -> dict[str, Any]:
        physical: dict[str, Any] = {"artifactLocation": self.file(place.path)}
        if where := spot(place):
            ends = {"startColumn": where.column, "endLine": where.end_line, "endColumn": where.end_column}
            physical["region"] = {"startLine": where.line, **{k: v for k, v in ends.items() if v is not None}}
        said: dict[str, Any] = {"physicalLocation": physical}
        if logical := _logical(place):
            said["logicalLocations"] = [logical]
        if place.cell is not None:
            cell = {"cell": place.cell, "cellId": place.cell_id, "part": place.part, "line": place.line,
                    "column": place.column}  # fmt: skip
            said["properties"] = {"notebook": {key: value for key, value in cell.items() if value is not None}}
        return said

    def file(self, path: str) -> dict[str, Any]:
        said: dict[str, Any] = {"uri": _uri(path)}
        if not said["uri"].startswith(("file:", "/")) and "://" not in path:
            said["uriBaseId"] = _ROOT
        if path in self.artifact_index:
            said["index"] = self.artifact_index[path]
        return said

    def fix(self, fix: Fix) -> dict[str, Any] | None:
        """A fix as text replacements; only where the lines of the file are those of the edit (not in a notebook)."""
        places = [edit.location for edit in fix.edits]
        if fix.action != "replace" or not places or any(p.cell is not None or p.end_line is None for p in places):
            return None
        changes = [
            {
                "artifactLocation": self.file(edit.location.path),
                "replacements": [
                    {
                        "deletedRegion": self.location(edit.location)["physicalLocation"]["region"],
                        "insertedContent": {"text": edit.replacement},
                    }
                ],
            }
            for edit in fix.edits
            if spot(edit.location)
        ]
        return {"description": {"text": _literal(fix.title)}, "artifactChanges": changes} if changes else None


def _rule(rule: Rule) -> dict[str, Any]:
    references = [link(reference) or "" for reference in rule.references]
    tags = ["security", *(_tag(reference) for reference in rule.references if "://" not in reference)]
    said: dict[str, Any] = {
        "id": visible(rule.id),
        "name": "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", rule.id)),
        "shortDescription": {"text": prose(rule.title)[:_WORDS]},
        "fullDescription": {"text": (prose(rule.why) or prose(rule.title))[:_WORDS]},
        "help": _help(rule),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"precision": _PRECISION[rule.confidence], "tags": list(dict.fromkeys(tags))[:_TAGS]},
    }
    if rule.severity in _SCORES:
        said["properties"]["security-severity"] = _SCORES[rule.severity]
    if first := next(filter(None, references), ""):
        said["helpUri"] = first
    return said


def _tag(reference: str) -> str:
    tag = visible(reference)
    return f"external/cwe/{tag.lower()}" if re.fullmatch(r"CWE-\d+", reference) else tag


def _help(rule: Rule) -> dict[str, str]:
    why, fix = prose(rule.why), prose(rule.fix)
    text = "\n\n".join(filter(None, (prose(rule.title), why and f"Why: {why}", fix and f"How to fix: {fix}")))
    lines = [f"# {prose(rule.title)}", why, fix and f"**How to fix:** {fix}"]
    lines.append("\n".join(f"- <{link(one)}>" if link(one) else f"- {visible(one)}" for one in rule.references))
    return {"text": text, "markdown": "\n\n".join(filter(None, lines))}


def _logical(place: Location) -> dict[str, Any] | None:
    if place.cell is not None:
        kind, name = "cell", f"cell {place.cell}"
    elif place.member is not None:
        kind, name = "member", place.member
    else:
        return None
    whole = str(place.with_(line=None, column=None))
    return {"name": visible(name), "fullyQualifiedName": visible(whole), "kind": kind}


def _suppression(judged: Judged) -> dict[str, str]:
    kind = "external" if judged.reason.startswith("ignored by the config") else "inSource"
    return {"kind": kind, "justification": prose(judged.reason)}


def _literal(text: str) -> str:
    """Words in which a viewer finds neither a link nor a placeholder (SARIF 3.11.5 and 3.11.6)."""
    return re.sub(r"\{(\d+)\}", r"{{\1}}", prose(text)).replace("[", "\\[").replace("]", "\\]")


def _uri(path: str) -> str:
    """A path as an address: escaped, relative where it is."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", path):
        return quote(path, safe="/:?#@!$&'()*+,;=%-._~", errors="surrogatepass")
    escaped = quote(path, safe="/-._~!$&'()*+,;=@", errors="surrogatepass")
    if re.match(r"[A-Za-z]:[/\\]", path):
        return "file:///" + escaped.replace("%3A", ":", 1)
    return ("file://" + escaped) if path.startswith("/") and not path.startswith("//") else escaped
