"""The scanner: manifests, lock files and installs → facts → findings, gaps and components."""

from collections.abc import Iterator, Sequence

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, Component, Document, Finding, Gap, Kind, Part, Rule, Segment

from . import cells, judge
from .facts import PATH, Dependency, Fact, Unread
from .lookups import Lookup
from .manifests import reader_for
from .story import NAME, Story, catalogue

_READ = frozenset({Kind.NOTEBOOK, Kind.SOURCE, Kind.MANIFEST, Kind.IAC, Kind.TEXT})


def build(settings: Settings) -> "DependencyScanner":
    """The scanner with the user's settings."""
    return DependencyScanner(settings)


class DependencyScanner:
    """Says what is installed from where, and what is known of it."""

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._policy = judge.policy(settings.options)
        self._lookup = Lookup(settings.options)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(catalogue().values())

    def wants(self, artifact: Artifact) -> bool:
        if artifact.kind in {Kind.NOTEBOOK, Kind.SOURCE} or reader_for(artifact.path):
            return artifact.is_text
        return artifact.kind is Kind.IAC and "dockerfile" in artifact.path.rpartition("/")[2].lower()

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        for segment, facts, is_manifest in _read(document):
            story = Story(segment, self._settings.key, is_manifest=is_manifest)
            yield from self._told(story, facts)

    def _told(self, story: Story, facts: Sequence[Fact]) -> Iterator[Finding | Gap | Component]:
        dependencies = [fact for fact in facts if isinstance(fact, Dependency)]
        yield from (story.component(fact) for fact in dependencies if fact.source != PATH or fact.version)
        yield from (story.gap(fact) for fact in facts if isinstance(fact, Unread))
        yield from judge.judged(story, facts, self._policy)
        yield from self._lookup.told(story, dependencies)


def _read(document: Document) -> Iterator[tuple[Segment, list[Fact], bool]]:
    reader = reader_for(document.artifact.path) if not document.cells else None
    if reader is None:
        yield from ((segment, facts, False) for segment, facts in cells.installs(document))
        return
    for segment in document.segments:
        if segment.part in {Part.TEXT, Part.CODE}:
            yield segment, list(reader(segment.text)), True
