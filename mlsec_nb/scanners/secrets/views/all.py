"""All views of a segment, and of its views."""

from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import Part, Segment

from .encoded import encoded_views
from .escapes import escape_views
from .literals import literal_views
from .markup import markup_views

DEPTH: Final = 5
MOST: Final = 400  # views of one segment
LARGEST: Final = 64 << 20  # characters of all views of one segment


def views(segment: Segment) -> Iterator[Segment]:
    """Every view that reads differently, the views of views among them, each text once."""
    seen = {segment.text}
    left = [(segment, 0)]
    count = size = 0
    while left:
        parent, depth = left.pop(0)
        for view in _of(parent):
            if view.text in seen:
                continue
            seen.add(view.text)
            count += 1
            size += len(view.text)
            if count > MOST or size > LARGEST:
                return
            yield view
            if depth + 1 < DEPTH:
                left.append((view, depth + 1))


def _of(segment: Segment) -> Iterator[Segment]:
    yield from escape_views(segment)
    yield from markup_views(segment)
    if segment.part in (Part.CODE, Part.TRACEBACK, Part.TEXT, Part.MARKDOWN, Part.RAW):
        yield from literal_views(segment)
    yield from encoded_views(segment)
