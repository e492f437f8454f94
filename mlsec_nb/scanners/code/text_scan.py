"""Everything that is judged by text alone: other languages, hostile text, active content."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlsec_nb.core import Document, Gap, Kind, Part, Segment

from .content import ContentScan
from .hostile import hostile
from .languages import patterns
from .rules import Catalogue
from .source import Source
from .sources import embedded, python_language, shell_language
from .spots import Spot

_PAGES = frozenset({"html", "svg", "markdown"})
_PAGE_MAGIC = re.compile(r"\s*%%(?:markdown|md|html|HTML|svg|SVG)\b")
_NO_CODE = frozenset({"markdown", "text", "latex", "html", "css", "json", "csv", "raw", "xml"})


@dataclass(frozen=True)
class TextScan:
    """Scans the segments of a document, and what stands under cell magics."""

    catalogue: Catalogue
    name: str

    def scan(self, document: Document, sources: list[Source]) -> Iterator[Spot | Gap]:
        content = ContentScan(self.catalogue)
        yield from content.scan(document)
        anywhere = self._anywhere(document)
        for segment in document.segments:
            yield from self._segment(document, segment, anywhere=anywhere)
        for language, segment in (pair for source in sources for pair in embedded(source)):
            if language in _PAGES:
                yield from content.page(segment, markdown=language == "markdown")
            elif language == "javascript":
                yield from content.script(segment, segment.text, 0, len(segment.text))
            yield from patterns(segment, language, self.catalogue)
            if language in _PAGES:
                yield from hostile(segment, code=False)
        yield from self._unread(document)

    def _anywhere(self, document: Document) -> bool:
        """Whether a pattern for any code can match in a document: asked once for all its cells."""
        code = "\n".join(segment.text for segment in document.segments if segment.part is Part.CODE)
        return any(pattern.possible(code) for pattern in self.catalogue.patterns_of("any-code"))

    def _segment(self, document: Document, segment: Segment, *, anywhere: bool) -> Iterator[Spot]:
        if segment.part is Part.METADATA or not segment.text:
            return
        code = segment.part is Part.CODE
        readable = segment.part in {Part.MARKDOWN, Part.RAW, Part.TEXT} or (
            segment.part is Part.OUTPUT and (segment.mime is None or segment.mime.startswith("text/"))
        )
        if (code and not _PAGE_MAGIC.match(segment.text)) or readable:
            yield from hostile(segment, code=code)
        language = (segment.language or (document.language if code else None) or "").lower()
        if anywhere and code and language not in _NO_CODE:
            yield from patterns(segment, "any-code", self.catalogue)
        if language and not python_language(language) and segment.part in {Part.CODE, Part.TEXT}:
            yield from patterns(segment, language, self.catalogue)

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
