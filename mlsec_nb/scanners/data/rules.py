"""The rules of the room by id, and the making of its findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Finding, Gap, Location, Rule, Severity, mask_text
from mlsec_nb.scanners.patterns import tables, to_rule

NAME = "data"


@cache
def catalogue() -> Mapping[str, Rule]:
    """The rules by id, from rules.toml."""
    here = files(__package__)
    return {rule.id: rule for rule in map(to_rule, tables(here.joinpath("rules.toml"), here.joinpath("content.toml")))}


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes the findings and gaps of one artifact."""

    path: str
    key: bytes

    def found(  # noqa: PLR0913 - one door for all findings
        self,
        rule: str,
        shown: str,
        message: str,
        *,
        line: int | None = None,
        part: str | None = None,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Finding:
        """A finding; `shown` are words of our own making in which names were masked."""
        entry = catalogue()[rule]
        return Finding(
            rule=entry, scanner=NAME, location=self.place(line, part), evidence=Evidence.fact(shown, self.key),
            message=message, severity=severity or entry.severity, confidence=confidence or entry.confidence,
            details=details or {},
        )  # fmt: skip

    def gap(self, reason: str, code: str = "unreadable", line: int | None = None) -> Gap:
        return Gap(location=self.place(line), scanner=NAME, reason=reason, code=code)

    def place(self, line: int | None = None, part: str | None = None) -> Location:
        return Location(path=self.path, line=line, raw_line=line, part=part)


def named(text: str) -> str:
    """A name out of scanned data, as it may be shown."""
    plain = "".join(char if char.isprintable() else "�" for char in text)
    return mask_text(plain, 120)
