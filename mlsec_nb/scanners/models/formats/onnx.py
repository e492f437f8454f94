"""ONNX: operators of unknown domains, tensors kept in other files, functions.

Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from collections.abc import Iterator
from math import prod

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from .protobuf import NotProtobuf, fields, looks_right, parts, text, varint
from .zips import escapes

# ModelProto: ir_version, producer, version, domain, model_version, doc, graph, opset, metadata, training, functions, …
_MODEL = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
_GRAPH, _OPSETS, _METADATA, _FUNCTIONS = 7, 8, 14, 25
_NODE, _INITIALIZER, _SPARSE, _ATTRIBUTE = 1, 5, 15, 5
MAX_NODES = 2_000_000
MAX_DEPTH = 32
_TYPES = {
    1: ("F32", 4), 2: ("U8", 1), 3: ("I8", 1), 4: ("U16", 2), 5: ("I16", 2), 6: ("I32", 4), 7: ("I64", 8),
    8: ("text", 0), 9: ("BOOL", 1), 10: ("F16", 2), 11: ("F64", 8), 12: ("U32", 4), 13: ("U64", 8), 16: ("BF16", 2),
}  # fmt: skip
KNOWN_DOMAINS = frozenset({
    "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "ai.onnx.preview", "com.microsoft",
    "com.microsoft.nchwc", "com.microsoft.experimental", "com.ms.internal.nhwc", "com.microsoft.dml",
    "org.pytorch.aten", "ai.onnx.contrib", "pkg.onnxscript.torch_lib", "pkg.onnxscript.torch_lib.common",
    "pkg.torch",
})  # fmt: skip


def matches(view: View) -> bool:
    if view.head(1) != b"\x08" or view.via == "tensor":
        return False
    return looks_right(view, _MODEL, {1}) and next(parts(view, _GRAPH), None) is not None


def scan(view: View, context: Context) -> Iterator[Finding | Gap]:
    own = {text(function, 8) or text(function, 10) for function in parts(view, _FUNCTIONS)}
    domains: set[str] = set()
    for graph in parts(view, _GRAPH):
        yield from _graph(view, context, graph, domains)
    for function in parts(view, _FUNCTIONS):
        for node in parts(function, 7):
            domains.add(text(node, 7))
    for domain in sorted(domains - KNOWN_DOMAINS - own):
        if not domain.startswith(("pkg.", "ai.onnx", "com.microsoft", "aten", "prim", "torch", "org.pytorch")):
            yield context.found("MODEL-CUSTOM-OP", view, domain, f"The model needs operators of the domain {domain}")
    try:
        for number, _, value in fields(view):
            if number == _METADATA and isinstance(value, View) and text(value, 1) in {"license", "author"}:
                context.facts.setdefault(text(value, 1), text(value, 2)[:100])
    except NotProtobuf as error:
        yield context.gap(view, f"the protobuf breaks: {error}", "malformed")


def _graph(view: View, context: Context, graph: View, domains: set[str]) -> Iterator[Finding | Gap]:
    """Nodes and tensors of a graph and of the graphs in its attributes."""
    todo, count = [(graph, 0)], 0
    while todo:
        graph, depth = todo.pop()
        if depth > MAX_DEPTH or count > MAX_NODES:
            yield context.gap(view, "graphs nested too deeply or with too many nodes", "too-big")
            return
        for tensor in parts(graph, _INITIALIZER):
            _row(context, tensor)
            yield from _tensor(view, context, tensor)
        for sparse in parts(graph, _SPARSE):
            for tensor in (*parts(sparse, 1), *parts(sparse, 2)):
                yield from _tensor(view, context, tensor)
        for node in parts(graph, _NODE):
            count += 1
            domains.add(text(node, 7))
            if text(node, 4) in {"PyOp", "PyCustomOp", "PyFunc", "PythonOp"}:
                yield context.found(
                    "MODEL-CUSTOM-OP",
                    view,
                    text(node, 4),
                    f"The operator {text(node, 4)} runs Python code",
                    severity=Severity.HIGH,
                )
            for attribute in parts(node, _ATTRIBUTE):
                for tensor in (*parts(attribute, 5), *parts(attribute, 10)):
                    yield from _tensor(view, context, tensor)
                todo += [(inner, depth + 1) for inner in (*parts(attribute, 6), *parts(attribute, 11))]


def _row(context: Context, tensor: View) -> None:
    """A tensor in the table; broken ones are left to those who read their bytes."""
    shape, kind = [], 0
    try:
        for number, _, value in fields(tensor):
            if number == 1 and isinstance(value, int):
                shape.append(value)
            elif number == 1 and isinstance(value, View):
                at = value.start
                while at < value.end and len(shape) < MAX_DEPTH:
                    size, at = varint(value.data, at, value.end)
                    shape.append(size)
            elif number == 2 and isinstance(value, int):
                kind = value
    except NotProtobuf:
        return
    dtype, width = _TYPES.get(kind, (f"type {kind}", 0))
    context.tensors.add(text(tensor, 8), dtype, shape, prod(shape) * width)


def _tensor(view: View, context: Context, tensor: View) -> Iterator[Finding]:
    """A tensor whose bytes are in another file: where that is."""
    for entry in parts(tensor, 13):
        key, value = text(entry, 1), text(entry, 2)
        if key == "location" and (escapes(value) or "://" in value):
            yield context.found(
                "MODEL-EXTERNAL-FILE", view, value, f"A tensor is read from {value}, outside of the model's folder"
            )
        elif key not in {"location", "offset", "length", "checksum", "basepath", "prepacked_0"} and not key.startswith(
            "prepacked"
        ):
            yield context.found("MODEL-EXTERNAL-FILE", view, key, f"A tensor sets {key} on its reader (CVE-2026-34447)")
