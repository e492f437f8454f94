"""The marks that people leave in text to say that a finding is fine: ours, and those of other tools."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from mlsec_nb.core import Finding, mask_text

NO_REASON = "(no reason given)"
Covers = Callable[[Finding], bool]


class Scope(StrEnum):
    """How far a mark reaches."""

    LINE = "line"
    NEXT_LINE = "next line"
    BLOCK = "block"
    CELL = "cell"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark; `line` is that of its segment, `broken` says why it does not count."""

    scope: Scope
    line: int
    covers: Covers
    name: str  # as the reader knows it
    reason: str = NO_REASON
    until: dt.date | None = None
    broken: str = ""
    reach: tuple[int, int] | None = None  # of a block: its first and its last line

    def against(self, today: dt.date) -> str:
        """Why the mark does not suppress anything today; empty when it does."""
        if self.broken:
            return self.broken
        return f"expired on {self.until}" if self.until and today > self.until else ""


_LEAD = r"(?:#|//|--|%|;|/\*|<!--)[ \t]*"
_OURS = re.compile(
    _LEAD + r"mlsec:[ \t]*ignore(?P<scope>-cell|-file|-next-line)?(?![\w-])(?P<rules>\[[^\]\n]*\])?(?P<rest>[^\n]*)",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"\buntil\b[ \t]*[=:]?[ \t]*(?P<date>[^\s,;)]*)", re.IGNORECASE)
_COMMENT_END = re.compile(r"[ \t]*(?:-->|\*/).*$|[ \t]*$")
_REASON_LEAD = " \t:-–—"
_PRAGMA = re.compile(
    r"(?:#|//|/\*|'|--|<!--)[ \t#]*pragma:[ \t]?(?:allow|white)list(?P<next>[ -]next[ -]?line)?[ -]secret\b",
    re.IGNORECASE,
)
_GITLEAKS = re.compile(r"gitleaks:allow\b")
_NOSEC = re.compile(r"#[ \t]*nosec\b:?(?P<codes>[^\n#]*)", re.IGNORECASE)
_NOQA = re.compile(
    r"#[ \t]*(?P<file>(?:ruff|flake8)[ \t]*:[ \t]*)?noqa[ \t]*:[ \t]*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)",
    re.IGNORECASE,
)
_CODE = re.compile(r"\b[BS](\d{3})\b", re.IGNORECASE)  # ruff's S301 is bandit's B301
_TEST_NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_ANY = re.compile(r"mlsec:|pragma:|gitleaks:allow|nosec|noqa", re.IGNORECASE)


def marks_in(text: str) -> Iterator[Mark]:
    """Every mark in a text, in the order of its lines."""
    if not _ANY.search(text):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if _ANY.search(line):
            yield from _ours(line, number)
            yield from _others(line, number)


def covering(rules: tuple[str, ...]) -> Covers:
    """What globs of rule ids, or names of scanners, cover."""
    globs = tuple(rule.strip().upper() for rule in rules)
    return lambda found: any(
        fnmatchcase(found.rule.id.upper(), glob) or found.scanner.upper() == glob for glob in globs
    )


def understood(reason: str) -> tuple[str, dt.date | None, str]:
    """A reason without its date, the date, and what is wrong with it."""
    match = _UNTIL.search(reason)
    if not match or not (match["date"][:1].isdigit() or not reason[match.end() :].strip()):
        return _worded(reason), None, ""
    words = _worded(reason[: match.start()].rstrip(" \t(") + reason[match.end() :].lstrip(")"))
    try:
        return words, dt.date.fromisoformat(match["date"]), ""
    except ValueError:
        return words, None, "has no date that can be read after 'until' (write until 2027-01-31)"


def _worded(reason: str) -> str:
    return mask_text(reason.strip(_REASON_LEAD)) or NO_REASON


def _ours(line: str, number: int) -> Iterator[Mark]:
    for match in _OURS.finditer(line):
        rest = _COMMENT_END.sub("", match["rest"], count=1)
        reason, until, broken = understood(rest)
        rules = tuple(rule for rule in (match["rules"] or "[*]")[1:-1].split(",") if rule.strip())
        if not rules or (not match["rules"] and rest.lstrip().startswith("[")):
            broken = "names no rule between its brackets"
        alone = not line[: match.start()].strip()
        scope = Scope(match["scope"].strip("-").replace("-", " ").lower()) if match["scope"] else Scope.LINE
        yield Mark(
            scope=Scope.NEXT_LINE if scope is Scope.LINE and alone else scope, line=number,
            covers=covering(rules or ("*",)), name=f"mlsec: ignore{match['scope'] or ''}", reason=reason,
            until=until, broken=broken,
        )  # fmt: skip


def _others(line: str, number: int) -> Iterator[Mark]:
    if match := _PRAGMA.search(line):
        alone = not line[: match.start()].strip()
        if alone or not match["next"]:
            scope = Scope.NEXT_LINE if match["next"] else Scope.LINE
            yield Mark(scope=scope, line=number, covers=is_secret, name="pragma: allowlist secret")
    if _GITLEAKS.search(line):
        yield Mark(scope=Scope.LINE, line=number, covers=is_secret, name="gitleaks:allow")
    if match := _NOSEC.search(line):
        codes = frozenset(_CODE.findall(match["codes"]))
        if codes or not _TEST_NAME.search(match["codes"]):
            yield Mark(scope=Scope.LINE, line=number, covers=_nosec(codes), name="nosec")
    for match in _NOQA.finditer(line):
        codes = frozenset(code for code in _CODE.findall(match["codes"]))
        if codes:
            yield Mark(
                scope=Scope.FILE if match["file"] else Scope.LINE, line=number, covers=_coded(codes), name="noqa"
            )


def is_secret(finding: Finding) -> bool:
    return finding.scanner == "secrets" or finding.rule.id.startswith("SECRET-")


def _nosec(codes: frozenset[str]) -> Covers:
    coded = _coded(codes)
    return lambda found: found.scanner == "code" and (not codes or coded(found))


def _coded(codes: frozenset[str]) -> Covers:
    """Findings of rules that refer to one of bandit's numbers ("B301", or ruff's "S301")."""
    return lambda found: any(
        number in codes
        for reference in found.rule.references
        if "://" not in reference
        for number in _CODE.findall(reference)
    )
