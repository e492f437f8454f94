"""Data against an earlier profile: a change is told when it is large and cannot be chance.

Both are asked of every measure, because each alone is wrong: significance alarms on any large table, and effect size on
any small one. Levels are per column; thresholds and their sources stand beside them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlsec_nb.core import Severity

from .labelled import LABELS
from .profile import Column, Profile

_PSI, _PSI_SEVERE = 0.1, 0.25  # Siddiqi's customary limits for the population stability index
_KS = 0.06
_JS = 0.1  # the distance (root of the divergence in bits)
_Z = 3.719  # one-sided 1e-4
_UNITS = (1000, 100, 60, 3600, 24, 1024, 1.609344, 2.54, 3.28084, 2.204623, 1.8, 7, 10, 1e6, 12, 365.25)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: its rule, the column (None: the table), what is told, and the numbers behind it."""

    rule: str
    column: str | None
    told: str
    severity: Severity | None
    numbers: dict[str, Any]


def changes(old: Profile, new: Profile) -> Iterator[Change]:
    """Every change from one profile to another whose numbers were counted on the same edges."""
    yield from _table(old, new)
    for before in old.columns:
        after = new.column(before.name)
        if after is None:
            yield Change("DATA-SCHEMA", before.name, "the column is gone", Severity.HIGH, {})
        elif before.kind != after.kind and after.nulls < new.rows and before.nulls < old.rows:
            told = f"the column was of kind {before.kind} and is now of kind {after.kind}"
            yield Change("DATA-SCHEMA", before.name, told, Severity.HIGH, {})
        elif new.rows:
            yield from _column(old, new, before, after)
    for column in new.columns:
        if old.column(column.name) is None:
            yield Change("DATA-SCHEMA", column.name, "the column is new", Severity.MEDIUM, {})


