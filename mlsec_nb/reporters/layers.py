"""The layers of the images in a report, and the packages that changed, as rows that every format can show."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlsec_nb.core import Component, Report

from .text import plural, prose, visible

HEAD: Final = ("Layer", "Size", "Packages", "Findings", "Made by")
PARTS: Final = frozenset({"step", "tensor", "fact"})  # of models, where packages have their ecosystem
_UNITS: Final = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))


@dataclass(frozen=True, slots=True)
class Image:
    """One image: what it is called, what it is, a row for each layer, and the line that mends most."""

    title: str
    about: str
    rows: tuple[tuple[str, str, str, str, str], ...]
    advice: str


def images(report: Report) -> Iterator[Image]:
    """Every image that was inventoried with its layers."""
    for one in report.components:
        if one.kind == "image" and (layers := _listed(one.properties.get("layers", ""))):
            found = Counter(
                finding.location.layer for finding in report.new if finding.location.path == one.location.path
            )
            yield Image(
                f"{visible(one.location.path)} · {visible(one.name)}", _about(one.properties),
                tuple(_row(layer, found) for layer in layers), _advice(report, one),
            )  # fmt: skip


def _listed(text: str) -> list[dict[str, Any]]:
    try:
        value = json.loads(text)
    except ValueError:
        return []
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _about(facts: Mapping[str, str]) -> str:
    base = facts.get("base", "")
    if count := facts.get("base-layers"):
        base = f"base image {base}".strip() + f" ({plural(int(count), 'layer')})" if count.isdecimal() else base
    return " · ".join(visible(word) for word in (facts.get("os", ""), facts.get("platform", ""), base) if word)


def _row(layer: Mapping[str, Any], found: Counter[str | None]) -> tuple[str, str, str, str, str]:
    changes = [f"{sign}{layer[key]}" for key, sign in (("added", "+"), ("removed", "−")) if layer.get(key)]
    count = found[str(layer.get("digest"))]
    mark = " (base)" if layer.get("base") else ""
    return (
        f"{layer.get('layer', '')}{mark}", size(layer.get("bytes")), " ".join(changes), str(count or ""),
        prose(str(layer.get("created_by", ""))),
    )  # fmt: skip


def size(count: Any) -> str:
    """Bytes in the unit that a reader would take."""
    if not isinstance(count, int):
        return ""
    return next((f"{count / unit:.1f} {name}" for unit, name in _UNITS if count >= unit), f"{count} B")


def _advice(report: Report, one: Component) -> str:
    line, mends = one.properties.get("mend", ""), one.properties.get("mends", "")
    known = sum("advisory" in found.details and found.location.path == one.location.path for found in report.new)
    return f"mends {mends} of {known:,} known vulnerabilities: {prose(line)}" if line and known else ""


def headline(report: Report, rows: list[tuple[str, str, str]]) -> str:
    """How many packages, or parts of a model, came, went and changed."""
    counts = Counter(mark for mark, _, _ in rows)
    words = (("+", "came"), ("−", "went"), ("~", "changed"))
    told = ", ".join(f"{counts[mark]:,} {word}" for mark, word in words if counts[mark])
    return f"{'The model' if any(one.ecosystem in PARTS for one in report.changes) else 'Packages'}: {told}"


def changed(report: Report) -> list[tuple[str, str, str]]:
    """For each package that came (+), went (−) or changed (~): the mark, the package, and its versions."""
    rows = []
    for one in report.changes:
        mark = "+" if one.before is None else "−" if one.after is None else "~"
        versions = " → ".join(visible(version) for version in (one.before, one.after) if version is not None)
        rows.append((mark, f"{visible(one.name)} ({visible(one.ecosystem)})", versions))
    return rows
