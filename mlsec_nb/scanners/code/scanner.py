"""The code scanner: a document in, findings and gaps out."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, Component, Document, Finding, Gap, Rule

from .folded import folded
from .gate import Gate
from .python import PythonScan
from .rules import catalogue
from .sources import python_sources
from .text_scan import TextScan

NAME = "code"


@dataclass(frozen=True, slots=True)
class CodeScanner:
    """Reads code as the notebook would run it; runs nothing."""

    settings: Settings

    @property
    def name(self) -> str:
        return NAME

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(catalogue().rules.values())

    def wants(self, artifact: Artifact) -> bool:
        return artifact.is_text

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        told: dict[tuple[object, ...], Finding] = {}
        for item in self._scan(document):
            if isinstance(item, Finding):
                place = item.location
                key = (item.rule.id, place.cell, place.part, place.line, place.column)
                if key in told:
                    continue
                told[key] = item
            yield item
        for spot in folded(document, told.values()):
            yield spot.finding(catalogue(), NAME, self.settings.key)

    def _scan(self, document: Document) -> Iterator[Finding | Gap]:
        rules, key = catalogue(), self.settings.key
        gate = Gate(rules, document, python_sources(document))
        for item in TextScan(rules, NAME).scan(document, gate):
            yield item if isinstance(item, Gap) else item.finding(rules, NAME, key)
        yield from PythonScan(rules, key, NAME).scan(document, gate)  # last: Bandit repeats what is said above


def build(settings: Settings) -> CodeScanner:
    return CodeScanner(settings)
