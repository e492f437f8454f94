"""Makes a view by replacing what a pattern matches."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Final

from mlsec_nb.core import Segment
from mlsec_nb.scanners.patterns import BORDER, Joined

NEAR: Final = 400  # characters before and after a change that a rule may need
Piece = tuple[str, int]  # a text, and where it stands in the segment


def first_in_each(pattern: re.Pattern[str], joined: Joined) -> Iterator[int]:
    """Which of many texts a pattern matches in: one search from text to text."""
    place = 0
    while found := pattern.search(joined.text, place):
        index, _ = joined.locate(found.start())
        yield index
        if index + 1 == len(joined.starts):
            return
        place = joined.starts[index + 1]


def rewrite(
    segment: Segment, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], language: str | None = None
) -> Segment | None:
    """The segment with every match replaced; None when nothing changes."""
    pieces: list[Piece] = []
    done = 0
    text = segment.text
    for match in pattern.finditer(text):
        new = replace(match)
        if new == match.group():
            continue
        pieces.extend(_kept(text, done, match.start()))
        if new:
            pieces.append((new, match.start()))
        done = match.end()
    if not done:
        return None
    pieces.extend(_kept(text, done, len(text)))
    return assemble(segment, pieces, language)


def _kept(text: str, start: int, end: int) -> list[Piece]:
    """What did not change; of a long stretch only its ends, since the segment itself shows the rest."""
    if end - start <= 3 * NEAR:
        return [(text[start:end], start)]
    return [(text[start : start + NEAR], start), (BORDER, start + NEAR), (text[end - NEAR : end], end - NEAR)]


def assemble(segment: Segment, pieces: Iterable[Piece], language: str | None = None) -> Segment:
    """A view of pieces laid end to end."""
    pieces = [piece for piece in pieces if piece[0]]
    starts = list(accumulate((len(text) for text, _ in pieces), initial=0))[:-1]
    return segment.view("".join(text for text, _ in pieces), starts or [0], [at for _, at in pieces] or [0], language)
