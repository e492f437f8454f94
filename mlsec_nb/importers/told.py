"""What one report tells, collected in our words; whatever is put in is masked here, at birth."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from mlsec_nb.core import (
    Component,
    Confidence,
    Evidence,
    Finding,
    Gap,
    Judged,
    Location,
    Rule,
    Severity,
    Status,
    mask_text,
)

from . import values

_SLUG = re.compile(r"[^A-Z0-9]+")
# Public names that masking would take for secrets, because they look random.
PUBLIC = re.compile(
    r"\b(?:CVE-\d{4}-\d{4,9}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}|CWE-\d{1,5}|(?:AVD|CKV2?|B|DL|SC)[-_A-Z]*\d{1,5}"
    r"|[A-Z]{2,10}-\d{4}-\d{1,9}(?:-\d{1,3})?)\b"
)
# Words, numbers and names of functions, as people write them: nothing in which letters and digits are mixed.
_WORD = (
    r"[(\[\"'<]*(?:[A-Za-z]+(?:['/_.-][A-Za-z]+){0,4}\d{0,2}(?:\(\))?|v?\d{1,4}(?:[.x]\d{1,4}){0,4})"
    r"[)\]\"'>,.:;!?]{0,3}"
)
_WORDS = re.compile(rf"(?:{_WORD}|[-–=<>&+]{{1,2}})(?: (?:{_WORD}|[-–=<>&+]{{1,2}}))*\Z")
_NAME = re.compile(r"[\w.+@/: ~^!-]{1,200}\Z")
# No name of a package, version or rule holds so many letters and digits in a row, but for digests.
_RUN = re.compile(r"(?<![A-Za-z0-9])(?![0-9a-f]{40}\b|[0-9a-f]{64}\b|[0-9a-f]{128}\b)(?=[A-Za-z]*\d)[A-Za-z0-9]{24,}")
_SECRETIVE = re.compile(r"(?i)secret|passw|passphrase|token|credential|api[_ -]?key|private[_ -]?key|hard-?coded")
MOST = 200_000  # findings, and components, of one report
_LONGEST_WORD = 24
_SHOWN = 400  # characters of a message
_QUOTED = re.compile(r"([\"'`])(?:(?!\1).){3,}\1")


def prose(words: str, limit: int = 240) -> str:
    """A sentence of a stranger in one line, without whatever may be a secret; ids of advisories can be read."""
    words = words[: values.LONGEST]
    parts: list[str] = []
    end = 0
    for match in PUBLIC.finditer(words):
        parts += [mask_text(words[end : match.start()], values.LONGEST), match.group()]
        end = match.end()
    parts.append(mask_text(words[end:], values.LONGEST))
    said = " ".join(part for part in parts if part)
    said = re.sub(r" ([,.;:)\]])", r"\1", re.sub(r"([(\[]) ", r"\1", said))
    return said if len(said) <= limit else said[: limit - 1] + "…"


def titled(words: str, limit: int = 160) -> str:
    """What a tool calls a rule, or an advisory a flaw: published words, as they are when they are only words."""
    words = " ".join(words[: values.LONGEST].split())
    plain = PUBLIC.sub("x", words[:limit])
    if max(map(len, plain.split()), default=0) > _LONGEST_WORD or not _WORDS.match(plain):
        return prose(words, limit)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def name(words: str) -> str:
    """A name or version as it is; masked when it can be none."""
    words = " ".join(words.split())
    is_plain = _NAME.match(words) and not _RUN.search(words) and "://" not in words
    return words if is_plain else prose(words, 120)


def of_secret(*words: str) -> bool:
    """Whether these words of a tool are about a credential, so that what they quote may be one."""
    return any(_SECRETIVE.search(word) for word in words)


@dataclass
class Told:
    """The findings, gaps and components of one report of `tool`, which lies at `path`."""

    tool: str
    path: str
    key: bytes
    findings: list[Judged] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    _rules: dict[str, Rule] = field(default_factory=dict)
    _over: int = 0
    _listed: set[tuple[str, str]] = field(default_factory=set)

    @property
    def here(self) -> Location:
        """The report itself: the place of what says no place of its own."""
        return Location(path=self.path)

    def place(
        self, path: str, line: int | None = None, column: int | None = None,
        end: tuple[int | None, int | None] = (None, None), member: str = "", layer: str = "",
    ) -> Location:  # fmt: skip
        """A place in what the tool looked at; without a path the report itself."""
        path = plain_path(path)
        if not path:
            return self.here
        end_line, end_column = end if line and end[0] and end[0] >= line else (None, None)
        if end_line == line and end_column and column and end_column < column:
            end_column = None
        return Location(
            path=path, line=line, column=column if line else None, end_line=end_line, end_column=end_column,
            member=plain_path(member) or None, layer=layer or None,
        )  # fmt: skip

    def found(  # noqa: PLR0913 - each of them is something that a tool may say
        self, own: str, title: str, *, severity: Severity, place: Location | None = None, message: str = "",
        composed: str = "", confidence: Confidence = Confidence.MEDIUM, shown: Evidence | str = "",
        why: str = "", fix: str = "", references: Sequence[str] = (), details: Mapping[str, Any] | None = None,
        status: Status = Status.NEW, reason: str = "",
    ) -> None:  # fmt: skip
        """Add a finding; `own` is what the tool calls the rule, a `shown` text becomes an excerpt.

        `composed` is a message made of parts that are masked already.
        """
        if len(self.findings) >= MOST:
            self._over += 1
            return
        said = without_quoted(message or title) if of_secret(own, title, message) else message or title
        if isinstance(shown, str):
            shown = (
                Evidence.excerpt(shown, self.key) if shown else Evidence("", Evidence.excerpt(said, self.key).digest)
            )
        rule = self.rule(own, title, severity=severity, confidence=confidence, why=why, fix=fix, references=references)
        self.findings.append(
            Judged(
                Finding(
                    rule=rule, scanner=self.tool, location=place or self.here, evidence=shown,
                    message=composed[:_SHOWN] or (prose(said) if message else titled(said)),
                    severity=severity, confidence=confidence, details={"id": name(own), **(details or {})},
                ),
                status, prose(reason) if reason else "",
            )
        )  # fmt: skip

    def rule(
        self, own: str, title: str, *, severity: Severity, confidence: Confidence = Confidence.MEDIUM,
        why: str = "", fix: str = "", references: Sequence[str] = (),
    ) -> Rule:  # fmt: skip
        """The rule that a tool means, the same one each time; its first words stay."""
        words = _SLUG.sub("-", name(own).upper()).strip("-")[:80] or "UNNAMED"
        prefix = _SLUG.sub("-", self.tool.upper()).strip("-")
        id_ = words if words.startswith(f"{prefix}-") else f"{prefix}-{words}"
        if id_ not in self._rules:
            secretive = of_secret(own, title)
            told = [without_quoted(one) if secretive else one for one in (title, why, fix)]
            self._rules[id_] = Rule(
                id=id_, title=titled(told[0]) or id_, severity=severity, confidence=confidence,
                why=prose(told[1], 600), fix=prose(told[2], 600),
                references=tuple(dict.fromkeys(prose(one) for one in references if one)),
            )  # fmt: skip
        return self._rules[id_]

    def missed(self, reason: str, *, code: str = "unreadable", place: Location | None = None) -> None:
        """Add what the tool did not look at, or what could not be understood of its report."""
        self.gaps.append(Gap(location=place or self.here, scanner=self.tool, reason=prose(reason), code=code))

    def rows(self, value: Any, *keys: str | int) -> list[Mapping[str, Any]]:
        """The entries of the list at a path; entries that are none, and a list that is none, become a gap."""
        found = values.at(value, *keys)
        if found is None:
            return []
        where = f" in {keys[-1]}" if keys else ""
        if not isinstance(found, list):
            self.missed(f"what should be a list is none{where}", code="malformed")
            return []
        rows = [item for item in found if isinstance(item, Mapping)]
        if lost := len(found) - len(rows):
            self.missed(f"{lost} entr{'y' if lost == 1 else 'ies'} cannot be read{where}", code="malformed")
        return rows

    def component(
        self, called: str, kind: str = "package", *, version: str = "", purl: str = "", place: Location | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Add something that was inventoried."""
        if len(self.components) >= MOST:
            self._over += 1
            return
        self._listed.add((called, version))
        self.components.append(
            Component(
                name=name(called) or "unnamed", kind=kind, location=place or self.here,
                version=name(version) or None, purl=plain_purl(purl),
                properties={key: name(one) for key, one in (properties or {}).items() if one},
            )
        )  # fmt: skip

    def close(self) -> None:
        """Say what was left out."""
        if self._over:
            self.missed(f"{self._over} entries over {MOST:,} are left out", code="too-big")

    def lists(self, called: str, version: str) -> bool:
        """Whether a component of this name and version was added."""
        return (called, version) in self._listed


def without_quoted(words: str) -> str:
    """A sentence about a credential without what it quotes."""
    return _QUOTED.sub(lambda match: f"{match[1]}…{match[1]}", words)


def plain_path(path: str) -> str:
    """A path as our reports write it: forward slashes, no `./`, no file URL, no login and no query in an address."""
    path = path.strip().replace("\\", "/")[:1_000].replace("\0", "").encode("utf-8", "replace").decode()
    if path.startswith("file:"):
        path = unquote(re.sub(r"^file:/*(?=/)", "", path).removeprefix("file:"))
    if re.match(r"[a-z][a-z0-9+.-]*://", path):
        path = re.sub(r"(?<=://)[^/@]*@", "", re.split(r"[?#]", path, maxsplit=1)[0])
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path


def plain_purl(purl: str) -> str | None:
    """A package URL without what may hold a login: an address among its qualifiers."""
    if not purl.startswith("pkg:"):
        return None
    purl, _, qualifiers = purl.partition("?")
    kept = [one for one in qualifiers.split("#")[0].split("&") if one and "url" not in one.partition("=")[0]]
    return purl + ("?" + "&".join(kept) if kept else "")
