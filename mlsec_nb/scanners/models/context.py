"""What the formats share in one scan: limits, the judge of names, the making of findings and gaps."""

import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from mlsec_nb.config import Settings
from mlsec_nb.core import Confidence, Evidence, Finding, Gap, Location, Rule, Severity, mask_text

from .knowledge.judge import Judge
from .tensors import Table
from .view import View

NAME = "models"


@cache
def catalogue() -> Mapping[str, Rule]:
    """The rules by id, from rules.toml."""
    table = tomllib.loads(files(__package__).joinpath("rules.toml").read_text(encoding="utf-8"))
    rules = (
        Rule(id=row["id"], title=row["title"], severity=Severity(row["severity"]), why=row["why"], fix=row["fix"],
             confidence=Confidence(row.get("confidence", "high")), references=tuple(row.get("references", ())))
        for row in table["rule"]
    )  # fmt: skip
    return {rule.id: rule for rule in rules}


@dataclass(slots=True)
class Context:
    """One scan of one artifact."""

    settings: Settings
    judge: Judge
    deadline: float
    unpacked: int = 0  # bytes decompressed so far
    facts: dict[str, str] = field(default_factory=dict)  # of the artifact, for its component
    formats: list[str] = field(default_factory=list)
    tensors: Table = field(default_factory=Table)
    is_model: bool = False  # some format was met that only models have
    loading: list[dict[str, Any]] = field(default_factory=list)  # the call tree of all pickles, in order
    packages: set[str] = field(default_factory=set)  # top-level modules that loading imports
    done: set[tuple[int, int]] = field(default_factory=set)
    covered: set[tuple[int, int, int]] = field(default_factory=set)  # views that are one pickle from end to end

    @classmethod
    def of(cls, settings: Settings) -> "Context":
        allowed = frozenset(allow_list(settings))
        return cls(settings, Judge(allowed), time.monotonic() + settings.limits.seconds)

    def visited(self, view: View, offset: int) -> bool:
        """True when the thing at this offset was looked at before under another view of the same bytes."""
        key = (id(view.data), view.start + offset)
        if key in self.done:
            return True
        self.done.add(key)
        return False

    def found(  # noqa: PLR0913 - one door for all findings
        self,
        rule: str,
        view: View,
        shown: str,
        message: str = "",
        *,
        offset: int | None = None,
        severity: Severity | None = None,
        details: Mapping[str, Any] | None = None,
        masked: bool = False,
    ) -> Finding:
        """A finding in a view, `offset` counting from its beginning.

        What is shown is masked here, unless that was done already, piece by piece.
        """
        entry = catalogue()[rule]
        at = {} if offset is None else {"offset": offset}
        return Finding(
            rule=entry,
            scanner=NAME,
            location=self.place(view, offset),
            evidence=(Evidence.fact if masked else Evidence.excerpt)(shown, self.settings.key),
            message=(message if masked else mask_text(message, 600)) if message else entry.title,
            severity=severity or entry.severity,
            details={**at, **(details or {})},
        )

    @staticmethod
    def place(view: View, offset: int | None = None) -> Location:
        return view.location if offset is None else view.location.with_(part=f"byte {offset}")

    @staticmethod
    def gap(view: View, reason: str, code: str = "unreadable") -> Gap:
        return Gap(location=view.location, scanner=NAME, reason=reason, code=code)


def allow_list(settings: Settings) -> list[str]:
    """The names and packages of `[tool.mlsec.models.allow]`: `name = "reason"`; a name without a reason counts not."""
    allow = settings.options.get("allow", {})
    return [name for name, reason in allow.items() if reason] if isinstance(allow, Mapping) else []
