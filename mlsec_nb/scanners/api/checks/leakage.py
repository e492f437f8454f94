"""What answers give away of the model: confidences of full precision, and what copying it costs then.

Equations: F. Tramèr et al., Stealing Machine Learning Models via Prediction APIs, USENIX Security 2016, section 4.1: a
(multinomial) logistic model of d inputs is known after d + 1 answers with confidences; with labels alone it takes about
20 steps of a line search for each of its parameters (section 6).
"""

import math
import random
import statistics
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from mlsec_nb.scanners.api import bodies
from mlsec_nb.scanners.api.asking import Asker, is_success, json_of
from mlsec_nb.scanners.api.story import Hit, Missed, Told
from mlsec_nb.scanners.api.surface import JSON, Prediction, Surface

PRECISE: Final = 5  # digits; fewer are called rounded
FRESH: Final = 10  # answers that a copy is held against
MOST: Final = 40  # questions for a copy
_STEPS: Final = 20
_NAMES: Final = ("prob", "score", "confid", "logit", "likelihood", "certainty")


@dataclass(frozen=True, slots=True)
class Confidences:
    """A vector of confidences (or one), where it stands, and the digits of its most exact number."""

    path: bodies.Path
    values: tuple[float, ...]
    digits: int


def check(asker: Asker, found: Surface) -> Iterator[Told]:
    """Looks for confidences in the answer, and measures or estimates what a copy of the model costs."""
    made = found.prediction
    if made is None or not made.works or made.answer is None:
        return
    seen = confidences(json_of(made.answer))
    if seen is None or seen.digits < PRECISE:
        return
    inputs = len(list(bodies.numbers(made.body)))
    classes = max(len(seen.values), 2)
    cost: dict[str, Any] = {"inputs": inputs, "classes": classes, "digits": seen.digits}
    words = f"{'Confidences' if len(seen.values) > 1 else 'A confidence'} with {seen.digits} digits"
    if inputs:
        cost |= {"queries_with_confidences": inputs + 1, "queries_with_labels": (inputs + 1) * _STEPS * (classes - 1),
                 "basis": "estimated for a linear model"}  # fmt: skip
        copied = _copied(asker, made, seen, inputs)
        if isinstance(copied, Missed):
            yield copied
        else:
            cost |= copied
        words += _said(cost)
    yield Hit("API-CONFIDENCE", made.where, "confidences", words, details={"extraction": cost})


def _said(cost: dict[str, Any]) -> str:
    full, labels = cost["queries_with_confidences"], cost["queries_with_labels"]
    if "agreement" in cost:
        told = f"a linear copy made of {full} answers agrees with {cost['agreement']:.0%} of fresh ones"
        return f": {told} (with labels alone it would take about {labels:,})"
    return f": a linear model of {cost['inputs']} inputs takes about {full:,} questions (labels alone: {labels:,})"


def confidences(tree: Any) -> Confidences | None:
    """The confidences of an answer (of its first row), the longest vector first."""
    found = [one for path, value, name in _walk(tree) if (one := _vector(path, value, name))]
    return max(found, key=lambda one: (len(one.values), one.digits), default=None)


def _walk(tree: Any, path: bodies.Path = (), name: str = "", depth: int = 0) -> Iterator[tuple[bodies.Path, Any, str]]:
    yield path, tree, name
    if depth > 8:
        return
    if isinstance(tree, dict):
        for key, item in list(tree.items())[:200]:
            yield from _walk(item, (*path, key), f"{name} {key}".lower(), depth + 1)
    elif isinstance(tree, list) and tree and isinstance(tree[0], list | dict):
        yield from _walk(tree[0], (*path, 0), name, depth + 1)


def _vector(path: bodies.Path, value: Any, name: str) -> Confidences | None:
    named = any(word in name for word in _NAMES)
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    if not 0 < len(items) <= 10_000 or not all(type(one) in (int, float) for one in items):
        return None
    values = tuple(float(one) for one in items)
    if not all(map(math.isfinite, values)):
        return None
    sums = len(values) > 1 and all(-1e-9 <= one <= 1 + 1e-9 for one in values) and abs(sum(values) - 1) < 1e-3
    if not sums and not (named and ("logit" in name or all(0 <= one <= 1 for one in values))):
        return None
    return Confidences(path, values, max(_digits(one) for one in values))


def _digits(value: float) -> int:
    """Digits after the point as written, those of a power of ten too."""
    mantissa, _, exponent = repr(value).partition("e")
    return len(mantissa.partition(".")[2].rstrip("0")) - int(exponent or 0)


def _copied(asker: Asker, made: Prediction, seen: Confidences, inputs: int) -> dict[str, Any] | Missed:
    """A linear copy made of `inputs` + 1 answers, held against fresh ones."""
    count = inputs + 1 + FRESH
    if count > min(MOST, asker.left - 30):
        words = f"what copying costs is estimated, not measured: {count} questions are too many here"
        return Missed(words, "skipped", made.where)
    chance = random.Random(zlib.crc32(made.path.encode()))  # noqa: S311 - the same questions every time
    rows, answers, times = [], [], []
    for _ in range(count):
        body = bodies.each_number(made.body, lambda old: old + (abs(old) + 1) * chance.uniform(-0.9, 0.9))
        answer = asker.ask(made.method, made.path, bodies.dumps(body), JSON)
        values = _values(json_of(answer), seen.path) if is_success(answer) else None
        if values and len(values) == len(seen.values):
            rows.append([float(bodies.at(body, path)) for path in bodies.numbers(body)])
            answers.append(values)
            times.append(answer.seconds)
    if len(rows) < inputs + 1 + FRESH // 2:
        words = "what copying costs is estimated, not measured: too few questions were answered"
        return Missed(words, "skipped", made.where)
    return {"agreement": _agreement(rows, answers, inputs + 1), "basis": "measured", "fresh": len(rows) - inputs - 1,
            "milliseconds_each": round(1000 * statistics.median(times), 1)}  # fmt: skip


def _values(tree: Any, path: bodies.Path) -> list[float] | None:
    try:
        value = bodies.at(tree, path)
    except (KeyError, IndexError, TypeError):
        return None
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [float(one) for one in items] if all(isinstance(one, int | float) for one in items) else None


def _agreement(rows: list[list[float]], answers: list[list[float]], known: int) -> float:
    """The part of fresh answers whose label the copy gives; the copy solves for log-odds."""
    import numpy as np

    told = np.clip(np.asarray(answers, dtype=float), 1e-12, 1)
    told = np.hstack([1 - told, told]).clip(1e-12) if told.shape[1] == 1 else told
    odds = np.log(told[:, 1:]) - np.log(told[:, :1])
    inputs = np.hstack([np.asarray(rows, dtype=float), np.ones((len(rows), 1))])
    weights, *_ = np.linalg.lstsq(inputs[:known], odds[:known], rcond=None)
    guessed = np.hstack([np.zeros((len(rows) - known, 1)), inputs[known:] @ weights]).argmax(axis=1)
    return float((guessed == told[known:].argmax(axis=1)).mean())
