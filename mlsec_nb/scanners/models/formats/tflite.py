"""TFLite: which operators are none of TFLite's own. A small reader of flatbuffers, every offset checked.

Format: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
"""

import struct
from collections.abc import Iterator

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

_OPERATOR_CODES, _CUSTOM_CODE = 1, 1
MAX_CODES = 100_000
_FLEX_HARD = ("PyFunc", "ReadFile", "WriteFile", "MatchingFiles", "EagerPyFunc", "NumpyFunc", "DeleteFile", "CopyFile")
_KNOWN = frozenset({
    "TFLite_Detection_PostProcess", "Convolution2DTransposeBias", "MaxPoolingWithArgmax2D", "MaxUnpooling2D",
    "edgetpu-custom-op", "TransformTensorBilinear", "TransformLandmarks", "Landmarks2TransformMatrix", "ethos-u",
    "Mfcc", "AudioSpectrogram", "SentencepieceTokenizeOp", "RaggedTensorToTensor", "tftext:WhitespaceTokenizer",
    "Resampler",
})  # fmt: skip


def matches(view: View) -> bool:
    return view.head(4, 4) == b"TFL3"


def scan(view: View, context: Context) -> Iterator[Finding | Gap]:
    try:
        names = list(custom_codes(view))
    except (struct.error, IndexError):
        yield context.found("MODEL-BOUNDS", view, "operator codes", "An offset of the file leads outside of it")
        yield context.gap(view, "its tables could not be read", "malformed")
        return
    for name in sorted(set(names)):
        if name.startswith("Flex"):
            hard = name.removeprefix("Flex").startswith(_FLEX_HARD)
            yield context.found(
                "MODEL-CUSTOM-OP",
                view,
                name,
                f"The model runs TensorFlow's operator {name.removeprefix('Flex')}",
                severity=Severity.HIGH if hard else Severity.LOW,
            )
        elif name not in _KNOWN:
            yield context.found(
                "MODEL-CUSTOM-OP",
                view,
                name,
                f"The model needs the operator {name}, native code that comes from elsewhere",
            )


def _u32(view: View, at: int) -> int:
    return int(struct.unpack("<I", view.head(4, at))[0])


def _field(view: View, table: int, index: int) -> int:
    """Where a field of a table stands, 0 when it is not there."""
    (back,) = struct.unpack("<i", view.head(4, table))
    vtable = table - back
    (size,) = struct.unpack("<H", view.head(2, vtable))
    if vtable < 0 or 4 + 2 * index + 2 > size:
        return 0
    (offset,) = struct.unpack("<H", view.head(2, vtable + 4 + 2 * index))
    return table + int(offset) if offset else 0


def custom_codes(view: View) -> Iterator[str]:
    """Names of custom operators; raises `struct.error` for offsets outside of the file."""
    root = _u32(view, 0)
    place = _field(view, root, _OPERATOR_CODES)
    if not place:
        return
    vector = place + _u32(view, place)
    for number in range(min(_u32(view, vector), MAX_CODES)):
        entry = vector + 4 + 4 * number
        table = entry + _u32(view, entry)
        text = _field(view, table, _CUSTOM_CODE)
        if text:
            start = text + _u32(view, text)
            yield view.head(min(_u32(view, start), 4096), start + 4).decode("utf-8", "replace")
