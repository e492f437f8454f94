"""Where candidates stand in the document, whatever view they were found in; one candidate for one place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlsec_nb.core import Segment
from mlsec_nb.core.segment import ViewOrigin

from .opinion import Candidate
from .views.program import FOLDED


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate and the run of characters of the document's own segment that it covers."""

    candidate: Candidate
    root: Segment
    start: int
    end: int


def place(candidate: Candidate) -> Placed:
    """Leads a candidate back through its views."""
    segment, start, end = candidate.segment, candidate.start, candidate.end
    while isinstance(origin := segment.origin, ViewOrigin):
        first = origin.offset(start)
        last = origin.offset(end - 1) + 1 if end > start else first
        segment, start, end = origin.parent, first, max(first, last)
    return Placed(candidate, segment, start, end)


def best(candidates: Iterable[Candidate], segments: Sequence[Segment]) -> list[Placed]:
    """One for each run of characters, the most telling and then the surest; in document order."""
    order = {id(segment): index for index, segment in enumerate(segments)}
    placed = [place(candidate) for candidate in candidates]
    for item in placed:
        order.setdefault(id(item.root), len(order))
    placed.sort(key=_rank)
    taken: dict[int, list[Placed]] = {}
    for item in placed:
        others = taken.setdefault(order[id(item.root)], [])
        if not any(item.start < other.end and other.start < item.end for other in others):
            others.append(item)
    taken = {index: _without_parts(others) for index, others in taken.items()}
    return [item for index in sorted(taken) for item in sorted(taken[index], key=lambda one: (one.start, one.end))]


def _without_parts(placed: list[Placed]) -> list[Placed]:
    """Without the pieces of what a program puts together."""
    wholes = [item.candidate.value for item in placed if item.candidate.segment.language == FOLDED]
    return [item for item in placed if not any(_is_part(item.candidate.value, whole) for whole in wholes)]


def _is_part(value: str, whole: str) -> bool:
    return value != whole and value in whole


def _rank(item: Placed) -> tuple[int, int, bool, int, int, str]:
    found = item.candidate
    return (
        found.rank,
        -found.confidence.rank,
        found.segment.language != FOLDED,
        -(found.end - found.start),
        item.start,
        found.rule.id,
    )
