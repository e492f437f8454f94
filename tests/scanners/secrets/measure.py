"""What the room finds of what was planted: recall and precision."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from mlsec_nb.config import DEFAULT_KEY, Settings
from mlsec_nb.core import Finding, Kind, keyed_digest
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.secrets.scanner import build
from tests.scanners.secrets.generator import Notebook, Planted, notebook


@dataclass
class Outcome:
    """Counts, and what was missed or found for nothing."""

    planted: int = 0
    found: int = 0
    true: int = 0
    alarms: int = 0
    missed: list[Planted] = field(default_factory=list)
    false: list[tuple[int, Finding]] = field(default_factory=list)
    ways: Counter[str] = field(default_factory=Counter)

    @property
    def recall(self) -> float:
        return self.found / max(self.planted, 1)

    @property
    def precision(self) -> float:
        return self.true / max(self.true + self.alarms, 1)


def findings(book: Notebook) -> list[Finding]:
    document = read_bytes(book.data, "x.ipynb", Kind.NOTEBOOK)
    return [item for item in build(Settings()).scan(document) if isinstance(item, Finding)]


def measure(seeds: Iterable[int], *, hard: bool) -> Outcome:
    """A planted secret is found when a finding stands in its cell; where there is no cell, in no cell."""
    outcome = Outcome()
    for seed in seeds:
        book = notebook(seed, hard=hard)
        found = [item for item in findings(book) if item.rule.id != "SECRET-PRINTED"]
        cells = {planted.cell for planted in book.planted}
        outcome.planted += len(book.planted)
        for planted in book.planted:
            hit = any(item.location.cell == planted.cell and _same(item, planted) for item in found)
            outcome.found += hit
            if not hit:
                outcome.missed.append(planted)
                outcome.ways[planted.way] += 1
        for item in found:
            if item.location.cell in cells:
                outcome.true += 1
            else:
                outcome.alarms += 1
                outcome.false.append((seed, item))
    return outcome


def _same(item: Finding, planted: Planted) -> bool:
    value = planted.secret.value
    if planted.secret.kind in {"block", "url"} or "hooks.slack" in value:
        return True
    return item.evidence.digest == keyed_digest(value, DEFAULT_KEY)
