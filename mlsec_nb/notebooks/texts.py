"""Composed texts as segments: control codes and the payloads of embedded images are left out, images' texts are not."""

from collections.abc import Callable, Iterator
from itertools import accumulate

from mlsec_nb.core import Location, Part, Segment

from . import images, languages
from .origins import Composed, Cut, JsonOrigin
from .positions import Path, Raw
from .terminal import CODES

_MARK = ";base64,"


def text_segments(
    composed: Composed, part: Part, place: Location, raw: Raw, *, language: str | None = None, mime: str | None = None,
    label: Callable[[Path], str] | None = None,
) -> Iterator[Segment]:  # fmt: skip
    """A text as it reads, and after it what the images inside it say."""
    text = composed.text()
    if part is not Part.MARKDOWN and "\x1b" in text:
        composed = Cut(composed, CODES)
        text = composed.text()
    language = language or (languages.of_mime(mime) if mime else None)
    whole = Segment(text, part, place, JsonOrigin(place, raw, composed, label), language, mime)
    if _MARK not in text or not images.EMBEDDED.search(text):
        yield whole
        return
    composed = Cut(composed, images.EMBEDDED)
    yield Segment(composed.text(), part, place, JsonOrigin(place, raw, composed, label), language, mime)
    for match in images.EMBEDDED.finditer(text):
        if kind := images.kind_of(match.group()):
            yield from image_segments(whole, match.start(), match.end(), kind)


def image_segments(holder: Segment, start: int, end: int, kind: str) -> Iterator[Segment]:
    """The texts inside the image whose base64 payload is `holder.text[start:end]`, as one segment or none."""
    found = list(images.texts(holder.text[start:end], kind))
    if found:
        parts = [text + "\n" for _, text in found]
        starts = list(accumulate(map(len, parts), initial=0))[:-1]
        yield holder.view("".join(parts), starts, [start + offset for offset, _ in found], "text")
