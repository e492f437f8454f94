"""Lines of an output that were broken because a terminal was full."""

import re
from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import Segment

from .rewriting import Piece, assemble

_TORN: Final = re.compile(r"\n(?:(?<=[A-Za-z0-9_+/=.-]\n)|(?<=[A-Za-z0-9_+/=.-]\r\n))(?=[A-Za-z0-9_+/=.-])")
_NEW: Final = re.compile(
    r"[A-Za-z_]{2,}[\w.-]*\s?[=:]|[A-Za-z]+(?:[ ,.!?]|$)|\d+(?:[ .,:)]|$)"
)  # begins a line of its own
_WIDTHS: Final = (40, 240)  # characters in a line of a terminal
WRAPPED: Final = "wrapped"  # language of the view


def wrapped_views(segment: Segment) -> Iterator[Segment]:
    """The lines joined where a line is full: as long as the longest, without a blank near its end."""
    text = segment.text
    if segment.language == WRAPPED or not _TORN.search(text):
        return
    lines = text.split("\n")
    longest = max(map(len, lines))
    if not _WIDTHS[0] <= longest <= _WIDTHS[1]:
        return
    pieces: list[Piece] = []
    start = place = 0
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        place += len(line)
        if len(line) == longest and after and " " not in line[-12:] and not after[0].isspace() and not _is_new(after):
            pieces.append((text[start:place], start))
            start = place + 1
        place += 1
    if pieces:
        yield assemble(segment, [*pieces, (text[start:], start)], WRAPPED)


def _is_new(line: str) -> bool:
    """Whether a line begins something of its own: a name with its value, a word, a number."""
    found = _NEW.match(line)
    return found is not None and not re.match(r"[A-Za-z]*(?:[a-z][A-Z]+[a-z]|[A-Z]{2}[a-z]+[A-Z])[A-Za-z]*$", line)