def _table(old: Profile, new: Profile) -> Iterator[Change]:
    if old.rows and not new.rows:
        yield Change("DATA-ROWS", None, f"the table is empty, {old.rows:,} rows are expected", Severity.HIGH, {})
    elif old.rows and (new.rows * 2 < old.rows or new.rows > 2 * old.rows):
        yield Change("DATA-ROWS", None, f"{new.rows:,} rows, before {old.rows:,}", Severity.INFO, {})
    flood = max(20, new.rows // 500)
    if new.repeated >= flood and old.repeated * 4 < new.repeated:
        told = f"one row occurs {new.repeated:,} times, before at most {max(old.repeated, 1):,}"
        yield Change("DATA-REPEATED", None, told, None, {})


def _column(old: Profile, new: Profile, before: Column, after: Column) -> Iterator[Change]:
    yield from _nulls(old.rows, new.rows, before, after)
    if after.infinite > before.infinite == 0:
        told = f"{after.infinite:,} values are infinite, before none"
        yield Change("DATA-RANGE", after.name, told, None, {"infinite": after.infinite})
    if before.kind == "number" and before.counts and after.counts and len(before.counts) == len(after.counts):
        if _counts_rows(before, old.rows):
            return
        drifted = list(_numbers(before, after))
        yield from drifted or _range(before, after)
    if before.top and after.kind == before.kind:
        yield from _categories(before, after, old.rows - before.nulls, new.rows - after.nulls)


def _counts_rows(column: Column, rows: int) -> bool:
    """Whether a column only numbers the rows: whole numbers, each once, with few left out."""
    if column.low is None or column.high is None or column.distinct < 0.9 * rows:
        return False
    return column.low.is_integer() and column.high.is_integer() and column.high - column.low < 4 * rows


def _nulls(old: int, new: int, before: Column, after: Column) -> Iterator[Change]:
    was, now = before.nulls / max(old, 1), after.nulls / max(new, 1)
    z = _z(was, now, max(old, 1), max(new, 1))
    if (z > 5 and abs(now - was) > 0.01) or (before.nulls == 0 and now > 0.001 and z > 4):
        told = f"{_share(now)} of the values are missing, before {_share(was)}"
        severity = Severity.HIGH if now - was > 0.2 else None
        yield Change("DATA-NULLS", after.name, told, severity, {"before": was, "after": now})


def _numbers(before: Column, after: Column) -> Iterator[Change]:
    """A change of the distribution, with the words for what kind it is."""
    n, m = sum(before.counts), sum(after.counts)
    if not n or not m:
        return
    stability, distance = _psi(before.counts, after.counts), _ks(before.counts, after.counts)
    bins = len(before.counts)
    floor = (1 / n + 1 / m) * _chi_square(bins - 1)  # Yurdakul & Naranjo: without drift, PSI is chi-square so scaled
    critical = 1.2 * 2.225 * math.sqrt(1 / n + 1 / m)  # Smirnov's limit at 1e-4
    moved = _moved(before, after, n, m)
    if not (stability > max(_PSI, floor) or distance > max(_KS, critical) or moved):
        return
    kind, told = _kind(before, after)
    severe = stability > max(_PSI_SEVERE, floor) or distance > max(0.2, critical) or kind in {"unit", "mean"}
    yield Change("DATA-DRIFT", after.name, told, Severity.HIGH if severe else None,
                 {"kind": kind, "psi": round(stability, 4), "ks": round(distance, 4),
                  "mean": [before.mean, after.mean], "deviation": [before.deviation, after.deviation],
                  "distribution": {"edges": [float(f"{edge:.4g}") for edge in before.edges],
                                   "before": [round(count / n, 4) for count in before.counts],
                                   "after": [round(count / m, 4) for count in after.counts]}})  # fmt: skip


def _moved(before: Column, after: Column, n: int, m: int) -> bool:
    """Whether the mean is another by half of itself or more, beyond chance and beyond a tenth of the spread."""
    if before.mean is None or after.mean is None:
        return False
    spread, later = before.deviation or 0.0, after.deviation or 0.0
    error = math.sqrt(spread**2 / n + later**2 / m)
    change = abs(after.mean - before.mean)
    return change > 0.5 * abs(before.mean) and change > 0.1 * spread and change > 4 * error and change > 0


def _kind(before: Column, after: Column) -> tuple[str, str]:
    mean, later = before.mean or 0.0, after.mean or 0.0
    spread = before.deviation or 0.0
    words = f"its mean is {later:.4g}, before {mean:.4g}"
    ratio = (after.middle or 0.0) / before.middle if before.middle else 0.0
    for unit in _UNITS:
        for factor in (unit, 1 / unit):
            wide = (after.deviation or 0.0) / spread if spread else factor
            if ratio > 0 and abs(ratio / factor - 1) < 0.03 and abs(wide / factor - 1) < 0.08:
                return (
                    "unit",
                    f"all values are about {factor:.4g} times those of before, as after a change of unit; {words}",
                )
    if abs(later - mean) > 0.2 * spread:
        times = f" ({later / mean:.2g} times)" if mean and later / mean > 0 else ""
        return "mean", f"{words}{times}"
    if spread and not 0.8 <= (after.deviation or 0.0) / spread <= 1.25:
        return "spread", f"its standard deviation is {after.deviation or 0.0:.4g}, before {spread:.4g}"
    return "shape", "its values are distributed in another way, around the same mean"


def _range(before: Column, after: Column) -> Iterator[Change]:
    n, m = sum(before.counts), sum(after.counts)
    if before.negatives == 0 and after.negatives >= 3 and n and after.negatives / m > 10 / n:
        told = f"{after.negatives:,} values are negative, before none"
        yield Change("DATA-RANGE", after.name, told, None, {"negatives": after.negatives})
    if None in (before.low, before.high, before.middle, after.low, after.high):
        return
    low, high, middle = float(before.low or 0), float(before.high or 0), float(before.middle or 0)
    if float(after.high or 0) > high + 10 * max(high - middle, 0) and high > low and n >= 100:
        told = f"its largest value is {after.high:.4g}, before {high:.4g}"
        yield Change("DATA-RANGE", after.name, told, Severity.LOW, {})
    if float(after.low or 0) < low - 10 * max(middle - low, 0) and high > low and n >= 100:
        told = f"its smallest value is {after.low:.4g}, before {low:.4g}"
        yield Change("DATA-RANGE", after.name, told, Severity.LOW, {})


def _categories(before: Column, after: Column, n: int, m: int) -> Iterator[Change]:
    """New, lost and otherwise shared out categories among so many values; of numbers only a flood of new ones."""
    if not n or not m or (before.singles > 0.05 * n and not before.whole):
        return  # nothing there, free text or an id
    is_number = before.kind == "number"
    if not after.top:
        if before.whole and after.distinct > 10 * before.distinct:
            told = f"it has about {after.distinct:,} different values, before {before.distinct:,}"
            yield Change("DATA-CATEGORIES", after.name, told, Severity.HIGH, {})
        return
    grown = after.distinct >= 2 * before.distinct and after.distinct >= before.distinct + 10
    unseen = sum(count for value, count in after.top.items() if value not in before.top) if before.whole else 0
    expected = 3 * before.singles / n + max(0.001, 5 / n)  # Good and Turing: the mass of what was not seen yet
    if unseen >= 3 and unseen / m > (max(expected, 0.2) if is_number else expected) and (grown or not is_number):
        told = f"{_share(unseen / m)} of its values are new; "
        told += f"it has {after.distinct:,} different ones, before {before.distinct:,}"
        yield Change("DATA-CATEGORIES", after.name, told, Severity.HIGH if grown else None,
                     {"before": before.distinct, "after": after.distinct})  # fmt: skip
    elif not is_number:
        yield from list(_lost(before, after, n, m)) or _balance(before, after, n, m)


def _lost(before: Column, after: Column, n: int, m: int) -> Iterator[Change]:
    lost = [count for value, count in before.top.items() if value not in after.top and count / n > 0.01]
    if after.whole and any(count / n * m > 20 for count in lost):
        told = f"{len(lost)} of its categories are gone, which were {_share(sum(lost) / n)} of the values"
        yield Change("DATA-CATEGORIES", after.name, told, None, {"before": before.distinct, "after": after.distinct})


def _balance(before: Column, after: Column, n: int, m: int) -> Iterator[Change]:
    """Shares of the categories of 1 % and more; all others count as one."""
    keys = sorted(value for value, count in before.top.items() if count / n >= 0.01)
    pairs = [(before.top[key] / n, after.top.get(key, 0) / m) for key in keys]
    pairs.append((max(1 - sum(p for p, _ in pairs), 0), max(1 - sum(q for _, q in pairs), 0)))
    divergence = sum(_part(p, (p + q) / 2) + _part(q, (p + q) / 2) for p, q in pairs) / 2
    chance = _chi_square(max(len(keys), 1)) / (8 * n * m / (n + m))
    distance, critical = math.sqrt(max(divergence, 0) / math.log(2)), 1.2 * math.sqrt(chance / math.log(2))
    is_label = after.name.lower() in LABELS
    most = max(abs(p - q) for p, q in pairs)
    z = max(_z(p, q, n, m) for p, q in pairs)
    if distance > max(_JS, critical) or (is_label and z > 5 and most > 0.01):
        told = f"its values are shared out in another way: the largest change is {_share(most)} of all"
        yield Change("DATA-BALANCE", after.name, told, Severity.HIGH if distance > 0.3 else None,
                     {"distance": round(distance, 4), "label": is_label})  # fmt: skip


def _z(p: float, q: float, n: int, m: int) -> float:
    """How many standard errors two shares are apart."""
    pooled = (p * n + q * m) / (n + m)
    error = math.sqrt(max(pooled * (1 - pooled), 0) * (1 / n + 1 / m))
    return abs(p - q) / error if error > 1e-12 else 0.0


def _part(p: float, middle: float) -> float:
    return p * math.log(p / middle) if p else 0.0


def _psi(before: tuple[int, ...], after: tuple[int, ...]) -> float:
    """The population stability index; half a row in each bin keeps empty ones finite."""
    n, m = sum(before) + len(before) / 2, sum(after) + len(after) / 2
    pairs = (((b + 0.5) / n, (a + 0.5) / m) for b, a in zip(before, after, strict=True))
    return sum((a - b) * math.log(a / b) for b, a in pairs)


def _ks(before: tuple[int, ...], after: tuple[int, ...]) -> float:
    """The largest distance of the two distribution functions at the edges."""
    n, m = sum(before), sum(after)
    was = now = largest = 0.0
    for b, a in zip(before, after, strict=True):
        was, now = was + b / n, now + a / m
        largest = max(largest, abs(was - now))
    return largest


def _chi_square(freedom: int) -> float:
    """The quantile at 1 - 1e-4 (Wilson and Hilferty)."""
    part = 2 / (9 * max(freedom, 1))
    return float(max(freedom, 1) * (1 - part + _Z * math.sqrt(part)) ** 3)


def _share(part: float) -> str:
    return f"{100 * part:.3g} %"
