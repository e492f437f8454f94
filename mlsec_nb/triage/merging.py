"""What two scanners, or two tools, say of the same thing, said once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mlsec_nb.core import Finding, Judged

_CREDENTIAL = frozenset({"CWE-259", "CWE-321", "CWE-798"})  # a password, a key, a credential in the code
_JUDGED = "SECRET-"  # the rules that look at the value and not only at the name
_OWN = frozenset({"dependencies", "containers", "code", "secrets"})  # their word comes first: they know the place
_Package = tuple[str, str]


def once(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those that point at a credential whose value another one has judged."""
    judged = {_place(finding) for finding in findings if finding.rule.id.startswith(_JUDGED)}
    return [
        finding
        for finding in findings
        if finding.rule.id.startswith(_JUDGED)
        or not _CREDENTIAL.intersection(finding.rule.references)
        or _place(finding) not in judged
    ]


def _place(finding: Finding) -> tuple[str | None, int | None, str | None, int | None]:
    place = finding.location
    return place.member, place.cell, place.part, place.line


def merged(judged: Sequence[Judged]) -> list[Judged]:
    """The findings, each vulnerability of a package once however many tools tell of it, each secret and rule in a line.

    Two are the same when package and version are, when they share an id or alias, and when they stand in one file or
    one of them does not say where it stands. Ours is kept, else the first; it takes the worse
    severity and says in `details.also` who else told of it. Findings of one tool are never merged with each other.
    """
    groups: dict[object, list[int]] = defaultdict(list)
    for number, group in _groups(judged).items():
        groups[group].append(number)
    for number, one in enumerate(judged):
        if not names(one.finding.details):
            groups[_line(one.finding)].append(number)
    also: dict[int, list[int]] = defaultdict(list)
    for numbers in groups.values():
        kept: list[int] = []
        for number in sorted(numbers, key=lambda one: judged[one].finding.scanner not in _OWN):
            same = next((one for one in kept if _is_same(judged[one], judged[number])), None)
            if same is None:
                kept.append(number)
            else:
                also[same].append(number)
    gone = {number for numbers in also.values() for number in numbers}
    return [
        _with(one, [judged[other].finding for other in also[number]]) if number in also else one
        for number, one in enumerate(judged)
        if number not in gone
    ]


def _line(finding: Finding) -> tuple[str | int | None, ...]:
    """A secret in a line, whoever found it; else what a rule of one name says of one line.

    Some of our rules have the names of the tool that they are built on.
    """
    place = finding.location
    is_secret = finding.rule.id.startswith(_JUDGED) or "CWE-798" in finding.rule.references
    own = finding.evidence.digest if is_secret else finding.rule.id
    return own, place.path, place.member, place.layer, place.cell, place.part or "source", place.line


def names(details: Mapping[str, object]) -> set[str]:
    """The ids of an advisory that a finding tells of, in capitals; empty for any other finding."""
    if not isinstance(own := details.get("advisory"), str):
        return set()
    aliases = details.get("aliases")
    more = aliases if isinstance(aliases, list | tuple) else ()
    return {own.upper(), *(one.upper() for one in more if isinstance(one, str))}


def package_of(details: Mapping[str, object]) -> _Package:
    """Name and version of the package that a finding is about, so that spellings do not matter."""
    name = re.sub(r"[-_.]+", "-", str(details.get("package") or "")).lower()
    return name, str(details.get("version") or "")


def _groups(judged: Sequence[Judged]) -> dict[int, int]:
    """The number of a group for each finding that tells of an advisory: those joined by ids about one package."""
    first: dict[tuple[_Package, str], int] = {}
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = number = parent[parent[number]]
        return number

    for number, one in enumerate(judged):
        package = package_of(one.finding.details)
        for name in sorted(names(one.finding.details)) if package[0] else ():
            parent.setdefault(number, number)
            parent[root(number)] = root(first.setdefault((package, name), number))
    return {number: root(number) for number in parent}


def _is_same(kept: Judged, other: Judged) -> bool:
    """Whether nothing is lost with the other: it is of another tool, judged alike, and stands in the same file."""
    if kept.finding.scanner == other.finding.scanner or kept.status is not other.status:
        return False
    if any(one.finding.details.get("unplaced") is True for one in (kept, other)):
        return True
    left, right = _parts(kept.finding), _parts(other.finding)
    shorter = min(len(left), len(right))
    return left[-shorter:] == right[-shorter:]


def _parts(finding: Finding) -> list[str]:
    """The steps of a path: some tools begin it at the folder that they looked at."""
    return [part for part in finding.location.path.split("/") if part not in ("", ".")]


def _with(one: Judged, others: Iterable[Finding]) -> Judged:
    finding, told = one.finding, list(others)
    severity = max((finding.severity, *(other.severity for other in told)), key=lambda grade: grade.rank)
    also = sorted({other.scanner for other in told})
    if not names(finding.details):
        return replace(one, finding=replace(finding, severity=severity, details={**finding.details, "also": also}))
    aliases = {name for other in (finding, *told) for name in names(other.details)}
    aliases.discard(str(finding.details["advisory"]).upper())
    details = {**finding.details, "also": also, "aliases": sorted(aliases)}
    return replace(one, finding=replace(finding, severity=severity, details=details))
