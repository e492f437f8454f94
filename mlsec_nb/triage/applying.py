"""What the config and the baseline say, over all findings of a run."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from mlsec_nb.config import Ignore
from mlsec_nb.core import Finding, Globs, Judged, Status, UsageError

from .baseline import Baseline, digest
from .exempting import Exemptions
from .marks import covering
from .paths import inside


def apply(
    judged: Iterable[Judged],
    baseline: Baseline | None = None,
    ignores: Sequence[Ignore] = (),
    root: Path = Path(),
    today: dt.date | None = None,
    exempt: Exemptions | None = None,
) -> list[Judged]:
    """The findings with what the config's ignores, other tools' ignore files, VEX documents and the baseline say.

    The first of them that accepts a finding counts; what was judged before stays as it is.

    Paths of the ignores are relative to `root`. Of equal findings, as many as the baseline counts are known, the first.
    """
    today = today or dt.datetime.now(tz=dt.UTC).date()
    relative = cache(inside)
    ignored = [_ignoring(ignore, today) for ignore in ignores]
    left = Counter({entry.digest: entry.count for entry in baseline.entries}) if baseline else Counter[str]()
    reasons = {entry.digest: entry.reason for entry in baseline.entries} if baseline else {}

    def settled(one: Judged) -> Judged:
        if one.status is not Status.NEW:
            return one
        place = one.finding.location.path
        one = _ignored(one, relative(place, root), ignored)
        if exempt is not None and one.status is Status.NEW:
            suppressed, words = exempt.about(one.finding, relative(place, root), today)
            one = Judged(one.finding, Status.SUPPRESSED if suppressed else Status.NEW, words or one.reason)
        if one.status is not Status.NEW or baseline is None:
            return one
        key = digest(one.finding, relative(place, baseline.root), baseline.key)
        if left[key] > 0:
            left[key] -= 1
            return Judged(one.finding, Status.KNOWN, f"stands in the baseline: {reasons[key]}".removesuffix(": "))
        return one

    return [settled(one) for one in judged]


_Ignoring = Callable[[Finding, str], tuple[bool, str]]


def _ignoring(ignore: Ignore, today: dt.date) -> _Ignoring:
    """Whether an ignore of the config reaches a finding, and the words for it."""
    try:
        paths = Globs.of(ignore.paths, strict=True)
    except ValueError as error:
        raise UsageError(f"ignore.paths: {error}") from error
    covers = covering(ignore.rules)
    expired = ignore.expires is not None and today > ignore.expires
    words = (
        f"an ignore of the config expired on {ignore.expires}" if expired else f"ignored by the config: {ignore.reason}"
    )

    def reaches(finding: Finding, path: str) -> tuple[bool, str]:
        inside = finding.location.member  # a file in an archive or image is meant as if that were a folder
        if not covers(finding) or not (paths.hold(path) or (inside and paths.hold(f"{path}/{inside}"))):
            return False, ""
        return not expired, words

    return reaches


def _ignored(one: Judged, path: str, ignored: Sequence[_Ignoring]) -> Judged:
    for ignore in ignored:
        suppressed, words = ignore(one.finding, path)
        if suppressed:
            return Judged(one.finding, Status.SUPPRESSED, words)
        if words and not one.reason:
            one = replace(one, reason=words)
    return one
