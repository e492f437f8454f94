"""From an artifact to its document; the shape is chosen by kind, name and content."""

from mlsec_nb.config import Limits
from mlsec_nb.core import Artifact, Document, Gap, Kind, Location
from mlsec_nb.io.files import Memory

from . import encoding, ipynb, languages
from .broken import recovered
from .plain import text_document
from .positions import Raw, loads


def read(artifact: Artifact, limits: Limits = Limits()) -> Document:  # noqa: B008 - frozen
    """The document of an artifact; a binary one has no segments. Raises `CannotRead` for bytes that cannot be had."""
    if not artifact.is_text:
        return Document(artifact=artifact)
    text, _, _ = encoding.decode(artifact.content.read(limits.text_bytes))
    if artifact.kind is Kind.NOTEBOOK and (text.lstrip()[:1] == "{" or not languages.of_path(artifact.path)):
        return _notebook(artifact, text)
    return text_document(artifact, text)


def read_bytes(data: bytes, path: str, kind: Kind = Kind.NOTEBOOK, limits: Limits = Limits()) -> Document:  # noqa: B008
    """The document of bytes that are in memory already."""
    return read(Artifact(path, kind, Memory(data)), limits)


def _notebook(artifact: Artifact, text: str) -> Document:
    if not text.strip():  # Jupyter cannot open it, and there is nothing in it
        return Document(artifact=artifact)
    try:
        value, shadowing = loads(text)
        return ipynb.document(artifact, value, Raw(text), shadowing=shadowing)
    except ValueError as error:
        reason = f"is no valid JSON ({error}); its text was read without cells"
    except RecursionError:
        reason = "is nested too deeply; its text was read without cells"
    gap = Gap(location=Location(path=artifact.path), scanner=ipynb.SCANNER, reason=reason, code="malformed")
    return Document(artifact=artifact, segments=(recovered(artifact.path, text),), gaps=(gap,), language="python")
