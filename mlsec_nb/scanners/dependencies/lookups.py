"""What the local store of advisories knows of the packages of one text."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from mlsec_nb.advisories import Advisory, Store, default_path
from mlsec_nb.core import NO_ADVISORIES, CannotRead, Finding, Fix, Gap, Severity, UsageError

from .facts import CONDA, INDEX, SYSTEM, URL, Dependency
from .story import NAME, Story

MAX_AGE: Final = 30  # days after which a store is called stale
_UNRATED: Final = Severity.MEDIUM  # nobody has rated it: neither harmless nor an alarm


class Lookup:
    """The store, opened when the first package is asked for, and the words for what it cannot tell."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        named = options.get("advisories")
        if named is not None and not isinstance(named, str):
            raise UsageError("dependencies.advisories must be the path of a store")
        self._path = Path(named).expanduser() if named else default_path()
        self._days = options.get("max-age-days", MAX_AGE)
        if isinstance(self._days, bool) or not isinstance(self._days, int) or self._days < 1:
            raise UsageError("dependencies.max-age-days must be a whole number above 0")

    @cached_property
    def _opened(self) -> Store | CannotRead:
        try:
            return Store.open(self._path)
        except CannotRead as error:
            return error

    @cached_property
    def _as_of(self) -> Mapping[str, dt.date]:
        return {} if isinstance(self._opened, CannotRead) else self._opened.as_of()

    def told(self, story: Story, dependencies: Sequence[Dependency]) -> Iterator[Finding | Gap]:
        """Findings for what is known, and a gap for each ecosystem that was not, or not freshly, looked up."""
        asked = [fact for fact in dependencies if _is_asked(fact)]
        yield from self._gaps(story, asked)
        if isinstance(self._opened, CannotRead):
            return
        for fact in dict.fromkeys(asked):
            if fact.ecosystem in self._as_of:
                yield from self._known(story, fact, self._opened)

    def _known(self, story: Story, fact: Dependency, store: Store) -> Iterator[Finding]:
        found = store.affecting(fact.ecosystem, fact.name, fact.version)
        if fact.version is None:  # of a version that is not known, only what holds for all of them can be said
            found = [one for one in found if one.is_malicious]
        fix = _fix(story, fact, [one for one in found if not one.is_malicious], store)
        for one in found:
            yield _malicious(story, fact, one) if one.is_malicious else _vulnerable(story, fact, one, fix)

    def _gaps(self, story: Story, asked: Sequence[Dependency]) -> Iterator[Gap]:
        counts = Counter(fact.ecosystem for fact in asked if fact.version)
        oldest = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=self._days)
        for ecosystem, count in sorted(counts.items()):
            packages = f"{count} {ecosystem} package{'s'[: count > 1]}"
            if ecosystem == CONDA:
                yield _gap(story, f"{packages} not looked up: nobody publishes advisories for conda", NO_ADVISORIES)
            elif isinstance(self._opened, CannotRead):
                yield _gap(story, f"{packages} not looked up: {self._opened}", self._opened.code)
            elif ecosystem not in self._as_of:
                yield _gap(
                    story, f"{packages} not looked up: the store has no advisories for {ecosystem}", NO_ADVISORIES
                )
            elif self._as_of[ecosystem] < oldest:
                day = self._as_of[ecosystem].isoformat()
                yield _gap(
                    story, f"{packages} looked up in advisories of {day}, more than {self._days} days old", "stale"
                )


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
    severity = one.severity or _UNRATED
    if one.exploited and not severity.at_least(Severity.HIGH):
        severity = Severity.HIGH
    words = f"{fact.name} {fact.version}: {one.summary or 'a known vulnerability'} ({one.id})"
    words += f"; mended in {', '.join(one.fixed)}" if one.fixed else "; no version mends it"
    words += "; known to be exploited" if one.exploited else ""
    return story.finding("DEP-VULNERABLE", fact.span, f"{fact.name} {one.id}", words, severity=severity,
                         fixes=(fix,) if fix and one.fixed else (), details=_details(fact, one))  # fmt: skip


def _fix(story: Story, fact: Dependency, found: Sequence[Advisory], store: Store) -> Fix | None:
    """The least version that mends all that can be mended, if nothing of that is about it again."""
    wanted = {one.id for one in found if one.fixed}
    for version in store.in_order(fact.ecosystem, {ver for one in found for ver in one.fixed}):
        if not wanted & {one.id for one in store.affecting(fact.ecosystem, fact.name, version)}:
            return story.pinned(fact, version, f"Ask for {fact.name} {version}")
    return None
