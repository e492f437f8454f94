"""The store as scanners ask it: opened when the first package is asked for, and in words what it cannot tell."""

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from mlsec_nb.core import NO_ADVISORIES, CannotRead, Severity, UsageError

from .matching import Advisory, Store
from .place import default_path

MAX_AGE: Final = 30  # days after which a store is called stale
OPTIONS: Final = ("advisories", "max-age-days")
_UNRATED: Final = Severity.MEDIUM  # nobody has rated it: neither harmless nor an alarm


class Asking:
    """The user's store, by the options `advisories` and `max-age-days` of a scanner's table."""

    def __init__(self, options: Mapping[str, Any], scanner: str) -> None:
        named = options.get("advisories")
        if named is not None and not isinstance(named, str):
            raise UsageError(f"{scanner}.advisories must be the path of a store")
        self._path = Path(named).expanduser() if named else default_path()
        self._days = options.get("max-age-days", MAX_AGE)
        if isinstance(self._days, bool) or not isinstance(self._days, int) or self._days < 1:
            raise UsageError(f"{scanner}.max-age-days must be a whole number above 0")

    @cached_property
    def opened(self) -> Store | CannotRead:
        """The store, or why there is none."""
        try:
            return Store.open(self._path)
        except CannotRead as error:
            return error

    @cached_property
    def as_of(self) -> Mapping[str, dt.date]:
        """Of which day the records of each ecosystem are; nothing when there is no store."""
        return {} if isinstance(self.opened, CannotRead) else self.opened.as_of()

    def gaps(self, counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
        """Reason and code for each ecosystem, of which so many packages were not, or not freshly, looked up."""
        oldest = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=self._days)
        for ecosystem, count in sorted(counts.items()):
            packages = f"{count} {ecosystem} package{'s'[: count > 1]}"
            if isinstance(self.opened, CannotRead):
                yield f"{packages} not looked up: {self.opened}", self.opened.code
            elif ecosystem not in self.as_of:
                yield f"{packages} not looked up: the store has no advisories for {ecosystem}", NO_ADVISORIES
            elif self.as_of[ecosystem] < oldest:
                day = self.as_of[ecosystem].isoformat()
                yield f"{packages} looked up in advisories of {day}, more than {self._days} days old", "stale"


def severity_of(one: Advisory) -> Severity:
    """How bad an advisory is: what is known to be exploited is at least high."""
    severity = one.severity or _UNRATED
    return Severity.HIGH if one.exploited and not severity.at_least(Severity.HIGH) else severity


def mending(store: Store, ecosystem: str, name: str, found: list[Advisory]) -> str | None:
    """The least version that mends all that can be mended, if nothing of that is about it again."""
    wanted = {one.id for one in found if one.fixed}
    for version in store.in_order(ecosystem, {ver for one in found for ver in one.fixed}):
        if not wanted & {one.id for one in store.affecting(ecosystem, name, version)}:
            return version
    return None
