"""The scanner: segments → views → candidates → findings."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

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
from mlsec_nb.scanners.matchers import ENGINES, chosen
from mlsec_nb.scanners.patterns import Joined, Matcher

from . import detectors, given, kingfisher, opinion, places, printed, story
from .assignments import WORDS, assignments
from .catalogue import Catalogue, built_in
from .opinion import Candidate
from .views import DEPTH, Budget, Looked, Reading, views
from .views.program import Program

if TYPE_CHECKING:
    from .verifying import Verifier

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
    if options.get("kingfisher"):
        kingfisher.check()
    return SecretScanner(settings, given.with_given(built_in(), rules))


OPTIONS: Final = frozenset({"min-confidence", "rules", "engine", "detect-secrets", "kingfisher", "verify"})


class SecretScanner:
    """Finds credentials in every text of a document."""

    name = story.NAME

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._key = settings.key
        self._least = Confidence(settings.options.get("min-confidence", "medium"))
        self._catalogue = catalogue
        self._matcher = Matcher(catalogue.patterns, chosen(settings.options.get("engine", "auto")), WORDS)
        self._detectors = bool(settings.options.get("detect-secrets", False))
        self._kingfisher = bool(settings.options.get("kingfisher", False))
        self._verifier = _verifier(settings) if settings.options.get("verify") else None

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(self._catalogue.rules.values())

    def wants(self, artifact: Artifact) -> bool:
        return artifact.is_text

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        found: list[Candidate] = []
        named: list[tuple[Segment, Sequence[int]]] = []
        program = Program(document.segments)
        for depth, search in self._searches(((segment, None) for segment in document.segments), program):
            if not depth:
                named += search.named_code()
            found.extend(self._candidates(search))
        sure = [candidate for candidate in found if candidate.confidence.at_least(self._least)]
        best = places.best(sure, document.segments)
        yield from story.tell(best, document.segments, self._key, self._verifier)
        rule = self._catalogue.rules["SECRET-PRINTED"]
        if rule.confidence.at_least(self._least):
            cells = [segment for segment in document.segments if segment.part is Part.CODE]
            known = printed.variables(((item.root, item.start) for item in best), cells)
            for segment, prints in printed.in_cells(named, cells, known):
                yield story.tell_printed(segment, prints, rule, self._key)

    def _searches(
        self, readings: Iterable[Reading], program: Program, depth: int = 0
    ) -> Iterator[tuple[int, "_Search"]]:
        """One sweep after the other: over texts, over their views, over the views of those, and so on."""
        for batch in _batches(readings):
            search = _Search(batch, self._matcher)
            yield depth, search
            if depth < DEPTH:
                yield from self._searches(_next(search, program), program, depth + 1)

    def _candidates(self, search: "_Search") -> Iterator[Candidate]:
        for index, match in search.matches:
            segment, begin = search.readings[index][0], search.joined.starts[index]
            if candidate := opinion.of_match(match, segment, begin, self._catalogue):
                yield candidate
        if self._kingfisher:
            yield from kingfisher.detected(search.readings, search.joined, self._catalogue.rules["SECRET-KINGFISHER"])
        for index, hits in sorted(search.names.items()):
            segment = search.readings[index][0]
            in_image = (segment.mime or "").startswith("image/") and segment.mime != "image/svg+xml"
            kubernetes = opinion.in_kubernetes(segment.text)
            is_code = segment.part is Part.CODE and (segment.language or "python") in _CODE
            for found in assignments(segment.text, hits, is_code=is_code):
                if in_image and len(found.name) < 6:
                    continue  # compressed pixels are full of short words
                if candidate := opinion.of_assignment(found, segment, self._catalogue, kubernetes=kubernetes):
                    yield candidate
            if self._detectors:
                yield from detectors.detected(segment, hits, self._catalogue.rules["SECRET-DETECTED"])


def _verifier(settings: Settings) -> "Verifier":
    from .verifying import Verifier  # and with it all that speaks to the network

    return Verifier(settings.offline)


class _Search:
    """One sweep over many texts: the matches of patterns, and where telling names stand."""

    def __init__(self, readings: Sequence[Reading], matcher: Matcher) -> None:
        self.readings = readings
        self.joined = Joined.of([segment.text for segment, _ in readings])
        self.names: dict[int, list[int]] = {}
        self.known: dict[int, list[int]] = {}
        text = self.joined.text
        hits, names = matcher.look(text)
        for place in matcher.beginnings(text, hits):
            index, begin = self.joined.locate(place)
            self.known.setdefault(index, []).append(place - begin)
        self.matches = [(self.joined.locate(match.start)[0], match) for match in matcher.matches(text, hits)]
        for place in names:
            index, begin = self.joined.locate(place)
            self.names.setdefault(index, []).append(place - begin)

    def named_code(self) -> Iterator[tuple[Segment, Sequence[int]]]:
        """Code with telling names, in document order."""
        for index, hits in sorted(self.names.items()):
            if self.readings[index][0].part is Part.CODE:
                yield self.readings[index][0], hits


def _next(search: _Search, program: Program) -> Iterator[Reading]:
    """The views of what was searched, and what code puts together."""
    looked = Looked(search.readings, search.joined, search.names, search.known)
    yield from views(looked)
    for index in sorted({*search.names, *search.known}):
        segment, budget = search.readings[index]
        if budget is None and segment.part is Part.CODE:
            folded = program.folded(segment, search.names.get(index, ()), search.known.get(index, ()))
            if folded:
                yield folded, Budget({folded.text})


def _batches(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    batch: list[Reading] = []
    size = 0
    for reading in readings:
        if not reading[0].text:
            continue
        batch.append(reading)
        size += len(reading[0].text)
        if size > BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
