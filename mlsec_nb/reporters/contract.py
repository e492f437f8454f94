"""The JSON report as types: what `--format json` promises, and what its JSON Schema is generated from.

A key that does not apply is left out. Keys may be added within one version of the contract, never taken away and
never given another meaning. No field ever holds a secret in the clear.
"""

from typing import Any, Literal, NotRequired, TypedDict

SCHEMA: Literal["mlsec-report/1"] = "mlsec-report/1"

Severity = Literal["critical", "high", "medium", "low", "info"]
Confidence = Literal["high", "medium", "low"]
Status = Literal["new", "known", "suppressed"]


class Tool(TypedDict):
    """What made the report; `rules_digest` changes when any rule does."""

    name: str
    version: str
    rules_digest: str


class Artifact(TypedDict):
    """One thing that was audited."""

    path: str
    kind: str
    bytes: int


class Location(TypedDict):
    """Where: lines, columns and cells count from 1, columns in characters, ends are exclusive.

    `cell` counts all cells of the notebook; `part` is "source", "output 2 text/html", "metadata" and so on;
    `raw_line` and `raw_column` are those of the file on disk.
    """

    path: str
    member: NotRequired[str]
    layer: NotRequired[str]
    cell: NotRequired[int]
    cell_id: NotRequired[str]
    part: NotRequired[str]
    line: NotRequired[int]
    column: NotRequired[int]
    end_line: NotRequired[int]
    end_column: NotRequired[int]
    raw_line: NotRequired[int]
    raw_column: NotRequired[int]


class Evidence(TypedDict):
    """What may be shown of a match (masked), and a keyed digest by which equal matches can be told."""

    shown: str
    digest: str


class Edit(TypedDict):
    """The text from the location's line and column to its end becomes `replacement`."""

    location: Location
    replacement: str


class Fix(TypedDict):
    """A way to mend a finding: `action` is "replace", "redact" or "clear-output"."""

    title: str
    action: str
    edits: list[Edit]


class Related(TypedDict):
    """A further place of the same story: a step of a flow, another copy of the same secret."""

    location: Location
    message: str


class Finding(TypedDict):
    """A rule at a location. `reason` says who judged it known or suppressed, and why."""

    rule: str
    title: str
    scanner: str
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    evidence: Evidence
    fingerprint: str
    status: Status
    reason: NotRequired[str]
    fixes: list[Fix]
    references: list[str]
    related: NotRequired[list[Related]]
    details: NotRequired[dict[str, Any]]


class Gap(TypedDict):
    """What was not looked at, and why; never the same as clean.

    `code` is one of: skipped, too-big, unreadable, encrypted, malformed, unsupported, tool-missing, offline, stale,
    timeout, failed.
    """

    location: Location
    scanner: str
    reason: str
    code: str


class Component(TypedDict):
    """A package, model, dataset or image that was inventoried."""

    name: str
    kind: str
    version: NotRequired[str]
    purl: NotRequired[str]
    location: Location
    properties: NotRequired[dict[str, str]]


class Verdict(TypedDict):
    """Passed (true), failed (false), or undecided (null) because something was not looked at; with the reasons."""

    passed: bool | None
    reasons: list[str]


class Change(TypedDict):
    """A package that is of another version than before; without `before` it came, without `after` it went."""

    name: str
    ecosystem: str
    before: NotRequired[str]
    after: NotRequired[str]


class Rule(TypedDict):
    """What a reader needs to judge and mend a finding of this rule."""

    title: str
    severity: Severity
    confidence: Confidence
    why: str
    fix: str
    references: list[str]


class Report(TypedDict):
    """Everything that one audit has to say; the same input gives the same report, byte for byte."""

    schema: Literal["mlsec-report/1"]
    tool: Tool
    targets: list[str]
    artifacts: list[Artifact]
    findings: list[Finding]
    gaps: list[Gap]
    components: list[Component]
    verdict: Verdict
    rules: dict[str, Rule]
    changes: NotRequired[list[Change]]
