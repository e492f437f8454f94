"""Masks secrets in whatever is on its way to an output; finds them with the secrets scanner."""

from collections.abc import Callable
from typing import Any

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, Document, Finding, Kind, Location, Part, Scanner, Segment, TextOrigin
from mlsec_nb.io.files import Memory
from mlsec_nb.scanners import available

Tell = Callable[[Finding], None]
_PLACE = Location(path="<output>", part="output")
_ARTIFACT = Artifact("<output>", Kind.TEXT, Memory(b""))


class Redactor:
    """Finds and masks; `tell` hears of every secret that was masked."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self.scanner: Scanner = available()["secrets"](settings)
        self.tell = tell

    def text(self, text: str, language: str | None = None) -> str:
        """The same text with every secret in it masked."""
        if len(text) < 8:
            return text
        found = self._spans(text, language)
        for start, end, finding in sorted(found, key=lambda span: -span[0]):
            text = text[:start] + finding.evidence.shown + text[end:]
            self.tell(finding)
        return text

    def data(self, value: Any, mime: str = "text/plain") -> Any:
        """The same MIME data with every string in it masked; images and other base64 payloads are left alone."""
        if isinstance(value, str):
            is_pixels = mime.startswith(("image/", "audio/", "video/")) and mime != "image/svg+xml"
            return value if is_pixels else self.text(value, "html" if mime == "text/html" else None)
        if isinstance(value, dict):
            return {key: self.data(item, mime) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(item, mime) for item in value]
        return value

    def bundle(self, data: dict[str, Any]) -> dict[str, Any]:
        return {mime: self.data(value, mime) for mime, value in data.items()}

    def _spans(self, text: str, language: str | None) -> list[tuple[int, int, Finding]]:
        segment = Segment(text, Part.OUTPUT, _PLACE, TextOrigin(_PLACE), language)
        starts = [0]
        spans: list[tuple[int, int, Finding]] = []
        for item in self.scanner.scan(Document(artifact=_ARTIFACT, segments=(segment,))):
            if not isinstance(item, Finding):
                continue
            if len(starts) == 1:
                starts += [offset + 1 for offset, character in enumerate(text) if character == "\n"]
            start, end = _offsets(item.location, starts)
            if end > start and not any(start < other_end and other < end for other, other_end, _ in spans):
                spans.append((start, end, item))
        return spans


def _offsets(place: Location, starts: list[int]) -> tuple[int, int]:
    """The offsets of a location in a text whose lines begin at `starts`; an empty span for one without end."""
    if not (place.line and place.column and place.end_line and place.end_column):
        return 0, 0
    return starts[place.line - 1] + place.column - 1, starts[place.end_line - 1] + place.end_column - 1
