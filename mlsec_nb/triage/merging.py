"""What two scanners, or two tools, say of the same thing, said once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mlsec_nb.core import Finding, Judged

_CREDENTIAL = frozenset({"CWE-259", "CWE-321", "CWE-798"})  # a password, a key, a credential in the code
_JUDGED = "SECRET-"  # the rules that look at the value and not only at the name
# Ours: their word comes first, for they know the place, and a gate asks each of them for its own.
_OWN = frozenset({"secrets", "code", "models", "dependencies", "containers", "data", "infrastructure", "api"})
_TEST = re.compile(r"B\d{3}\Z")  # one of Bandit's, to which ours refer
_MOST = 1_000  # findings that can be held against each other
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
    one of them does not say where it stands; in a line, when they are about one secret, or when our rule refers to that
    of the other tool. Ours is kept, else the first; it takes the worse severity and says in `details.also` who else
    told of it. Findings of one tool, and those of two of our scanners, are never merged with each other.
    """
    groups: dict[int, list[int]] = defaultdict(list)
    for number, group in _groups(judged).items():
        groups[group].append(number)
    also: dict[int, list[int]] = defaultdict(list)
    for numbers in groups.values():
        if len(numbers) > _MOST or len({judged[number].finding.scanner for number in numbers}) == 1:
            continue
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


def _called(finding: Finding) -> tuple[tuple[object, ...], set[str]]:
    """What a finding is about, and its names there: findings about the same thing that share a name may be the same."""
    if found := names(finding.details):
        package = package_of(finding.details)
        return package, found if package[0] else set()
    place = finding.location
    found = {finding.rule.id, *(word for word in finding.rule.references if _TEST.match(word))}
    if finding.rule.id.startswith(_JUDGED) or "CWE-798" in finding.rule.references:
        found = {finding.evidence.digest}
    elif finding.scanner == "bandit":
        found.add(str(finding.details.get("id")))
    return (place.path, place.member, place.layer, place.cell, place.part or "source", place.line), found


def _groups(judged: Sequence[Judged]) -> dict[int, int]:
    """The number of a group for each finding: those that are joined by names for the same thing."""
    first: dict[tuple[tuple[object, ...], str], int] = {}
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = number = parent[parent[number]]
        return number

    for number, one in enumerate(judged):
        about, called = _called(one.finding)
        for name in sorted(called):
            parent.setdefault(number, number)
            parent[root(number)] = root(first.setdefault((about, name), number))
    return {number: root(number) for number in parent}


def _is_same(kept: Judged, other: Judged) -> bool:
    """Whether nothing is lost with the other: it is of another tool, judged alike, and stands in the same file."""
    scanners = {kept.finding.scanner, other.finding.scanner}
    if len(scanners) == 1 or scanners <= _OWN or kept.status is not other.status:
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
