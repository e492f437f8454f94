"""What one abstract run over a notebook carries along: scopes, files, hits, and how much it may still do."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlsec_nb.core import Confidence, Segment, Severity

from .rules import Catalogue, Edits
from .source import Source
from .values import NOTHING, Function, Origin, Step, Value

MAX_NODES = 600_000  # evaluated in one run; a notebook of 300 kB of code needs about 100,000
MAX_DEPTH = 5  # of functions that call functions


class Scope:
    """Names and their values, and the scope around them."""

    __slots__ = ("names", "parent")

    def __init__(self, parent: "Scope | None" = None) -> None:
        self.names: dict[str, Value] = {}
        self.parent = parent

    def get(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if (found := scope.names.get(name)) is not None:
                return found
            scope = scope.parent
        return None

    def set(self, name: str, value: Value) -> None:
        self.names[name] = value

    @property
    def top(self) -> "Scope":
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that holds at a place; becomes a Finding when all runs are done."""

    rule: str
    source: Source
    start: int
    end: int
    severity: Severity
    confidence: Confidence
    message: str
    steps: tuple[Step, ...] = ()
    edits: tuple[Edits, ...] = ()
    node: ast.AST | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        return self.rule, id(self.source), self.start

    @property
    def weight(self) -> tuple[int, int, int]:
        return self.severity.rank, self.confidence.rank, len(self.steps)


def keep(hits: dict[tuple[str, int, int], Hit], hit: Hit) -> None:
    """Keep the worst hit of a rule at a place, with the longest story."""
    old = hits.get(hit.key)
    if old is None or hit.weight > old.weight:
        hits[hit.key] = hit


@dataclass
class State:
    """The run's memory. `files` knows where the file of a path came from; `made` which paths the notebook wrote."""

    catalogue: Catalogue
    versions: dict[str, tuple[int, ...]] = field(default_factory=dict)
    hits: dict[tuple[str, int, int], Hit] = field(default_factory=dict)
    files: dict[str, Origin] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    nodes: int = 0
    stack: list[Function] = field(default_factory=list)
    calls: list[Step] = field(default_factory=list)
    pending: dict[int, Function] = field(default_factory=dict)
    cut: list[tuple[Source, int, int]] = field(default_factory=list)
    methods: dict[type, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    unset: dict[str, bool] = field(default_factory=dict)  # whether a name is that of a secret although nothing sets it
    unread: list[tuple[Source, int, int, str]] = field(default_factory=list)
    pages: list[tuple[str, Segment]] = field(default_factory=list)  # HTML and JavaScript that code shows
    hidden: set[str] = field(default_factory=set)  # credentials that were seen on a command line
    source: Source = None  # type: ignore[assignment]  # set before the first statement runs

    def emit(self, hit: Hit) -> None:
        """Keep a hit, if there is none worse."""
        keep(self.hits, hit)

    def step(self, node: ast.AST, message: str) -> Step:
        start, end = self.source.span(node)
        return Step(self.source, start, end, message)

    def file(self, value: Value) -> Origin | None:
        """Where the file at a path came from, as far as this notebook tells."""
        if value.text is None:
            return None
        for key in _keys(value.text):
            if (found := self.files.get(key)) is not None:
                return found
        return None

    def put_file(self, value: Value, origin: Origin) -> None:
        """Remember where a file came from; a download is never forgotten."""
        if value.text is None or value.text in {"", "."}:
            return
        key = normal_path(value.text) + ("/" if value.text.endswith("/") else "")
        old = self.files.get(key)
        if old is None or (old.kind == "own" and origin.kind != "own"):
            self.files[key] = origin

    @property
    def exhausted(self) -> bool:
        return self.nodes > MAX_NODES


def normal_path(text: str) -> str:
    while text.startswith("./"):
        text = text[2:]
    return text.replace("//", "/").rstrip("/") if "://" not in text else text


def _keys(text: str) -> Iterator[str]:
    """The path itself, then the folders that it is in (a downloaded archive was unpacked there)."""
    key = normal_path(text)
    yield key
    while "/" in key:
        key = key.rpartition("/")[0]
        if key:
            yield key + "/"


def nothing() -> Value:
    return NOTHING
