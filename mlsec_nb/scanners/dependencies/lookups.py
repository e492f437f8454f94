"""What the local store of advisories knows of the packages of one text."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlsec_nb.advisories import Advisory, Store
from mlsec_nb.advisories.asking import Asking, mending, severity_of
from mlsec_nb.core import NO_ADVISORIES, CannotRead, Finding, Fix, Gap

from .facts import CONDA, INDEX, SYSTEM, URL, Dependency
from .story import NAME, Story


class Lookup:
    """What the store tells of the packages of a text, and the words for what it cannot tell."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._asking = Asking(options, NAME)

    def told(self, story: Story, dependencies: Sequence[Dependency]) -> Iterator[Finding | Gap]:
        """Findings for what is known, and a gap for each ecosystem that was not, or not freshly, looked up."""
        asked = [fact for fact in dependencies if _is_asked(fact)]
        yield from self._gaps(story, asked)
        store = self._asking.opened
        if isinstance(store, CannotRead):
            return
        for fact in dict.fromkeys(asked):
            if fact.ecosystem in self._asking.as_of:
                yield from self._known(story, fact, store)

    def _known(self, story: Story, fact: Dependency, store: Store) -> Iterator[Finding]:
        found = store.affecting(fact.ecosystem, fact.name, fact.version)
        if fact.version is None:  # of a version that is not known, only what holds for all of them can be said
            found = [one for one in found if one.is_malicious]
        fix = _fix(story, fact, [one for one in found if not one.is_malicious], store)
        for one in found:
            yield _malicious(story, fact, one) if one.is_malicious else _vulnerable(story, fact, one, fix)

    def _gaps(self, story: Story, asked: Sequence[Dependency]) -> Iterator[Gap]:
        counts = Counter(fact.ecosystem for fact in asked if fact.version)
        if count := counts.pop(CONDA, 0):
            words = f"{count} conda package{'s'[: count > 1]}"
            yield _gap(story, f"{words} not looked up: nobody publishes advisories for conda", NO_ADVISORIES)
        yield from (_gap(story, reason, code) for reason, code in self._asking.gaps(counts))


def _is_asked(fact: Dependency) -> bool:
    return fact.ecosystem != SYSTEM and (fact.source == INDEX or (fact.source == URL and fact.version is not None))


def _gap(story: Story, reason: str, code: str) -> Gap:
    return Gap(location=story.segment.place, scanner=NAME, reason=reason, code=code)


def _details(fact: Dependency, one: Advisory) -> dict[str, Any]:
    details = {
        "advisory": one.id, "aliases": list(one.aliases), "package": fact.name, "version": fact.version,
        "ecosystem": fact.ecosystem, "fixed": list(one.fixed), "cvss": one.score, "vector": one.vector,
        "epss": one.epss, "exploited": one.exploited, "ransomware": one.ransomware,
    }  # fmt: skip
    return {name: value for name, value in details.items() if value not in (None, "", [], False)}


def _malicious(story: Story, fact: Dependency, one: Advisory) -> Finding:
    return story.finding("DEP-MALICIOUS", fact.span, f"{fact.name} {one.id}",
                         f"{fact.name} is known to be malicious ({one.id})", details=_details(fact, one))  # fmt: skip


def _vulnerable(story: Story, fact: Dependency, one: Advisory, fix: Fix | None) -> Finding:
    words = f"{fact.name} {fact.version}: {one.summary or 'a known vulnerability'} ({one.id})"
    words += f"; mended in {', '.join(one.fixed)}" if one.fixed else "; no version mends it"
    words += "; known to be exploited" if one.exploited else ""
    return story.finding("DEP-VULNERABLE", fact.span, f"{fact.name} {one.id}", words, severity=severity_of(one),
                         fixes=(fix,) if fix and one.fixed else (), details=_details(fact, one))  # fmt: skip


def _fix(story: Story, fact: Dependency, found: Sequence[Advisory], store: Store) -> Fix | None:
    """The least version that mends all that can be mended."""
    version = mending(store, fact.ecosystem, fact.name, list(found))
    return story.pinned(fact, version, f"Ask for {fact.name} {version}") if version else None
