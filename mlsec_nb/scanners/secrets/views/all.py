"""All views of a segment, and of its views."""

import re
from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import Part, Segment

from .encoded import encoded_views
from .escapes import escape_views
from .literals import literal_views
from .markup import markup_views
from .tables import is_telling, table_views
from .wrapped import wrapped_views

# Without one of these, and without a telling name, a text has no other reading.
_WORTH: Final = re.compile(r"[\\<&%\x08\x1b]|[^\x00-\x7f]|=3D|[A-Za-z0-9+/_-]{24}")
DEPTH: Final = 5
MOST: Final = 400  # views of one segment
LARGEST: Final = 64 << 20  # characters of all views of one segment


def views(segment: Segment, *, named: bool) -> Iterator[Segment]:
    """Every view that reads differently, the views of views among them, each text once.

    `named` says that a telling name (or the beginning of a known token) stands in the segment; without one, nothing is
    gained by joining literals or reading tables.
    """
    if not named and segment.part not in _OUTPUTS and _WORTH.search(segment.text) is None:
        return
    seen = {segment.text}
    left = [(segment, 0, named)]
    count = size = 0
    while left:
        parent, depth, is_named = left.pop(0)
        for view in _of(parent, named=is_named):
            if view.text in seen:
                continue
            seen.add(view.text)
            count += 1
            size += len(view.text)
            if count > MOST or size > LARGEST:
                return
            yield view
            if depth + 1 < DEPTH:
                left.append((view, depth + 1, is_telling(view.text)))


def _of(segment: Segment, *, named: bool) -> Iterator[Segment]:
    yield from escape_views(segment)
    yield from markup_views(segment)
    is_code = segment.part is Part.CODE
    if named and (is_code or segment.part in _WITH_LITERALS):
        yield from literal_views(segment)
    if segment.part in _OUTPUTS:
        yield from wrapped_views(segment)
    if named and (not is_code or segment.text.lstrip().startswith("%%")):
        yield from table_views(segment)
    yield from encoded_views(segment)


_WITH_LITERALS: Final = frozenset({Part.TRACEBACK, Part.TEXT, Part.MARKDOWN, Part.RAW})
_OUTPUTS: Final = frozenset({Part.OUTPUT, Part.TRACEBACK, Part.TEXT})
