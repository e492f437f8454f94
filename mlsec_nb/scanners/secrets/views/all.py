"""All views of many segments, one step from them; their views are the next step."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mlsec_nb.core import Part, Segment
from mlsec_nb.scanners.patterns import Joined

from .encoded import encoded, encoded_views
from .escapes import escape_views, escaped
from .literals import literal_views
from .markup import marked_up, markup_views
from .tables import table_views
from .wrapped import wrapped_views

DEPTH: Final = 5
MOST: Final = 400  # views of one segment, those of its views among them
LARGEST: Final = 64 << 20  # characters of all views of one segment


@dataclass(slots=True)
class Budget:
    """What the views of one segment of the document have said, and may still cost."""

    seen: set[str]
    left: int = MOST
    size: int = field(default=LARGEST)

    def takes(self, text: str) -> bool:
        """Whether a text is new, and there is room for it."""
        if text in self.seen or self.left <= 0:
            return False
        self.left -= 1
        self.size -= len(text)
        if self.size < 0:
            self.left = 0
            return False
        self.seen.add(text)
        return True


Reading = tuple[Segment, Budget | None]  # a text to be looked at; what is no view has no budget yet


class Looked(NamedTuple):
    """Texts that were looked at together: where telling names stand, and where known tokens begin."""

    readings: Sequence[Reading]
    joined: Joined
    names: Mapping[int, Sequence[int]]
    known: Mapping[int, Sequence[int]]


def views(looked: Looked) -> Iterator[Reading]:
    """Every view that reads differently, each text once for a segment of the document.

    Without a telling name (or the beginning of a known token) nothing is gained by joining literals or reading tables.
    """
    segments = [segment for segment, _ in looked.readings]
    joined = looked.joined
    marks = _Marks(frozenset(escaped(segments, joined)), frozenset(marked_up(joined)), frozenset(encoded(joined)))
    outputs = {index for index, segment in enumerate(segments) if segment.part in _OUTPUTS}
    for index in sorted(outputs.union(*marks, looked.names, looked.known)):
        segment, budget = looked.readings[index]
        budget = budget or Budget({segment.text})
        named = index in looked.names or index in looked.known
        for view in _of(segment, index, marks, looked.names.get(index, ()), named=named):
            if budget.takes(view.text):
                yield view, budget


class _Marks(NamedTuple):
    """Which texts may read differently, told by one look at all of them."""

    escaped: frozenset[int]
    marked_up: frozenset[int]
    encoded: frozenset[int]


def _of(segment: Segment, index: int, marks: "_Marks", names: Sequence[int], *, named: bool) -> Iterator[Segment]:
    if index in marks.escaped:
        yield from escape_views(segment)
    if index in marks.marked_up:
        yield from markup_views(segment)
    is_code = segment.part is Part.CODE
    if named and (is_code or segment.part in _WITH_LITERALS):
        yield from literal_views(segment)
    if segment.part in _OUTPUTS:
        yield from wrapped_views(segment)
    if names and (not is_code or segment.text.lstrip().startswith("%%")):
        yield from table_views(segment, names)
    if index in marks.encoded:
        yield from encoded_views(segment)


_WITH_LITERALS: Final = frozenset({Part.TRACEBACK, Part.TEXT, Part.MARKDOWN, Part.RAW})
_OUTPUTS: Final = frozenset({Part.OUTPUT, Part.TRACEBACK, Part.TEXT})
