"""The Python of one document: what is worth parsing, walked in document order and in the order it was executed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlsec_nb.core import Document, Finding, Gap, Segment

from .bandit import BanditScan
from .findings import finding
from .magics import REMOTE, Notebook
from .parsing import Broken, Parsed, parse
from .rules import Catalogue
from .salvage import salvage
from .source import Source
from .sources import AUTOMAGIC, automagic, code_cells, executed_order, words
from .state import Hit

_PINNED = re.compile(r"\b(torch|numpy|keras|tensorflow|transformers|pyyaml|PyYAML)[ \t]*==[ \t]*(\d+(?:\.\d+){0,2})")
_STARTERS = frozenset({"subprocess", "system", "popen", "getoutput", "pexpect", "create_subprocess_shell"})
REFLECTION = frozenset({"getattr", "import_module"})
_REFLECTED = re.compile(
    r"\b(?:import_module\(\s*(?!['\"][\w.]+['\"]\s*[,)])|getattr\(\s*[\w.]+\s*,\s*(?!['\"]\w+['\"]\s*[,)]))"
)


@dataclass(frozen=True)
class PythonScan:
    """Scans the Python of documents; `key` is that of the digests."""

    catalogue: Catalogue
    key: bytes
    name: str

    def scan(self, document: Document, sources: list[Source]) -> Iterator[Finding | Gap]:
        concerned = self._concerns(sources)
        trigger = self.catalogue.bandit_trigger
        if not concerned and not any(trigger.search(source.python) for source in sources):
            return
        read = {id(source): self._read(source) for source in sources}
        for source in sources:
            yield from self._gaps(source, read[id(source)])
        found: list[Finding] = []
        if concerned:
            hits, hidden = self._walk(document, sources, read)
            ordered = sorted(hits.values(), key=lambda hit: (hit.source.cell or 0, hit.start, hit.rule))
            found = [finding(hit, self.catalogue, self.name, self.key, hidden) for hit in ordered]
            yield from found
        pairs = [(source, read[id(source)]) for source in sources]
        yield from BanditScan(self.catalogue, self.name, self.key).scan(pairs, found)

    @staticmethod
    def _read(source: Source) -> Parsed:
        read = parse(source.python)
        saved = [statement for broken in read.broken for statement in salvage(source, broken)]
        return replace(read, body=(*read.body, *saved)) if saved else read

    def _gaps(self, source: Source, read: Parsed) -> Iterator[Gap]:
        for broken in read.broken:
            lines = list(automagic(source, broken))
            source.pieces.update({-2 - piece.start: piece for piece in lines})
            if not lines:
                yield self._gap(source, broken)

    def _concerns(self, sources: list[Source]) -> bool:
        found = words(sources)
        if not REFLECTION.isdisjoint(found) and any(_REFLECTED.search(source.python) for source in sources):
            return True
        pattern = self.catalogue.names["shell_pattern"]
        if not _STARTERS.isdisjoint(found) and any(pattern.search(source.python) for source in sources):
            return True
        return self.catalogue.concerns(found) or any(self._shelly(source, found) for source in sources)

    def _shelly(self, source: Source, found: frozenset[str]) -> bool:
        """Whether a rule can be about the magics and shell lines of a cell."""
        pattern = self.catalogue.names["shell_pattern"]
        for piece in source.pieces.values():
            text = f"{piece.text}\n{piece.body or ''}"
            if pattern.search(text) or (piece.name in REMOTE and "://" in text):
                return True
            if ("{" in text or "$" in text) and any(
                self.catalogue.has_source(kind, found) for kind in ("download", "upload", "input", "model", "secret")
            ):
                return True
        return AUTOMAGIC.search(source.python) is not None and pattern.search(source.python) is not None

    def _walk(
        self, document: Document, sources: list[Source], parsed: dict[int, Parsed]
    ) -> tuple[dict[tuple[str, int, int], Hit], set[str]]:
        """Two rounds over the cells in every order: the first learns which files come from where."""
        versions = _versions(source.segment for source in sources)
        orders = [sources]
        if (numbers := executed_order(code_cells(document))) is not None:
            place = {number: index for index, number in enumerate(numbers)}
            orders.append(sorted(sources, key=lambda source: place.get(source.cell or 0, 0)))
        hits: dict[tuple[str, int, int], Hit] = {}
        hidden: set[str] = set()
        for order in orders:
            first = Notebook(self.catalogue, versions=versions)
            self._round(first, order, parsed)
            if not first.hits:
                continue
            second = Notebook(self.catalogue, versions=versions, hits=hits, files=first.files)
            self._round(second, order, parsed)
            hidden |= second.hidden
        return hits, hidden

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
