"""The scanner: manifests, lock files and installs → facts → findings, gaps and components."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from mlsec_nb import notebooks
from mlsec_nb.config import Settings
from mlsec_nb.core import SKIPPED, Artifact, Component, Document, Finding, Gap, Kind, Part, Rule, Segment
from mlsec_nb.io.files import LocalFile

from . import cells, judge
from .environment import installed
from .facts import PATH, Dependency, Fact, Include, Unread
from .lookups import Lookup
from .manifests import reader_for, requirements
from .story import NAME, Story, catalogue

_UNREAD: Final = "the file that is included here is not in this folder, and was not read"


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
        self._environment = judge.flag(settings.options, "environment")

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
        if self._environment and document.cells and (found := installed(document)):
            yield from self._told(Story(found[0], self._settings.key, is_manifest=False), found[1])

    def _told(self, story: Story, facts: Sequence[Fact]) -> Iterator[Finding | Gap | Component]:
        dependencies = [fact for fact in facts if isinstance(fact, Dependency)]
        yield from (story.component(fact) for fact in dependencies if fact.source != PATH or fact.version)
        yield from (story.gap(fact) for fact in facts if isinstance(fact, Unread))
        yield from judge.judged(story, facts, self._policy)
        yield from self._lookup.told(story, dependencies)


def _read(
    document: Document, seen: frozenset[str] = frozenset(), root: Path | None = None
) -> Iterator[tuple[Segment, list[Fact], bool]]:
    reader = reader_for(document.artifact.path) if not document.cells else None
    if reader is None and seen:
        reader = requirements.read  # another requirements file named it
    if reader is None:
        yield from ((segment, facts, False) for segment, facts in cells.installs(document))
        return
    for segment in document.segments:
        if segment.part in {Part.TEXT, Part.CODE}:
            facts = list(reader(segment.text))
            wanted = [fact for fact in facts if isinstance(fact, Include) and not reader_for(fact.path)]
            missing = [
                fact for fact in wanted if not (path := beside(document.artifact, fact.path, root)) or path in seen
            ]
            yield segment, [*facts, *(Unread(fact.span, _UNREAD, SKIPPED) for fact in missing)], True
            for fact in wanted:
                path = beside(document.artifact, fact.path, root)
                if path and path not in seen:
                    first = root or Path(document.artifact.content.local or "").resolve().parent
                    yield from _read(_included(document.artifact, fact.path, path), seen | {path}, first)


def beside(artifact: Artifact, name: str, root: Path | None = None) -> str | None:
    """The file that a manifest includes, if it lies in or below the first manifest's folder; no link leads out."""
    local = artifact.content.local
    if local is None or PurePosixPath(name).is_absolute():
        return None
    folder = Path(local).resolve().parent
    path = (folder / name).resolve()
    return str(path) if path.is_relative_to(root or folder) and path.is_file() else None


def _included(artifact: Artifact, name: str, path: str) -> Document:
    shown = os.path.normpath(PurePosixPath(artifact.path).parent / name)
    return notebooks.read(Artifact(shown, Kind.MANIFEST, LocalFile(path)))
