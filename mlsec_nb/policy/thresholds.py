"""The verdict of one audit: findings at or above a severity fail it, gaps that are not allowed leave it undecided."""

from collections import Counter
from collections.abc import Iterable

from mlsec_nb.config import Config
from mlsec_nb.core import Gap, Judged, Severity, Status, Verdict


def verdict(judged: Iterable[Judged], gaps: Iterable[Gap], config: Config) -> Verdict:
    """Failed by new findings at or above `config.fail_on`; else undecided by a gap not allowed; else passed.

    Findings win over gaps, and the reasons name both.
    """
    grades = Counter(one.finding.severity for one in judged if one.status is Status.NEW)
    over = [grade for grade in reversed(Severity) if grade.at_least(config.fail_on) and grades[grade]]
    open_gaps = [] if "*" in config.allow_gaps else [gap for gap in gaps if gap.code not in config.allow_gaps]
    reasons = (*_said_of_findings(grades, over, config.fail_on), *_said_of_gaps(open_gaps))
    if over:
        return Verdict(False, reasons)
    if open_gaps:
        return Verdict(None, reasons)
    return Verdict(True)


def _said_of_findings(grades: Counter[Severity], over: list[Severity], fail_on: Severity) -> tuple[str, ...]:
    if not over:
        return ()
    total = sum(grades[grade] for grade in over)
    counts = ", ".join(f"{grades[grade]} {grade}" for grade in over)
    return (f"{total} new finding{'s'[: total > 1]} at or above {fail_on}: {counts}",)


def _said_of_gaps(gaps: list[Gap]) -> tuple[str, ...]:
    codes = Counter(gap.code for gap in gaps)
    return tuple(
        f"{count} part{'s'[: count > 1]} not looked at ({code}), first: {_first(gaps, code)}"
        for code, count in sorted(codes.items())
    )


def _first(gaps: list[Gap], code: str) -> str:
    gap = next(gap for gap in gaps if gap.code == code)
    return f"{gap.location}: {gap.reason}"
