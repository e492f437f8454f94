"""Everything that is judged by text alone: other languages, hostile text, active content."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlsec_nb.core import Document, Gap, Kind, Part, Segment

from .content import ContentScan
from .gate import Gate
from .hostile import hostile, signs
from .languages import patterns
from .rules import Catalogue
from .sources import embedded, python_language, shell_language
from .spots import Spot

_READ = frozenset({Part.MARKDOWN, Part.RAW, Part.TEXT})
_PAGES = frozenset({"html", "svg", "markdown"})
_PAGE_MAGIC = re.compile(r"\s*%%(?:markdown|md|html|HTML|svg|SVG)\b")
_NO_CODE = frozenset({"markdown", "text", "latex", "html", "css", "json", "csv", "raw", "xml"})


@dataclass(frozen=True)
class TextScan:
    """Scans the segments of a document, and what stands under cell magics."""

    catalogue: Catalogue
    name: str

    def scan(self, document: Document, gate: Gate) -> Iterator[Spot | Gap]:
        content = ContentScan(self.catalogue)
        yield from content.scan(document)
        code = [segment for segment in document.segments if segment.part is Part.CODE and segment.text]
        readable = [segment for segment in document.segments if segment.text and _is_readable(segment)]
        yield from self._hostile([one for one in code if not _PAGE_MAGIC.match(one.text)], code=True)
        yield from self._hostile(readable, code=False)
        yield from self._anywhere(document, code, gate)
        for segment in (*code, *(one for one in readable if one.part is Part.TEXT)):
            language = _language(document, segment)
            if language and not python_language(language):
                yield from patterns(segment, language, self.catalogue)
        for language, segment in (pair for source in gate.sources for pair in embedded(source)):
            if language in _PAGES:
                yield from content.page(segment, markdown=language == "markdown")
            elif language == "javascript":
                yield from content.script(segment, segment.text, 0, len(segment.text))
            yield from patterns(segment, language, self.catalogue)
            if language in _PAGES:
                yield from hostile(segment, code=False)
        yield from self._unread(document)

    @staticmethod
    def _hostile(segments: list[Segment], *, code: bool) -> Iterator[Spot]:
        """What deceives: asked of all the texts together first, because hardly any text does."""
        there = signs("\n".join([segment.text for segment in segments]), code=code)
        if any(there):
            for segment in segments:
                yield from hostile(segment, there, code=code)

    def _anywhere(self, document: Document, segments: list[Segment], gate: Gate) -> Iterator[Spot]:
        """Patterns for any code: asked of the words of all cells first."""
        if any(not pattern.marks.isdisjoint(gate.words) for pattern in self.catalogue.patterns_of("any-code")):
            for segment in segments:
                if _language(document, segment) not in _NO_CODE:
                    yield from patterns(segment, "any-code", self.catalogue)

    def _unread(self, document: Document) -> Iterator[Gap]:
        """A language of a notebook for which there is no rule is said, once."""
        if document.artifact.kind is not Kind.NOTEBOOK:
            return
        told: set[str] = set()
        for cell in document.cells:
            language = (cell.source.language or document.language or "").lower()
            if cell.kind != "code" or not cell.source.text.strip() or language in told or language in _NO_CODE:
                continue
            if (
                not shell_language(language)
                and not python_language(language)
                and not self.catalogue.patterns_of(language)
            ):
                told.add(language)
                reason = f"there are no rules for {language or 'this'} code; it was searched for hostile text only"
                yield Gap(location=cell.source.place, scanner=self.name, code="unsupported", reason=reason)


def _is_readable(segment: Segment) -> bool:
    return segment.part in _READ or (
        segment.part is Part.OUTPUT and (segment.mime is None or segment.mime.startswith("text/"))
    )


def _language(document: Document, segment: Segment) -> str:
    return (segment.language or (document.language if segment.part is Part.CODE else None) or "").lower()
