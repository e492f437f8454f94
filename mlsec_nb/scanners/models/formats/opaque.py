"""Formats that are known by name only: what stands in them is a Gap, which says so."""

from collections.abc import Iterator

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from .protobuf import BYTES, FIXED32, NotProtobuf, fields

_ARCHIVES = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"MSCF\0\0\0\0": "a Windows cabinet",
    b"hsqs": "a squashfs image",
}
_ENGINES = {
    b"ftrt": "a TensorRT engine", b"ptrt": "a TensorRT engine", b"RKNN": "an RKNN model", b"CPTH": "an RKNN model",
    b"IMOD": "an OM model", b"CNTK": "a CNTK model", b"\x08\x01\x12\x04CNTK": "a CNTK model",
    b"ET12": "an ExecuTorch program",
}  # fmt: skip
# Nothing but numbers: their loaders have no way to import or call.
_DATA = {
    b"CBM1": "CatBoost", b"binf": "XGBoost", b"{L": "XGBoost UBJSON", b"tree\n": "LightGBM",
    b"\x12\x01\0\0\0\0\0\0": "MXNet parameters", b"PAR1": "Parquet", b"ARROW1": "Arrow",
    b"SQLite format 3\0": "SQLite",
}  # fmt: skip


_PIECES = 2  # that are looked at


def _known(view: View, table: dict[bytes, str], at: int = 0) -> str | None:
    head = view.head(16, at)
    return next((name for magic, name in table.items() if head.startswith(magic)), None)


def matches(view: View) -> bool:
    return view.via != "tensor" and (
        any(_known(view, table) is not None for table in (_ARCHIVES, _ENGINES, _DATA))
        or _known(view, _ENGINES, 4) is not None
        or _is_sentencepiece(view)
    )


def _is_sentencepiece(view: View) -> bool:
    """A SentencePiece model: pieces of text with a score each (sentencepiece_model.proto)."""
    if view.head(1) != b"\x0a":
        return False
    try:
        for number, (field, _, piece) in enumerate(fields(view)):
            if field != 1 or not isinstance(piece, View):
                return number > _PIECES
            if [(part, wire) for part, wire, _ in fields(piece)][:2] != [(1, BYTES), (2, FIXED32)]:
                return False
            if number > _PIECES:
                return True
    except NotProtobuf:
        return False
    return False


def scan(view: View, context: Context) -> Iterator[Finding | Gap]:
    archive, engine = _known(view, _ARCHIVES), _known(view, _ENGINES) or _known(view, _ENGINES, 4)
    if archive:
        yield context.found(
            "MODEL-CONTAINER", view, archive, f"The model is packed as {archive}, which no framework reads"
        )
        yield context.gap(view, f"{archive} is not opened", "unsupported")
    elif engine:
        yield context.found(
            "MODEL-OPAQUE",
            view,
            engine,
            f"{engine} holds compiled code and cannot be looked into",
            severity=Severity.LOW,
        )
        yield context.gap(view, f"{engine} is not opened", "unsupported")
    else:
        context.facts.setdefault("kind", _known(view, _DATA) or "SentencePiece")
