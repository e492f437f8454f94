"""One audit held against another: what both have is known, and which packages came, went and changed."""

from collections.abc import Iterable
from dataclasses import replace

from mlsec_nb.core import Change, Component, Finding, Judged, Report, Status


def known_before(before: Report, judged: Iterable[Judged]) -> list[Judged]:
    """The findings, known where the other audit has the same at the same place inside its own target."""
    seen = {_same(one.finding): one.finding.location.path for one in before.findings}
    return [
        replace(one, status=Status.KNOWN, reason=f"{path} has it, too")
        if one.status is Status.NEW and (path := seen.get(_same(one.finding)))
        else one
        for one in judged
    ]


def _same(finding: Finding) -> tuple[str, str, str, str]:
    inside = "" if "advisory" in finding.details else finding.location.member or ""
    return finding.rule.id, inside, finding.location.part_kind, finding.evidence.digest


def changes(before: Report, after: Report) -> tuple[Change, ...]:
    """Packages by name; one that is there in several versions is told with all of them."""
    old, new = _versions(before.components), _versions(after.components)
    found = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was != now:
            found.append(Change(key[1], key[0], was, now))
    return tuple(found)


def _versions(components: Iterable[Component]) -> dict[tuple[str, str], str]:
    """What is there in the end, not what a layer took away."""
    found: dict[tuple[str, str], set[str]] = {}
    for one in components:
        if one.kind == "package" and "removed-layer" not in one.properties:
            found.setdefault((one.properties.get("ecosystem", ""), one.name), set()).add(one.version or "any")
    return {key: ", ".join(sorted(versions)) for key, versions in found.items()}
