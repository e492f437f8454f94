"""SARIF of any tool: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

import re
from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Evidence, Location, Severity, Status

from . import grades
from .advisory import Vulnerable, vulnerable
from .told import Told, of_secret, prose
from .values import at, first, has, line, mappings, number, text, texts

_LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.INFO}
_PASSED = frozenset({"pass", "notApplicable", "informational"})
_SAFE = frozenset({"accepted", ""})  # states of a suppression that count
# What Trivy, Grype and osv-scanner say of a package only in their words.
_SAID = re.compile(r"^(Package|Installed Version|Fixed Version|Severity): (.+)$", re.MULTILINE)
_GRYPE = re.compile(r"reports (?P<package>\S{1,200}) at version (?P<version>\S{1,100})\s+which would result in a vuln")
_OSV = re.compile(r"Package '(?P<package>[^'\s]{1,200})@(?P<version>[^'@\s]{1,100})' is vulnerable to ")
_ADVISORY = re.compile(r"(?:CVE-\d{4}-\d{4,9}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})")


def is_mine(value: Any) -> bool:
    return has(value, "runs") and (has(value, "version") or has(value, "$schema"))


def read(value: Any, told: Told) -> None:
    """Every result of every run; the finding is told by the tool that made it."""
    if not value.get("runs"):
        told.missed("there is no run in the report: nobody looked")
    for run in told.rows(value, "runs"):
        tool = re.sub(r"[^a-z0-9]+", "-", text(run, "tool", "driver", "name").lower()).strip("-")[:40] or "sarif"
        told.tool = tool
        reader = _Run(run, told)
        for result in told.rows(run, "results"):
            reader.result(result)
        reader.notifications()
        if "results" not in run:
            told.missed("the run has no results: the tool did not say what it found", code="unreadable")


class _Run:
    """One run, and its table of rules."""

    def __init__(self, run: Mapping[str, Any], told: Told) -> None:
        self.run, self.told = run, told
        parts = [at(run, "tool", "driver"), *mappings(run, "tool", "extensions")]
        self.tables: list[list[Mapping[str, Any]]] = [mappings(part, "rules") for part in parts]
        self.by_id: dict[str, Mapping[str, Any]] = {}
        for table in reversed(self.tables):
            self.by_id |= {text(rule, "id"): rule for rule in table}

    def rule_of(self, result: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rule of a result: by its id, by its place in a table, or by the id of which it is a part."""
        own = first(text(result, "ruleId"), text(result, "rule", "id"))
        index = number(result, "ruleIndex")
        index = number(result, "rule", "index") if index is None else index
        if own in self.by_id:
            return self.by_id[own]
        component = number(result, "rule", "toolComponent", "index")
        is_extension = component is not None and 0 <= component < len(self.tables) - 1
        table = self.tables[int(component) + 1 if component is not None and is_extension else 0]
        if index is not None and 0 <= index < len(table):
            return table[int(index)]
        return self.by_id.get(own.rpartition("/")[0], {})  # a sub-id: "CA1000/1" is told by CA1000

    def result(self, result: Mapping[str, Any]) -> None:
        if text(result, "kind") in _PASSED:
            return
        rule = self.rule_of(result)
        own = first(text(result, "ruleId"), text(result, "rule", "id"), text(rule, "id"), "unnamed")
        message = self.message(result, rule)
        status, reason = _judged(result)
        severity = _severity(result, rule)
        place = self.place(result)
        if (package := _package(own, message, severity, status, reason)) is not None:
            vulnerable(self.told, package, place)
            return
        title = first(text(rule, "shortDescription", "text"), text(rule, "name"), own)
        snippet = text(result, "locations", 0, "physicalLocation", "region", "snippet", "text")
        is_secret = of_secret(own, title, *texts(rule, "properties", "tags"))
        self.told.found(
            own, title, severity=severity, place=place, message=message,
            confidence=grades.confidence(first(text(rule, "properties", "precision"), "medium")),
            shown=Evidence.secret(snippet, self.told.key) if snippet and is_secret else snippet,
            why=text(rule, "fullDescription", "text"), fix=first(text(rule, "help", "text")),
            references=[one for one in (text(rule, "helpUri"), *_weaknesses(rule)) if one],
            status=status, reason=reason,
        )  # fmt: skip

    def message(self, result: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
        words = first(text(result, "message", "text"), text(result, "message", "markdown"))
        if not words:
            key = text(result, "message", "id")
            words = first(text(rule, "messageStrings", key, "text"), text(rule, "shortDescription", "text"))
        for number_, one in enumerate(texts(result, "message", "arguments")[:20]):
            words = words.replace(f"{{{number_}}}", one)
        return words

    def place(self, result: Mapping[str, Any]) -> Location:
        where = at(result, "locations", 0, "physicalLocation")
        region = at(where, "region")
        return self.told.place(
            self.path(at(where, "artifactLocation")), line(region, "startLine"), line(region, "startColumn"),
            (line(region, "endLine"), line(region, "endColumn")),
        )  # fmt: skip

    def path(self, artifact: Any) -> str:
        path = text(artifact, "uri")
        index = number(artifact, "index")
        if not path and index is not None and 0 <= index < 1e6:
            path = text(self.run, "artifacts", int(index), "location", "uri")
        base = text(self.run, "originalUriBaseIds", text(artifact, "uriBaseId"), "uri")
        return base + path if base and "://" not in path and not path.startswith("/") else path

    def notifications(self) -> None:
        """What went wrong in the tool is what it did not look at."""
        for invocation in mappings(self.run, "invocations"):
            for kind in ("toolExecutionNotifications", "toolConfigurationNotifications"):
                for one in mappings(invocation, kind):
                    if text(one, "level") in ("error", "warning"):
                        where = self.path(at(one, "locations", 0, "physicalLocation", "artifactLocation"))
                        self.told.missed(first(text(one, "message", "text"), "the tool complained"),
                                         code="failed", place=self.told.place(where))  # fmt: skip
            if invocation.get("executionSuccessful") is False and invocation.get("exitCode") != 1:
                self.told.missed("the tool says that it did not succeed", code="failed")


def _severity(result: Mapping[str, Any], rule: Mapping[str, Any]) -> Severity:
    score = number(result, "properties", "security-severity")
    score = number(rule, "properties", "security-severity") if score is None else score
    level = first(text(result, "level"), text(rule, "defaultConfiguration", "level"), "warning")
    if (graded := grades.scored(score)) is not None and score:
        return graded
    word = first(text(result, "properties", "severity"), text(rule, "properties", "severity")).lower()
    return grades.COMMON.get(word) or _LEVELS.get(level, grades.UNKNOWN)


def _weaknesses(rule: Mapping[str, Any]) -> list[str]:
    """CWE ids among the tags: "external/cwe/cwe-79", "CWE-79: …"."""
    found = [re.search(r"(?i)\bcwe-0*(\d{1,5})", tag) for tag in texts(rule, "properties", "tags")[:50]]
    return [f"CWE-{match[1]}" for match in found if match]


def _judged(result: Mapping[str, Any]) -> tuple[Status, str]:
    given = mappings(result, "suppressions")
    if given and all(first(text(one, "status"), text(one, "state")) in _SAFE for one in given):
        why = first(text(given[0], "justification"), "(no reason given)")
        return Status.SUPPRESSED, f"{text(given[0], 'kind') or 'suppressed'}: {prose(why)}"
    if text(result, "baselineState") in ("unchanged", "updated"):
        return Status.KNOWN, "stands in the baseline of the tool"
    return Status.NEW, ""


def _package(own: str, message: str, severity: Severity, status: Status, reason: str) -> Vulnerable | None:
    """What Trivy, Grype and osv-scanner say of a package; None for any other message."""
    said = dict(_SAID.findall(message))
    match = _GRYPE.search(message) or _OSV.search(message)
    package = match["package"] if match else said.get("Package", "").strip()
    version = match["version"] if match else said.get("Installed Version", "").strip()
    if not package or not version:
        return None
    advisory = _ADVISORY.match(own)
    also = _ADVISORY.findall(message)
    return Vulnerable(
        id=advisory.group() if advisory else own, package=package, severity=severity, version=version, aliases=also,
        fixed=_versions(said.get("Fixed Version", "")), status=status, reason=reason,
    )  # fmt: skip


def _versions(words: str) -> list[str]:
    return [one.strip() for one in words.split(",") if one.strip()]
