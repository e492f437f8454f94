"""The Python of one document: what is worth parsing, walked in document order and in the order it was executed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mlsec_nb.core import Document, Finding, Gap, Segment

from .bandit import BanditScan
from .content import ContentScan
from .findings import finding
from .gate import Gate
from .magics import Notebook
from .parsing import Broken, Parsed, parse
from .rules import Catalogue
from .salvage import salvage
from .source import Source
from .sources import automagic, code_cells, executed_order
from .state import MAX_NODES, Hit

_PINNED = re.compile(r"\b(torch|numpy|keras|tensorflow|transformers|pyyaml|PyYAML)[ \t]*==[ \t]*(\d+(?:\.\d+){0,2})")


@dataclass
class Walked:
    """What the runs over a document found."""

    hits: dict[tuple[str, int, int], Hit] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    pages: list[tuple[str, Segment]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


@dataclass(frozen=True)
class PythonScan:
    """Scans the Python of documents; `key` is that of the digests."""

    catalogue: Catalogue
    key: bytes
    name: str

    def scan(self, document: Document, sources: list[Source]) -> Iterator[Finding | Gap]:
        gate = Gate(self.catalogue, sources)
        concerned, bandit = gate.rules(), gate.bandit()
        if not concerned and not bandit:
            return
        read = {id(source): self._read(source) for source in sources}
        for source in sources:
            yield from self._gaps(source, read[id(source)])
        found: list[Finding] = []
        if concerned:
            walked = self._walk(document, sources, read)
            ordered = sorted(walked.hits.values(), key=lambda hit: (hit.source.cell or 0, hit.start, hit.rule))
            found = [finding(hit, self.catalogue, self.name, self.key, walked.hidden) for hit in ordered]
            yield from found
            yield from walked.gaps
            yield from self._pages(walked.pages)
        if bandit:
            pairs = [(source, read[id(source)]) for source in sources]
            yield from BanditScan(self.catalogue, self.name, self.key).scan(pairs, found)

    def _pages(self, pages: list[tuple[str, Segment]]) -> Iterator[Finding]:
        content = ContentScan(self.catalogue)
        for language, segment in pages:
            if language == "javascript":
                spots = content.script(segment, segment.text, 0, len(segment.text))
            else:
                spots = content.page(segment, markdown=language == "markdown")
            yield from (spot.finding(self.catalogue, self.name, self.key) for spot in spots)

    @staticmethod
    def _read(source: Source) -> Parsed:
        read = parse(source.python)
        saved = [statement for broken in read.broken for statement in salvage(source, broken)]
        return replace(read, body=(*read.body, *saved)) if saved else read

    def _gaps(self, source: Source, read: Parsed) -> Iterator[Gap]:
        """One gap for all that could not be read in a cell; lines that run as magics without `%` are none."""
        left: list[Broken] = []
        for broken in read.broken:
            lines = list(automagic(source, broken))
            source.pieces.update({-2 - piece.start: piece for piece in lines})
            left += [] if lines else [broken]
        if left:
            yield self._gap(source, replace(left[0], end=left[-1].end))

    def _walk(self, document: Document, sources: list[Source], parsed: dict[int, Parsed]) -> Walked:
        """Two rounds over the cells in every order: the first learns which files come from where."""
        versions = _versions(source.segment for source in sources)
        orders = [sources]
        if (numbers := executed_order(code_cells(document))) is not None:
            place = {number: index for index, number in enumerate(numbers)}
            orders.append(sorted(sources, key=lambda source: place.get(source.cell or 0, 0)))
        walked = Walked()
        for order in orders:
            last = Notebook(self.catalogue, versions=versions)
            self._round(last, order, parsed)
            if last.hits:
                last = Notebook(self.catalogue, versions=versions, hits=walked.hits, files=last.files)
                self._round(last, order, parsed)
            walked.hidden |= last.hidden
            walked.pages = walked.pages or last.pages
            walked.gaps = walked.gaps or list(self._left(last, sources))
        return walked

    def _left(self, run: Notebook, sources: list[Source]) -> Iterator[Gap]:
        """What the run could not look at."""
        for source, start, end in run.cut:
            yield self._told(source, start, end, "nested too deep to be followed", "too-big")
        for source, start, end, reason in run.unread:
            yield self._told(source, start, end, reason, "tool-missing")
        if run.exhausted:
            yield Gap(location=sources[0].segment.place, scanner=self.name, code="too-big",
                      reason=f"more than {MAX_NODES} steps of code: what comes after was not followed")  # fmt: skip

    def _told(self, source: Source, start: int, end: int, reason: str, code: str) -> Gap:
        return Gap(location=source.at(start, end), scanner=self.name, reason=reason, code=code)

    @staticmethod
    def _round(interpreter: Notebook, order: list[Source], parsed: dict[int, Parsed]) -> None:
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
