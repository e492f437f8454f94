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
from .state import MAX_NODES, Hit, keep
from .uncollected import uncollected

_PINNED = re.compile(r"\b(torch|numpy|keras|tensorflow|transformers|pyyaml|PyYAML)[ \t]*==[ \t]*(\d+(?:\.\d+){0,2})")


@dataclass
class Walked:
    """What the runs over a document found."""

    hits: dict[tuple[str, int, int], Hit] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    pages: list[tuple[str, Segment]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class _Cells:
    """The syntax trees of cells, each made when it is first asked for, and what could not be read of them."""

    def __init__(self, scanner: str) -> None:
        self.scanner = scanner
        self.known: dict[int, Parsed] = {}
        self.gaps: list[Gap] = []

    def read(self, source: Source) -> Parsed:
        read = self.known.get(id(source))
        if read is None:
            read = self.known[id(source)] = parse(source.python)
            if read.broken:
                self._tell(source, read.broken)
                saved = [statement for broken in read.broken for statement in salvage(source, broken)]
                self.known[id(source)] = read = replace(read, saved=tuple(saved))
        return read

    def _tell(self, source: Source, runs: tuple[Broken, ...]) -> None:
        """One gap for all that could not be read in a cell; lines that run as magics without `%` are none."""
        left: list[Broken] = []
        for broken in runs:
            lines = list(automagic(source, broken))
            source.pieces.update({-2 - piece.start: piece for piece in lines})
            left += [] if lines else [broken]
        if left:
            reason = f"not readable as Python ({left[0].reason}): searched for known calls only"
            place = source.at(left[0].start, left[-1].end)
            self.gaps.append(Gap(location=place, scanner=self.scanner, reason=reason, code=left[0].code))


@dataclass(frozen=True)
class PythonScan:
    """Scans the Python of documents; `key` is that of the digests."""

    catalogue: Catalogue
    key: bytes
    name: str

    def scan(self, document: Document, gate: Gate) -> Iterator[Finding | Gap]:
        sources = gate.sources
        cells = _Cells(self.name)
        found: list[Finding] = []
        if gate.rules():
            with uncollected():
                for source in sources:
                    cells.read(source)
                walked = self._walk(document, sources, cells.known)
            ordered = sorted(walked.hits.values(), key=lambda hit: (hit.source.cell or 0, hit.start, hit.rule))
            found = [finding(hit, self.catalogue, self.name, self.key, walked.hidden) for hit in ordered]
            yield from found
            yield from walked.gaps
            yield from self._pages(walked.pages)
        yield from BanditScan(self.catalogue, self.name, self.key).scan(gate, cells.read, found)
        yield from cells.gaps

    def _pages(self, pages: list[tuple[str, Segment]]) -> Iterator[Finding]:
        content = ContentScan(self.catalogue)
        for language, segment in pages:
            if language == "javascript":
                spots = content.script(segment, segment.text, 0, len(segment.text))
            else:
                spots = content.page(segment, markdown=language == "markdown")
            yield from (spot.finding(self.catalogue, self.name, self.key) for spot in spots)

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
            if last.hits and last.files:
                last = Notebook(self.catalogue, versions=versions, files=last.files)
                self._round(last, order, parsed)
            for hit in last.hits.values():
                keep(walked.hits, hit)
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
            read = parsed[id(source)]
            interpreter.run(source, (*read.body, *read.saved))
        interpreter.finish()


def _versions(segments: Iterator[Segment]) -> dict[str, tuple[int, ...]]:
    """Versions that the code pins (`!pip install torch==2.6.0`)."""
    found: dict[str, tuple[int, ...]] = {}
    for segment in segments:
        if "==" not in segment.text:
            continue
        for name, version in _PINNED.findall(segment.text):
            found[name.lower()] = tuple(int(part) for part in version.split("."))
    return found
