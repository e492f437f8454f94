"""The scanner: segments → views → candidates → findings."""

from collections.abc import Iterator
from typing import Final

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, Component, Confidence, Document, Finding, Gap, Part, Rule, Scanner, Segment
from mlsec_nb.scanners.matchers import best
from mlsec_nb.scanners.patterns import Joined, Matcher, fold

from . import opinion, story
from .assignments import WORDS, assignments
from .catalogue import Catalogue, built_in
from .opinion import Candidate

_CODE: Final = frozenset({"python", "r", "julia", "scala", "javascript", "typescript", "java", "go", "rust", "c#"})
BATCH: Final = 1 << 18  # characters searched at once


def build(settings: Settings) -> Scanner:
    """The scanner with the user's settings."""
    return SecretScanner(settings, built_in())


class SecretScanner:
    """Finds credentials in every text of a document."""

    name = story.NAME

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._key = settings.key
        self._least = Confidence(settings.options.get("min-confidence", "medium"))
        self._catalogue = catalogue
        self._matcher = Matcher(catalogue.patterns)
        self._words = best()(tuple(word.lower() for word in WORDS))

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(self._catalogue.rules.values())

    def wants(self, artifact: Artifact) -> bool:
        return artifact.is_text

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        found: list[Candidate] = []
        for batch in _batches(document.segments):
            found.extend(opinion.confident(self._candidates(batch), self._least))
        yield from story.tell(_best(found), self._key)

    def _candidates(self, segments: list[Segment]) -> Iterator[Candidate]:
        joined = Joined.of([segment.text for segment in segments])
        for match in self._matcher.find(joined.text):
            index, begin = joined.locate(match.start)
            candidate = opinion.of_match(match, segments[index], begin, self._catalogue)
            if candidate:
                yield candidate
        places: dict[int, list[int]] = {}
        for place, _ in self._words.find(fold(joined.text)):
            index, begin = joined.locate(place)
            places.setdefault(index, []).append(place - begin)
        for index in sorted(places):
            segment = segments[index]
            is_code = segment.part is Part.CODE and (segment.language or "python") in _CODE
            for found in assignments(segment.text, sorted(places[index]), is_code=is_code):
                candidate = opinion.of_assignment(found, segment, self._catalogue)
                if candidate:
                    yield candidate


def _batches(segments: tuple[Segment, ...]) -> Iterator[list[Segment]]:
    batch: list[Segment] = []
    size = 0
    for segment in segments:
        if not segment.text:
            continue
        batch.append(segment)
        size += len(segment.text)
        if size > BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _best(candidates: list[Candidate]) -> list[Candidate]:
    """One candidate for each run of characters, the surest and then the most telling; in document order."""
    order: dict[int, int] = {}
    for candidate in candidates:
        order.setdefault(id(candidate.segment), len(order))
    ranked = sorted(
        candidates,
        key=lambda c: (order[id(c.segment)], c.rank, -c.confidence.rank, -(c.end - c.start), c.start, c.rule.id),
    )
    taken: dict[int, list[Candidate]] = {}
    for candidate in ranked:
        others = taken.setdefault(id(candidate.segment), [])
        if not any(candidate.start < other.end and other.start < candidate.end for other in others):
            others.append(candidate)
    return [candidate for others in taken.values() for candidate in sorted(others, key=lambda c: c.start)]
