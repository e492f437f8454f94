"""Core ML: layers and whole models whose code is a class of the app that loads them.

Format: https://github.com/apple/coremltools/blob/main/mlmodel/format/Model.proto
"""

from collections.abc import Iterator

from mlsec_nb.core import Finding
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from .protobuf import NotProtobuf, fields, parts, text

_KINDS = range(200, 3001)  # field numbers of the kinds of model
_CUSTOM_MODEL, _CUSTOM_LAYER = 555, 500
_NETWORKS = (303, 403, 500)
MAX_FIELDS = 64


def matches(view: View) -> bool:
    """A specification version, a description, and one field of a kind of model."""
    if view.head(1) != b"\x08" or view.via == "tensor":
        return False
    seen = set()
    try:
        for number, _ in zip((number for number, _, _ in fields(view)), range(MAX_FIELDS), strict=False):
            seen.add(number)
    except NotProtobuf:
        return False
    return {1, 2} <= seen <= {1, 2, 10, *_KINDS} and any(number in _KINDS for number in seen)


def scan(view: View, context: Context) -> Iterator[Finding]:
    names = {text(model, 10) for model in parts(view, _CUSTOM_MODEL)}
    for network in _NETWORKS:
        names |= {text(layer, 10) for layer in parts(view, network, 1, _CUSTOM_LAYER)}
    for name in sorted(names):
        shown = name or "a class without a name"
        yield context.found("MODEL-CUSTOM-OP", view, shown, f"The model needs {shown}, code of the app that loads it")
