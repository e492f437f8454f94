"""The scanner: segments → views → candidates → findings."""

from collections.abc import Iterable, Iterator
from typing import Final

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, Component, Confidence, Document, Finding, Gap, Part, Rule, Scanner, Segment
from mlsec_nb.scanners.matchers import best
from mlsec_nb.scanners.patterns import Joined, Matcher, fold

from . import opinion, places, story
from .assignments import WORDS, assignments
from .catalogue import Catalogue, built_in
from .opinion import Candidate
from .views import views

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
        for batch in _batches(_with_views(document.segments)):
            found.extend(opinion.confident(self._candidates(batch), self._least))
        yield from story.tell(places.best(found, document.segments), self._key)

    def _candidates(self, segments: list[Segment]) -> Iterator[Candidate]:
        joined = Joined.of([segment.text for segment in segments])
        for match in self._matcher.find(joined.text):
            index, begin = joined.locate(match.start)
            candidate = opinion.of_match(match, segments[index], begin, self._catalogue)
            if candidate:
                yield candidate
        hits: dict[int, list[int]] = {}
        for place, _ in self._words.find(fold(joined.text)):
            index, begin = joined.locate(place)
            hits.setdefault(index, []).append(place - begin)
        for index in sorted(hits):
            segment = segments[index]
            is_code = segment.part is Part.CODE and (segment.language or "python") in _CODE
            for found in assignments(segment.text, sorted(hits[index]), is_code=is_code):
                candidate = opinion.of_assignment(found, segment, self._catalogue)
                if candidate:
                    yield candidate


def _with_views(segments: Iterable[Segment]) -> Iterator[Segment]:
    for segment in segments:
        if segment.text:
            yield segment
            yield from views(segment)


def _batches(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    batch: list[Segment] = []
    size = 0
    for segment in segments:
        batch.append(segment)
        size += len(segment.text)
        if size > BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
