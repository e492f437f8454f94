"""How things of a server are told: hits, and the findings and gaps that they become."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mlsec_nb.core import Confidence, Evidence, Finding, Gap, Location, Rule, Severity
from mlsec_nb.scanners.patterns import tables, to_rule

NAME: Final = "api"


@cache
def catalogue() -> Mapping[str, Rule]:
    """The rules of this room by id."""
    return {table["id"]: to_rule(table) for table in tables(files(__package__) / "rules.toml")}


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that holds at an operation; JSON values that are safe to keep: who makes one masks what is not ours.

    `shown` is evidence in words that name the thing; they and nothing else tell two hits of one rule there apart.
    """

    rule: str
    where: str  # "POST /predict"
    shown: str
    message: str
    severity: str = ""
    confidence: str = ""
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def finding(self, path: str, key: bytes) -> Finding:
        """The finding at the server that the user called `path`."""
        rule = catalogue()[self.rule]
        return Finding(
            rule=rule, scanner=NAME, location=Location(path=path, part=self.where), message=self.message,
            evidence=Evidence.excerpt(self.shown, key), details=self.details,
            severity=Severity(self.severity) if self.severity else rule.severity,
            confidence=Confidence(self.confidence) if self.confidence else rule.confidence,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missed:
    """What was not looked at."""

    reason: str
    code: str
    where: str = ""

    def gap(self, path: str) -> Gap:
        place = Location(path=path, part=self.where or None)
        return Gap(location=place, scanner=NAME, reason=self.reason, code=self.code)


Told = Hit | Missed


def kept(told: Told) -> dict[str, Any]:
    """The same as JSON."""
    return asdict(told)


def read(table: Mapping[str, Any]) -> Told:
    """The same out of JSON; `TypeError` when it is something else."""
    return Hit(**table) if "rule" in table else Missed(**table)
