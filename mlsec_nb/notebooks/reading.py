"""From an artifact to its document; the shape is chosen by kind, name and content."""

import json
import re
from dataclasses import replace
from typing import Any

from mlsec_nb.config import Limits
from mlsec_nb.core import Artifact, Document, Gap, Kind, Location
from mlsec_nb.io.files import Memory

from . import encoding, ipynb, languages
from .broken import recovered
from .mending import mend
from .plain import text_document
from .positions import Raw, loads
from .scripts import script_document

_SMALL = 8 << 20  # characters: no more than some 200 MB whatever they say
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_VALUES = 8_000_000  # of some 30 to 60 bytes each; a notebook of 100 MB with tables and plots has about 1,000,000


def read(artifact: Artifact, limits: Limits = Limits()) -> Document:  # noqa: B008 - frozen
    """The document of an artifact; a binary one has no segments. Raises `CannotRead` for bytes that cannot be had."""
    if not artifact.is_text:
        return Document(artifact=artifact)
    text, _, _ = encoding.decode(artifact.content.read(limits.text_bytes))
    if artifact.kind is Kind.NOTEBOOK and (text.lstrip()[:1] == "{" or not languages.of_path(artifact.path)):
        return _notebook(artifact, text, limits)
    return script_document(artifact, text) or text_document(artifact, text)


def read_bytes(data: bytes, path: str, kind: Kind = Kind.NOTEBOOK, limits: Limits = Limits()) -> Document:  # noqa: B008
    """The document of bytes that are in memory already."""
    return read(Artifact(path, kind, Memory(data)), limits)


def _notebook(artifact: Artifact, text: str, limits: Limits) -> Document:
    if not text or text.isspace():  # Jupyter cannot open it, and there is nothing in it
        return Document(artifact=artifact)
    try:
        value, shadowing = _loads(text)
        return ipynb.document(artifact, value, Raw(text), limits.members, shadowing=shadowing)
    except ipynb.TooManyError:
        gap = _gap(Location(path=artifact.path), "has too many parts; its text was read without cells", "too-big")
        return _whole(artifact, text, gap)
    except json.JSONDecodeError as error:
        place = Location(path=artifact.path, raw_line=error.lineno, raw_column=error.colno)
        return _broken(artifact, text, limits, place, f"is no valid JSON ({error.msg.lower()} in line {error.lineno})")
    except RecursionError:
        gap = _gap(Location(path=artifact.path), "is nested too deeply; its text was read without cells")
        return _whole(artifact, text, gap)


def _broken(artifact: Artifact, text: str, limits: Limits, place: Location, reason: str) -> Document:
    """What can be saved of a broken notebook: its cells if it can be mended, and in any case all of its text."""
    whole = _gap(place, f"{reason}; its text was read without cells")
    mended = mend(text)
    if mended:
        try:
            value, shadowing = loads(mended[0])
            document = ipynb.document(artifact, value, Raw(mended[0], text), limits.members, shadowing=shadowing)
        except (ValueError, RecursionError, ipynb.TooManyError):
            return _whole(artifact, text, whole)
        gap = _gap(place, f"{reason}; it was read as if mended")
        rest = (recovered(artifact.path, text, mended[1]),) if mended[1] else ()
        return replace(document, segments=(*document.segments, *rest), gaps=(gap, *document.gaps))
    return _whole(artifact, text, whole)


def _loads(text: str) -> tuple[Any, bool]:
    if _swells(text):
        raise ipynb.TooManyError
    return loads(text)


def _swells(text: str) -> bool:
    """Whether a text would take many times its size in memory when parsed, as `[[],[],[],…` does."""
    if len(text) < _SMALL:
        return False
    if text.count('"') > 4 * _VALUES:
        return True
    bare, strings = _STRING.subn("", text)
    return strings + bare.count(",") > _VALUES or bare.count("{") + bare.count("[") > _VALUES // 4


def _whole(artifact: Artifact, text: str, gap: Gap) -> Document:
    return Document(artifact=artifact, segments=(recovered(artifact.path, text),), gaps=(gap,), language="python")


def _gap(place: Location, reason: str, code: str = "malformed") -> Gap:
    return Gap(location=place, scanner=ipynb.SCANNER, reason=reason, code=code)
