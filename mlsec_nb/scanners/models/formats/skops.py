"""skops: a zip whose schema.json names the class and the loader of every node.

Source: https://github.com/skops-dev/skops/tree/main/skops/io
"""

from collections.abc import Iterator
from typing import Any

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.knowledge import Opinion, verdict
from mlsec_nb.scanners.models.view import View

from .json_tree import Object, get, objects, parse

MAX_SCHEMA = 1 << 26
_OPERATORS = frozenset({"attrgetter", "itemgetter", "methodcaller"})
_DATA_LOADERS = frozenset({
    "DictNode", "ListNode", "TupleNode", "SetNode", "JsonNode", "NdArrayNode", "SparseMatrixNode", "BytesNode",
    "BytearrayNode", "SliceNode", "MaskedArrayNode", "RandomStateNode", "RandomGeneratorNode", "DefaultDictNode",
    "DatetimeTimedeltaNode", "OrderedDictNode", "CachedNode",
})  # fmt: skip


def matches(view: View) -> bool:
    return view.name.endswith("schema.json") and view.size <= MAX_SCHEMA and view.find(b'"__loader__"') >= 0


def scan(view: View, context: Context) -> Iterator[Finding | Gap]:
    try:
        document = parse(view.raw().decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        yield context.gap(view, "schema.json is no JSON", "malformed")
        return
    told = set()
    for node in objects(document):
        for shown, opinion in _node(node):
            if not opinion.safe and shown not in told:
                told.add(shown)
                yield context.found("MODEL-SKOPS", view, shown, f"{shown} {opinion.why}", severity=opinion.severity)


def _node(node: Object) -> Iterator[tuple[str, Opinion]]:
    loader, module, name = (node.get(key) for key in ("__loader__", "__module__", "__class__"))
    if not (isinstance(loader, str) and isinstance(module, str) and isinstance(name, str)):
        return
    content = node.get("content")
    shown = f"{module}.{name} ({loader})"
    if loader == "OperatorFuncNode":
        if module not in {"operator", "_operator"} or name not in _OPERATORS:
            yield (
                shown,
                Opinion(Severity.CRITICAL, "code", "is called by a loader that is only for getters (CVE-2025-54412)"),
            )
        else:
            yield shown, Opinion(Severity.MEDIUM, "compose", "makes a callable that reaches for an attribute")
    elif loader == "MethodNode":
        yield shown, _method(content, verdict(module, name))
    elif loader in {"FunctionNode", "TypeNode", "PartialNode"}:
        path, function = get(content, "module_path") or module, get(content, "function") or name
        yield f"{path}.{function} ({loader})", verdict(str(path), str(function))
    elif loader in _DATA_LOADERS and module in {"builtins", "numpy", "scipy.sparse", "collections", "datetime"}:
        return
    else:
        yield shown, verdict(module, name)


def _method(content: Any, opinion: Opinion) -> Opinion:
    """A bound method: any attribute of any object can be named (CVE-2025-54413)."""
    function = get(content, "func")
    if isinstance(function, str) and function.startswith("__"):
        return Opinion(Severity.HIGH, "introspection", f"is reached into for {function} (CVE-2025-54413)")
    return (
        opinion
        if opinion.dangerous
        else Opinion(Severity.MEDIUM, "compose", f"is reached into for {function} (CVE-2025-54413)")
    )
