"""The scanner: segments → views → candidates → findings."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mlsec_nb.config import Settings
from mlsec_nb.core import (
    Artifact,
    Component,
    Confidence,
    Document,
    Finding,
    Gap,
    Part,
    Rule,
    Scanner,
    Segment,
    UsageError,
)
from mlsec_nb.scanners.matchers import ENGINES, Literals, chosen
from mlsec_nb.scanners.patterns import Joined, Match, Matcher, fold

from . import detectors, given, opinion, places, printed, story
from .assignments import WORDS, assignments
from .catalogue import Catalogue, built_in
from .opinion import Candidate
from .verifying import Verifier
from .views import views
from .views.program import Program

_CODE: Final = frozenset({"python", "r", "julia", "scala", "javascript", "typescript", "java", "go", "rust", "c#"})
BATCH: Final = 1 << 18  # characters searched at once


def build(settings: Settings) -> Scanner:
    """The scanner with the user's settings."""
    options = settings.options
    if unknown := set(options) - OPTIONS:
        raise UsageError(f"secrets.{min(unknown)} is not an option; options are {', '.join(sorted(OPTIONS))}")
    rules = options.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(path, str) for path in rules):
        raise UsageError("secrets.rules must be a list of files")
    if options.get("min-confidence", "medium") not in set(Confidence):
        raise UsageError(f"secrets.min-confidence must be one of {', '.join(Confidence)}")
    if options.get("engine", "auto") not in {"auto", "stdlib", *ENGINES}:
        raise UsageError(f"secrets.engine must be one of auto, stdlib, {', '.join(ENGINES)}")
    return SecretScanner(settings, given.with_given(built_in(), rules))


OPTIONS: Final = frozenset({"min-confidence", "rules", "engine", "detect-secrets", "verify"})


class SecretScanner:
    """Finds credentials in every text of a document."""

    name = story.NAME

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._key = settings.key
        self._least = Confidence(settings.options.get("min-confidence", "medium"))
        self._catalogue = catalogue
        engine = chosen(settings.options.get("engine", "auto"))
        self._matcher = Matcher(catalogue.patterns, engine)
        self._words: Literals = engine(tuple(word.lower() for word in WORDS))
        self._detectors = bool(settings.options.get("detect-secrets", False))
        self._verifier = Verifier(settings.offline) if settings.options.get("verify") else None

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(self._catalogue.rules.values())

    def wants(self, artifact: Artifact) -> bool:
        return artifact.is_text

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        found: list[Candidate] = []
        named: list[tuple[Segment, list[int]]] = []
        program = Program(document.segments)
        for batch in _batches(document.segments):
            search = _Search(batch, self._matcher, self._words)
            named += [(batch[i], hits) for i, hits in sorted(search.names.items()) if batch[i].part is Part.CODE]
            found.extend(self._candidates(search))
            for more in _batches(_views(search, program)):
                found.extend(self._candidates(_Search(more, self._matcher, self._words)))
        sure = [candidate for candidate in found if candidate.confidence.at_least(self._least)]
        yield from story.tell(places.best(sure, document.segments), document.segments, self._key, self._verifier)
        rule = self._catalogue.rules["SECRET-PRINTED"]
        if rule.confidence.at_least(self._least):
            for segment, prints in printed.in_cells(named):
                yield story.tell_printed(segment, prints, rule, self._key)

    def _candidates(self, search: "_Search") -> Iterator[Candidate]:
        for index, match in search.matches:
            segment, begin = search.segments[index], search.joined.starts[index]
            if candidate := opinion.of_match(match, segment, begin, self._catalogue):
                yield candidate
        for index, hits in sorted(search.names.items()):
            segment = search.segments[index]
            in_image = (segment.mime or "").startswith("image/") and segment.mime != "image/svg+xml"
            is_code = segment.part is Part.CODE and (segment.language or "python") in _CODE
            for found in assignments(segment.text, sorted(hits), is_code=is_code):
                if in_image and len(found.name) < 6:
                    continue  # compressed pixels are full of short words
                if candidate := opinion.of_assignment(found, segment, self._catalogue):
                    yield candidate
            if self._detectors:
                yield from detectors.detected(segment, sorted(hits), self._catalogue.rules["SECRET-DETECTED"])


class _Search:
    """One sweep over many segments: the matches of patterns, and where telling names stand."""

    def __init__(self, segments: Sequence[Segment], matcher: Matcher, words: Literals) -> None:
        self.segments = segments
        self.joined = Joined.of([segment.text for segment in segments])
        self.matches: list[tuple[int, Match]] = []
        self.names: dict[int, list[int]] = {}
        hits = matcher.hits(self.joined.text)
        self.known = {self.joined.locate(place)[0] for at in hits if matcher.is_telling(at) for place in hits[at]}
        for match in matcher.matches(self.joined.text, hits):
            self.matches.append((self.joined.locate(match.start)[0], match))
        for place, _ in words.find(fold(self.joined.text)):
            index, begin = self.joined.locate(place)
            self.names.setdefault(index, []).append(place - begin)


def _views(search: _Search, program: Program) -> Iterator[Segment]:
    for index, segment in enumerate(search.segments):
        named = index in search.names or index in search.known
        yield from views(segment, named=named)
        if not named or segment.part is not Part.CODE:
            continue
        if folded := program.folded(segment, search.names.get(index, ()), known=index in search.known):
            yield folded
            yield from views(folded, named=True)


def _batches(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
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
