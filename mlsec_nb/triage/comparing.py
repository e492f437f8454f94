"""One audit held against another: what both have is known, and which packages came, went and changed."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

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
    """Packages by name, those in several versions with all of them; of models the steps of a load, tensors, facts."""
    old, new = ({**_versions(one.components), **_parts(one.components)} for one in (before, after))
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


def _parts(components: Iterable[Component]) -> dict[tuple[str, str], str]:
    """What is in models: a single one by itself, several under their names; those inside of images are left out."""
    every = list(components)
    models = [one for one in every if one.kind == "model"]
    if any(one.kind == "image" for one in every):
        return {}
    found: dict[tuple[str, str], str] = {}
    for one in models:
        prefix = f"{PurePosixPath(one.location.path).name}: " if len(models) > 1 else ""
        facts = dict(one.properties)
        for step in _listed(facts.pop("loading", "")):
            if isinstance(step, dict):
                found["step", f"{prefix}{step.get('does')}"] = str(step.get("grade"))
        for row in _listed(facts.pop("tensor_table", "")):
            if isinstance(row, list) and len(row) == 4 and isinstance(row[2], list):
                found["tensor", f"{prefix}{row[0]}"] = f"{row[1]} {'×'.join(map(str, row[2])) or 'scalar'}"
        found.update({("fact", f"{prefix}{name}"): value for name, value in facts.items()})
    return found


def _listed(text: str) -> list[object]:
    try:
        value = json.loads(text or "[]")
    except ValueError:
        return []
    return value if isinstance(value, list) else []
