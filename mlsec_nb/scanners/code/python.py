"""The Python of one document: what is worth parsing, walked in document order and in the order it was executed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlsec_nb.core import Document, Finding, Gap, Segment

from .findings import finding
from .interpreter import Interpreter
from .parsing import Broken, Parsed, parse
from .rules import Catalogue
from .salvage import salvage
from .source import Source
from .sources import code_cells, executed_order, python_sources, words
from .state import Hit

_PINNED = re.compile(r"\b(torch|numpy|keras|tensorflow|transformers|pyyaml|PyYAML)[ \t]*==[ \t]*(\d+(?:\.\d+){0,2})")


@dataclass(frozen=True)
class PythonScan:
    """Scans the Python of documents; `key` is that of the digests."""

    catalogue: Catalogue
    key: bytes
    name: str

    def scan(self, document: Document) -> Iterator[Finding | Gap]:
        sources = python_sources(document)
        if not sources or not self.catalogue.concerns(words(sources)):
            return
        parsed: dict[int, Parsed] = {}
        for source in sources:
            read = parse(source.python)
            saved = [statement for broken in read.broken for statement in salvage(source, broken)]
            parsed[id(source)] = Parsed((*read.body, *saved))
            yield from (self._gap(source, broken) for broken in read.broken)
        hits = self._walk(document, sources, parsed)
        for hit in sorted(hits.values(), key=lambda hit: (hit.source.cell or 0, hit.start, hit.rule)):
            yield finding(hit, self.catalogue, self.name, self.key)

    def _walk(
        self, document: Document, sources: list[Source], parsed: dict[int, Parsed]
    ) -> dict[tuple[str, int, int], Hit]:
        """Two rounds over the cells in every order: the first learns which files come from where."""
        versions = _versions(source.segment for source in sources)
        orders = [sources]
        if (numbers := executed_order(code_cells(document))) is not None:
            place = {number: index for index, number in enumerate(numbers)}
            orders.append(sorted(sources, key=lambda source: place.get(source.cell or 0, 0)))
        hits: dict[tuple[str, int, int], Hit] = {}
        for order in orders:
            first = Interpreter(self.catalogue, versions=versions)
            self._round(first, order, parsed)
            if not first.hits:
                continue
            second = Interpreter(self.catalogue, versions=versions, hits=hits, files=first.files)
            self._round(second, order, parsed)
        return hits

    @staticmethod
    def _round(interpreter: Interpreter, order: list[Source], parsed: dict[int, Parsed]) -> None:
        for source in order:
            interpreter.run(source, parsed[id(source)].body)
        interpreter.finish()

    def _gap(self, source: Source, broken: Broken) -> Gap:
        return Gap(location=source.at(broken.start, broken.end), scanner=self.name, code=broken.code,
                   reason=f"not readable as Python ({broken.reason}): searched for known calls only")  # fmt: skip


def _versions(segments: Iterator[Segment]) -> dict[str, tuple[int, ...]]:
    """Versions that the code pins (`!pip install torch==2.6.0`)."""
    found: dict[str, tuple[int, ...]] = {}
    for segment in segments:
        for name, version in _PINNED.findall(segment.text):
            found[name.lower()] = tuple(int(part) for part in version.split("."))
    return found
