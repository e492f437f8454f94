"""What the document itself says about the findings in it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mlsec_nb.core import Cell, Document, Finding, Judged, Location, Part, Segment, Status

from .blocks import ANY, block_marks
from .foreign import Foreign
from .marks import NO_REASON, Mark, Scope, covering, marks_in, understood

_TOP = 30  # lines in which a mark for the whole file must stand
_TRUSTED = frozenset({Part.CODE, Part.MARKDOWN, Part.RAW, Part.TEXT})
_TAG = "mlsec-ignore"
_Place = tuple[str | None, str | None, int | None, str | None]


def inline(
    document: Document, findings: Sequence[Finding], foreign: Foreign | None = None, today: dt.date | None = None
) -> list[Judged]:
    """The findings of one document with what its comments, tags, metadata and other tools' files say about them.

    `foreign` is what `read_foreign` gave; `today` decides which suppressions are past their date.
    """
    if not findings:
        return []
    said = _Said(document, foreign or Foreign(), today or dt.datetime.now(tz=dt.UTC).date())
    return [said.about(finding) for finding in findings]


@dataclass(frozen=True)
class _Said:
    """Everything that a document says, read once and only as far as a finding asks for it."""

    document: Document
    foreign: Foreign
    today: dt.date
    _marks: dict[int, "_Marks"] = field(default_factory=dict)
    _cells_said: dict[int | None, tuple[tuple[Mark, str], ...]] = field(default_factory=dict)

    def about(self, finding: Finding) -> Judged:
        reason = ""
        for mark, where in self._that_reach(finding):
            if not mark.covers(finding):
                continue
            if not (against := mark.against(self.today)):
                return Judged(finding, Status.SUPPRESSED, f"{mark.name} {where}: {mark.reason}")
            reason = reason or f"{mark.name} {where} {against}"
        segment = self._segments.get(_place(finding.location))
        if known := self.foreign.knows(finding, segment):
            return Judged(finding, Status.KNOWN, known)
        return Judged(finding, Status.NEW, reason)

    def _that_reach(self, finding: Finding) -> Iterator[tuple[Mark, str]]:
        """The marks that reach a finding and where they stand, the nearest first."""
        place = finding.location
        segment = self._segments.get(_place(place))
        if segment and segment.part in _TRUSTED and place.line is not None:
            marks = self._marks_of(segment)
            yield from ((mark, f"in line {mark.line}") for mark in _near(place, marks.lines))
            yield from ((mark, f"in line {mark.line}") for mark in marks.blocks if _reaches(mark, place.line))
        yield from self._of_cell(place.cell)
        yield from self._of_the_file

    def _of_cell(self, number: int | None) -> tuple[tuple[Mark, str], ...]:
        if number not in self._cells_said:
            said: list[tuple[Mark, str]] = []
            if cell := self._cells.get(number or 0):
                said += [(mark, f"in line {mark.line} of the cell") for mark in self._marks_of(cell.source).cell]
                said += [(mark, "in the metadata of the cell") for mark in _in_metadata(cell.metadata)]
            self._cells_said[number] = tuple(said)
        return self._cells_said[number]

    @cached_property
    def _segments(self) -> Mapping[_Place, Segment]:
        return {_place(segment.place): segment for segment in reversed(self.document.segments)}

    @cached_property
    def _cells(self) -> Mapping[int, Cell]:
        return {cell.number: cell for cell in self.document.cells}

    @cached_property
    def _of_the_file(self) -> tuple[tuple[Mark, str], ...]:
        found: list[tuple[Mark, str]] = []
        lines = 0
        for segment in self.document.segments:
            if segment.part not in _TRUSTED:
                continue
            if lines >= _TOP:
                break
            marks = (mark for mark in self._marks_of(segment).file if lines + mark.line <= _TOP)
            found += [(mark, "at the top of the file") for mark in marks]
            lines += segment.text.count("\n", 0, 1 << 16) + 1
        found += [(mark, "in the metadata of the notebook") for mark in _in_metadata(self.document.metadata)]
        return tuple(found)

    def _marks_of(self, segment: Segment) -> "_Marks":
        if (marks := self._marks.get(id(segment))) is None:
            marks = self._marks[id(segment)] = _Marks(segment.text)
        return marks


class _Marks:
    """The marks of one text by how far they reach; those of lines by line."""

    def __init__(self, text: str) -> None:
        self.lines: dict[int, list[Mark]] = {}
        self.cell: list[Mark] = []
        self.file: list[Mark] = []
        self.blocks = list(block_marks(text)) if ANY.search(text) else []
        for mark in marks_in(text):
            if mark.scope in {Scope.CELL, Scope.FILE}:
                (self.cell if mark.scope is Scope.CELL else self.file).append(mark)
            else:
                self.lines.setdefault(mark.line, []).append(mark)


def _reaches(mark: Mark, line: int) -> bool:
    return mark.reach is not None and mark.reach[0] <= line <= mark.reach[1]


def _near(place: Location, lines: Mapping[int, list[Mark]]) -> Iterator[Mark]:
    """Marks in the line where something begins or ends, and those that stand alone above it, below each other."""
    first = place.line or 0
    last = place.end_line or first
    if last > first and place.end_column == 1:
        last -= 1
    for line in dict.fromkeys((first, last)):
        yield from (mark for mark in lines.get(line, ()) if mark.scope is Scope.LINE)
    above = first - 1
    while alone := [mark for mark in lines.get(above, ()) if mark.scope is Scope.NEXT_LINE]:
        yield from alone
        above -= 1


def _place(place: Location) -> _Place:
    return place.member, place.layer, place.cell, place.part


def _in_metadata(metadata: Mapping[str, Any]) -> Iterator[Mark]:
    """Tags `mlsec-ignore` and `mlsec-ignore:RULE`, and `{"mlsec": {"ignore": [...], "reason": …, "until": …}}`."""
    tags = metadata.get("tags")
    for tag in tags if isinstance(tags, list) else []:
        if isinstance(tag, str) and (tag == _TAG or tag.startswith(_TAG + ":")):
            rule = tag[len(_TAG) + 1 :] or "*"
            yield Mark(scope=Scope.CELL, line=0, covers=covering((rule,)), name=f"the tag {_TAG}", reason=NO_REASON)
    table = metadata.get("mlsec")
    ignore = table.get("ignore") if isinstance(table, Mapping) else None
    rules = [ignore] if isinstance(ignore, str) else ignore
    if not isinstance(table, Mapping) or not isinstance(rules, list):
        return
    until = table.get("until")
    reason, date, broken = understood(f"{table.get('reason') or ''}" + (f" until {until}" if until is not None else ""))
    yield Mark(
        scope=Scope.CELL, line=0, covers=covering(tuple(rule for rule in rules if isinstance(rule, str))),
        name="mlsec.ignore", reason=reason, until=date, broken=broken,
    )  # fmt: skip
