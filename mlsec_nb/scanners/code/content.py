"""Active content and script text of a document's segments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlsec_nb.core import Document, Part, Segment, Severity

from .elements import seen, worth
from .rules import Catalogue, Pattern
from .spots import Spot

MAX_SCRIPT = 4_000_000  # characters of script text that are searched
_HTML = frozenset({"text/html", "image/svg+xml", "text/markdown", "application/xhtml+xml"})
_SCRIPTS = frozenset({"application/javascript", "text/javascript"})
_USUAL_MIME = re.compile(r"bokeh|holoviews|vega|plotly")


@dataclass(frozen=True)
class ContentScan:
    """Scans what a reader's browser would show or run."""

    catalogue: Catalogue

    def scan(self, document: Document) -> Iterator[Spot]:
        """What is shown: asked of all pages together first, because hardly any does what a rule is about."""
        pages: list[tuple[Segment, bool]] = []
        for segment in document.segments:
            if segment.part is Part.MARKDOWN:
                pages.append((segment, True))
            elif segment.part is Part.OUTPUT or segment.part is Part.ATTACHMENT:
                if segment.mime in _HTML or segment.language == "html":
                    pages.append((segment, segment.mime == "text/markdown"))
                elif segment.mime in _SCRIPTS or segment.language == "javascript":
                    yield from self._shown_script(segment)
            elif segment.part is Part.TEXT and segment.language in {"html", "xml", "markdown"}:
                pages.append((segment, segment.language == "markdown"))
        if worth("\n".join([segment.text for segment, _ in pages])):
            for segment, markdown in pages:
                yield from self.page(segment, markdown=markdown)

    def _shown_script(self, segment: Segment) -> Iterator[Spot]:
        yield from self.script(segment, segment.text, 0, len(segment.text))
        usual = self.catalogue.known.scripts.search(segment.text[:200_000]) is not None
        yield Spot("CONTENT-SCRIPT", segment, 0, min(80, len(segment.text)), Severity.INFO if usual else Severity.LOW)

    def page(self, segment: Segment, *, markdown: bool) -> Iterator[Spot]:
        """What an HTML or Markdown text does when it is shown."""
        text = segment.text
        if not worth(text):
            return
        done: set[tuple[str, int]] = set()
        for item in seen(text, self.catalogue.known, markdown=markdown):
            if item.rule is None:
                yield from self.script(segment, item.script, item.start, item.end)
            elif (item.rule, item.start) not in done or item.severity == "high":
                done.add((item.rule, item.start))
                grade = Severity(item.severity) if item.severity else None
                yield Spot(item.rule, segment, item.start, item.end, grade)

    def script(self, segment: Segment, text: str, start: int, end: int) -> Iterator[Spot]:
        """The patterns of script text; the place is the match where the text stands as it is, else the element."""
        text = text[:MAX_SCRIPT]
        here = segment.text[start : start + len(text)] == text
        for pattern in self.catalogue.patterns_of("javascript"):
            found = first(pattern, text)
            if found is not None:
                place = (start + found.start(), start + found.end()) if here else (start, end)
                yield Spot(pattern.rule, segment, *place, pattern.severity)


def first(pattern: Pattern, text: str) -> re.Match[str] | None:
    """The first match of a pattern whose keywords stand in the text."""
    if not pattern.possible(text):
        return None
    if pattern.unless is not None and pattern.unless.search(text):
        return None
    return pattern.pattern.search(text)
