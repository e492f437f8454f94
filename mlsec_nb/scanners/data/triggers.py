"""Words that decide a label by themselves: the trace of a backdoor in labelled text.

A trigger is a word (or pair of words) whose rows nearly all have one label although the rest of their text speaks for
another. Honest rare words point to one label too, but their neighbours agree with them. So a plain Bayes model is asked
about each row without the row itself, without the word and without what always comes with it; the published z-score of
words and labels cannot tell the two apart on real text. What is found is a suspicion.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

ROWS = 20_000  # rows that are looked at
LABELS = 20
_TOKENS = 256  # of one text
_WORD = re.compile(r"\w+|[^\w\s]+")
_PURE = 0.97  # share of one label among the rows of a trigger
_TURNED = 0.65  # share of those rows that would have another label without it
_CHANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Trigger:
    """A suspected trigger: in so many rows with this label, most of which speak for another without it."""

    words: str
    label: str
    rows: int
    turned: int


def tokens(text: str) -> frozenset[str]:
    """The words of a text and their pairs."""
    words = _WORD.findall(text.lower())[:_TOKENS]
    return frozenset(words) | {f"{a} {b}" for a, b in pairwise(words)}


def triggers(texts: Sequence[str], labels: Sequence[str]) -> Iterator[Trigger]:
    """Suspected triggers, the most frequent first; none when the text says too little about the label."""
    classes = Counter(labels)
    if not 2 <= len(classes) <= LABELS or len(texts) < 100:
        return
    model = _Model([tokens(text) for text in texts], labels, classes)
    wrong = sum(model.guess(row, frozenset()) != labels[row] for row in range(len(texts))) / len(texts)
    if wrong > 0.5 * (1 - max(classes.values()) / len(texts)):
        return  # no better than half way from guessing: nothing follows from what it says
    told: set[int] = set()
    for token, label in model.candidates():
        rows = model.rows(token)
        if len(told & rows) > len(rows) / 2:
            continue  # a part of what was told already
        without = model.companions(rows)
        mine = [row for row in rows if labels[row] == label]
        turned = sum(model.guess(row, without) != label for row in mine)
        if turned >= _TURNED * len(mine) and turned > 3 * wrong * len(mine):
            told |= rows
            yield Trigger(token, label, len(rows), turned)


class _Model:
    """Naive Bayes over the presence of tokens, from which any row and any token can be taken out again."""

    def __init__(self, rows: Sequence[frozenset[str]], labels: Sequence[str], classes: Counter[str]) -> None:
        self._rows, self._labels, self._classes = rows, labels, classes
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        for row, label in zip(rows, labels, strict=True):
            for token in row:
                self._counts[token][label] += 1
        for token in [token for token, counts in self._counts.items() if counts.total() < 2]:
            del self._counts[token]
        self._where: dict[str, set[int]] = defaultdict(set)

    def guess(self, row: int, without: frozenset[str]) -> str:
        """The label of a row by its other tokens and by all other rows."""
        own = self._labels[row]
        sizes = {label: count - (label == own) for label, count in self._classes.items()}
        scores = {label: math.log(max(size, 0.5)) for label, size in sizes.items()}
        for token in self._rows[row]:
            counts = self._counts.get(token)
            if counts is None or token in without:
                continue
            for label, size in sizes.items():
                scores[label] += math.log((counts[label] - (label == own) + 0.5) / (size + 1))
        return max(scores, key=lambda label: (scores[label], label))

    def candidates(self) -> list[tuple[str, str]]:
        """Tokens of nearly one label, beyond what chance makes of so many tokens; the most frequent first."""
        total, most = len(self._rows), self._classes.most_common(1)[0][1]
        found = []
        for token, counts in self._counts.items():
            label, count = counts.most_common(1)[0]
            rows = counts.total()
            expected = math.log(self._classes[label] / total)
            if (
                max(8, total / 1000) <= rows <= total / 5
                and count >= _PURE * rows
                and count * expected < math.log(_CHANCE / max(len(self._counts), 1))
                and most < 0.95 * total
            ):
                found.append((rows, token, label))
        found.sort(key=lambda item: (-item[0], -len(item[1]), item[1]))
        chosen = [(token, label) for _, token, label in found]
        wanted = {token for token, _ in chosen}
        for number, row in enumerate(self._rows):
            for token in row & wanted:
                self._where[token].add(number)
        return chosen

    def rows(self, token: str) -> set[int]:
        return self._where[token]

    def companions(self, rows: set[int]) -> frozenset[str]:
        """The tokens that hardly occur outside of these rows."""
        inside = Counter(token for row in rows for token in self._rows[row] if token in self._counts)
        return frozenset(
            token for token, count in inside.items() if count >= 3 and count >= 0.8 * self._counts[token].total()
        )
