"""Where a finding stands for tools that know files and lines only, and in which order findings are told."""

from collections.abc import Iterable
from typing import NamedTuple

from mlsec_nb.core import Finding, Judged, Location, Report, Status


class Spot(NamedTuple):
    """Line and column (from 1) in the file on disk; the end only where it is known there."""

    line: int
    column: int | None
    end_line: int | None = None
    end_column: int | None = None


def spot(place: Location) -> Spot | None:
    """The place in the raw file. What stands inside an archive or image has none: its lines are not the file's."""
    if place.member is not None or place.layer is not None:
        return None
    if place.cell is None and place.line is not None:
        return Spot(place.line, place.column, place.end_line, place.end_column)
    return Spot(place.raw_line, place.raw_column) if place.raw_line is not None else None


def in_cell(place: Location) -> str:
    """The place as the beginning of a message, for tools that show only file and line ("cell 5, line 3: ")."""
    words = [f"layer {place.layer}" if place.layer else "", place.member or ""]
    words.append(f"cell {place.cell}" if place.cell is not None else "")
    words.append(place.part if place.part and place.part != "source" else "")
    if any(words) and place.line is not None:
        words.append(f"line {place.line}")
    return ", ".join(filter(None, words)) + ": " * any(words)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By severity, then confidence; the report's own order within."""
    return sorted(findings, key=lambda one: (-one.severity.rank, -one.confidence.rank))


def not_new(report: Report) -> list[Judged]:
    """What somebody has judged already: known or suppressed."""
    return [one for one in report.findings if one.status is not Status.NEW]
