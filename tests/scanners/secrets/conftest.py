"""Hand-made segments, and the room on them."""

from collections.abc import Callable

import pytest

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, Document, Finding, Kind, Location, Part, Segment, TextOrigin
from mlsec_nb.io.files import Memory
from mlsec_nb.scanners.secrets.scanner import build

Scan = Callable[..., list[Finding]]


def segment(
    text: str, part: Part = Part.OUTPUT, language: str | None = None, mime: str | None = None, number: int = 1
) -> Segment:
    name = "source" if part is Part.CODE else f"output {number}"
    place = Location(path="x.ipynb", cell=number, cell_id=f"c{number}", part=name)
    return Segment(text, part, place, TextOrigin(place), language or ("python" if part is Part.CODE else None), mime)


def document(*segments: Segment) -> Document:
    return Document(artifact=Artifact("x.ipynb", Kind.NOTEBOOK, Memory(b"")), segments=segments)


@pytest.fixture
def scan() -> Scan:
    """Findings in a text (or in segments) as the room gives them."""

    def run(
        *what: str | Segment,
        part: Part = Part.OUTPUT,
        language: str | None = None,
        mime: str | None = None,
        **options: object,
    ) -> list[Finding]:
        segments = [item if isinstance(item, Segment) else segment(item, part, language, mime) for item in what]
        scanner = build(Settings(options=options))
        return [item for item in scanner.scan(document(*segments)) if isinstance(item, Finding)]

    return run
