"""From an artifact to its document; the shape is chosen by kind, name and content."""

import json
from dataclasses import replace

from mlsec_nb.config import Limits
from mlsec_nb.core import Artifact, Document, Gap, Kind, Location
from mlsec_nb.io.files import Memory

from . import encoding, ipynb, languages
from .broken import recovered
from .mending import mend
from .plain import text_document
from .positions import Raw, loads
from .scripts import script_document


def read(artifact: Artifact, limits: Limits = Limits()) -> Document:  # noqa: B008 - frozen
    """The document of an artifact; a binary one has no segments. Raises `CannotRead` for bytes that cannot be had."""
    if not artifact.is_text:
        return Document(artifact=artifact)
    text, _, _ = encoding.decode(artifact.content.read(limits.text_bytes))
    if artifact.kind is Kind.NOTEBOOK and (text.lstrip()[:1] == "{" or not languages.of_path(artifact.path)):
        return _notebook(artifact, text)
    return script_document(artifact, text) or text_document(artifact, text)


def read_bytes(data: bytes, path: str, kind: Kind = Kind.NOTEBOOK, limits: Limits = Limits()) -> Document:  # noqa: B008
    """The document of bytes that are in memory already."""
    return read(Artifact(path, kind, Memory(data)), limits)


def _notebook(artifact: Artifact, text: str) -> Document:
    if not text.strip():  # Jupyter cannot open it, and there is nothing in it
        return Document(artifact=artifact)
    try:
        value, shadowing = loads(text)
        return ipynb.document(artifact, value, Raw(text), shadowing=shadowing)
    except json.JSONDecodeError as error:
        place = Location(path=artifact.path, raw_line=error.lineno, raw_column=error.colno)
        return _broken(artifact, text, _gap(place, f"is no valid JSON ({error.msg})"))
    except RecursionError:
        gap = _gap(Location(path=artifact.path), "is nested too deeply; its text was read without cells")
        return _whole(artifact, text, gap)


def _broken(artifact: Artifact, text: str, gap: Gap) -> Document:
    """What can be saved of a broken notebook: its cells if it can be mended, and in any case all of its text."""
    mended = mend(text)
    if mended:
        try:
            value, shadowing = loads(mended[0])
            document = ipynb.document(artifact, value, Raw(mended[0], text), shadowing=shadowing)
        except (ValueError, RecursionError):
            return _whole(artifact, text, gap)
        rest = (recovered(artifact.path, text, mended[1]),) if mended[1] else ()
        return replace(document, segments=(*document.segments, *rest), gaps=(gap, *document.gaps))
    return _whole(artifact, text, gap)


def _whole(artifact: Artifact, text: str, gap: Gap) -> Document:
    return Document(artifact=artifact, segments=(recovered(artifact.path, text),), gaps=(gap,), language="python")


def _gap(place: Location, reason: str) -> Gap:
    return Gap(location=place, scanner=ipynb.SCANNER, reason=reason, code="malformed")
