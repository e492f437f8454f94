"""What the panel and the server say to each other; the panel's types are generated from these.

The report itself is the contract of `mlsec_nb.reporters.contract`; here stands only what is said around it, as
JSON in the bodies of requests below `<base url>/mlsec/`.
"""

from typing import Any, Literal, NotRequired, TypedDict

from mlsec_nb.reporters.contract import Finding, Gap, Report, Rule

SaveGuardMode = Literal["off", "warn", "block"]
JobState = Literal["running", "done", "failed", "cancelled"]
CheckState = Literal["passed", "failed", "undecided", "not run"]


class CellContent(TypedDict):
    """One cell as it stands in the editor; outputs without what is no text."""

    id: str
    cell_type: Literal["code", "markdown", "raw"]
    source: str
    outputs: NotRequired[list[dict[str, Any]]]
    metadata: NotRequired[dict[str, Any]]


class LiveRequest(TypedDict):
    """What changed in an open notebook since `base`; with `base` null the whole notebook."""

    session: str  # made up by the panel, one for each open notebook
    path: str
    base: int | None  # the revision that the changes build on
    language: NotRequired[str | None]
    order: NotRequired[list[str]]  # ids of all cells, when it changed
    cells: list[CellContent]  # those that changed
    omitted: NotRequired[int]  # pieces of output that were not sent because they are no text or too long


class LiveAnswer(TypedDict):
    """Everything found in the open notebook; `revision` is the `base` of the next request."""

    revision: int
    findings: list[Finding]
    gaps: list[Gap]
    rules: dict[str, Rule]


class TextRequest(TypedDict):
    """An open file that is no notebook."""

    path: str
    text: str


class PathRequest(TypedDict):
    """A file or folder below the server's root."""

    path: str


class Check(TypedDict):
    """What became of one check of a gate."""

    check: str
    state: CheckState
    required: bool
    findings: int
    reasons: list[str]


class Job(TypedDict):
    """A scan, or the run of a gate, that takes its time."""

    id: str
    state: JobState
    done: int
    total: int
    path: str  # the artifact that was finished last
    report: NotRequired[Report]
    checks: NotRequired[list[Check]]  # of a gate
    error: NotRequired[str]


class Gate(TypedDict):
    """One of the four gates of the pipeline, and the checks that it needs."""

    name: str
    checks: list[str]


class BaselineRequest(TypedDict):
    """Findings of an open document that somebody accepts as they are."""

    path: str
    fingerprints: list[str]


class ServerStatus(TypedDict):
    """What this server can do for the panel."""

    version: str
    save_guard: SaveGuardMode
    gates: list[Gate]
    baseline: bool


class NotSaved(TypedDict):
    """The server refused to save (event `NOT_SAVED`): the way to tell a user whose notebook the server itself saves."""

    path: str
    message: str
    blocked: bool
