"""TensorFlow graphs (SavedModel, frozen graphs, MetaGraph): operators that touch files, processes or Python.

Format: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_model.proto
"""

import re
from collections.abc import Iterator

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from .protobuf import looks_right, parts, text

_SAVED = {1: 0, 2: 2}  # schema version, meta graphs
_META = {1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2}
_GRAPH = {1: 2, 2: 2, 3: 0, 4: 2, 5: 2}
MAX_NODES = 5_000_000
_HARD = {
    "PyFunc": "calls Python", "PyFuncStateless": "calls Python", "EagerPyFunc": "calls Python",
    "NumpyFunc": "calls Python", "WriteFile": "writes a file", "ReadFile": "reads a file",
    "MatchingFiles": "lists files", "CopyFile": "copies a file", "DeleteFile": "deletes a file",
    "MoveFile": "moves a file", "WriteAudioSummary": "writes a file", "DebugIdentityV2": "writes a file",
    "DebugIdentityV3": "writes a file", "DebugIdentity": "sends data away", "TPUCompile": "compiles code",
    "LoadLibrary": "loads native code", "RpcCall": "calls another machine", "TryRpc": "calls another machine",
    "Rpc": "calls another machine", "LookupTableExportV2File": "writes a file", "ShellCommand": "starts a program",
    "BigQueryReader": "reads from the network", "DecodePickle": "unpickles",
}  # fmt: skip
_SOFT = {
    "TextLineReader": "reads files", "TextLineReaderV2": "reads files", "WholeFileReader": "reads files",
    "WholeFileReaderV2": "reads files", "TFRecordReader": "reads files", "TFRecordReaderV2": "reads files",
    "FixedLengthRecordReader": "reads files", "FixedLengthRecordReaderV2": "reads files",
    "TextLineDataset": "reads files", "TFRecordDataset": "reads files", "FixedLengthRecordDataset": "reads files",
    "SummaryWriter": "writes a file", "CreateSummaryFileWriter": "writes a file",
    "CreateSummaryDbWriter": "writes a file", "CacheDataset": "writes files",
    "PrintV2": "writes to a file or the terminal", "DataServiceDataset": "calls another machine",
    "GeneratorDataset": "calls Python",
}  # fmt: skip
_ABSOLUTE = re.compile(rb"(?:\A|[^\w])(/etc/|/root/|/home/|~/\.ssh|\.\./\.\./|/proc/self|C:\\\\)")


def matches(view: View) -> bool:
    return _root(view) is not None


def _root(view: View) -> tuple[int, ...] | None:
    """The path of field numbers from the root to the graph; None when this is no TensorFlow graph."""
    if view.via == "tensor" or view.head(1) not in {b"\x08", b"\x0a", b"\x12"}:
        return None
    if view.head(1) in {b"\x08", b"\x12"} and looks_right(view, _SAVED, {1, 2}, 8, 1) and _has_nodes(view, 2, 2):
        return (2, 2)
    if looks_right(view, _META, {1, 2}, 16) and _has_nodes(view, 2):
        return (2,)
    return () if looks_right(view, _GRAPH, {1}, 64) and _has_nodes(view) else None


def _has_nodes(view: View, *path: int) -> bool:
    """A node of a graph has a name and an operator that is written as one."""
    for node in parts(view, *path, 1):
        return bool(text(node, 1)) and re.fullmatch(r"[A-Z_]\w*(?:>\w+)*", text(node, 2)) is not None
    return any(True for _ in parts(view, *path, 2, 1, 3))


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    path, count = _root(view) or (), 0
    seen: dict[str, str] = {}
    for node in (*parts(view, *path, 1), *parts(view, *path, 2, 1, 3)):
        count += 1
        if count > MAX_NODES:
            yield context.gap(view, f"only the first {MAX_NODES} nodes were looked at", "too-big")
            break
        operator = text(node, 2)
        if operator in _HARD or operator in _SOFT:
            seen.setdefault(operator, text(node, 1))
    for operator, name in sorted(seen.items()):
        what = _HARD.get(operator) or _SOFT[operator]
        severity = Severity.HIGH if operator in _HARD else Severity.MEDIUM
        yield context.found(
            "MODEL-TF-OP",
            view,
            f"{operator} {name}",
            f"The operator {operator} ({name}) {what} when the graph runs",
            severity=severity,
        )
    yield from _keras(view)
    context.facts["operators"] = str(count)


def _keras(view: View) -> Iterator[View]:
    """The metadata of Keras layers (keras_metadata.pb, object graphs) is JSON inside the protobuf."""
    for at in view.finds(b'{"class_name"', 2000):
        yield view.part(at, view.size, f"{view.name} (Keras metadata at {at})", "keras metadata")
