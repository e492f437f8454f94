"""The configuration of a Keras model: which classes and functions loading would look up and call.

Source: https://github.com/keras-team/keras/blob/master/keras/src/saving/serialization_lib.py
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from mlsec_nb.core import Finding, Severity
from mlsec_nb.scanners.models.code.marshalled import NotMarshalled, read
from mlsec_nb.scanners.models.code.tracing import traced
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.knowledge import verdict
from mlsec_nb.scanners.models.view import View

from .json_tree import Object, get

_VOCABULARIES = frozenset({"StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup", "Hashing"})
_TEXT = re.compile(rb"[\x20-\x7e]{3,}")
_PLAIN = frozenset({"builtins", "keras", "tensorflow", "tf_keras", "numpy"})
_BUILTIN_FORMS = frozenset(
    {"function", "dict", "list", "tuple", "slice", "int", "float", "str", "bool", "bytes", "NoneType", "set"}
)


def check(view: View, context: Context, node: Object) -> Iterator[Finding | View]:
    """Findings in one object of the configuration, if it describes a class."""
    name = node.get("class_name")
    if not isinstance(name, str):
        return
    config, module = node.get("config"), node.get("module")
    if name == "__lambda__":
        yield from _lambda(view, context, config)
    elif name == "Lambda":
        yield from _lambda_layer(view, context, config)
    elif "TorchModuleWrapper" in name:
        yield from _torch_module(view, context, config)
    elif name in _VOCABULARIES:
        yield from _vocabulary(view, context, name, config)
    if isinstance(module, str):
        yield from _looked_up(view, context, module, name, config)
    shown = node.get("registered_name")
    if isinstance(shown, str) and shown not in {name, "function"} and not _own(shown):
        yield context.found(
            "MODEL-KERAS-CUSTOM", view, shown, f"Loading needs the custom object {shown}", severity=Severity.LOW
        )


def _own(name: str) -> bool:
    return name.partition(">")[0] in {
        "keras",
        "Keras",
        "TF",
        "keras_nlp",
        "keras_hub",
        "keras_cv",
    }


def _code(config: Any) -> bytes:
    """Marshalled code from the places where Keras has kept it."""
    value = (get(config, "value") or get(config, "code")) if isinstance(config, Object) else config
    first = value[0] if isinstance(value, list) and value and isinstance(value[0], str) else value
    if not isinstance(first, str):
        return b""
    try:
        return base64.b64decode(first, validate=False)
    except (binascii.Error, ValueError):
        return first.encode("latin-1", "replace")


def _lambda(view: View, context: Context, config: Any) -> Iterator[Finding]:
    words = _what(_code(config))
    yield context.found(
        "MODEL-KERAS-LAMBDA", view, f"lambda: {words}", f"Python bytecode in the model is run; it {words}"
    )


def _what(raw: bytes) -> str:
    """What marshalled code does, or at least which words are in it."""
    try:
        return traced(read(raw)).words() or "calls nothing"
    except NotMarshalled:
        words = sorted({text.decode() for text in _TEXT.findall(raw)})
        return "uses " + (", ".join(word for word in words if word.isidentifier())[:300] or "nothing named")


def _lambda_layer(view: View, context: Context, config: Any) -> Iterator[Finding]:
    function = get(config, "function")
    if isinstance(function, list) and not isinstance(function, Object):  # Keras 2: [code, defaults, closure]
        yield from _lambda(view, context, function)
    elif isinstance(function, str) and not function.isidentifier():
        yield context.found(
            "MODEL-KERAS-LAMBDA", view, function, f"A Lambda layer holds program text: {function[:200]}"
        )
    elif isinstance(function, str):
        yield context.found(
            "MODEL-KERAS-CUSTOM",
            view,
            function,
            f"A Lambda layer calls the function {function} of the program that loads it",
        )


def _torch_module(view: View, context: Context, config: Any) -> Iterator[Finding | View]:
    yield context.found(
        "MODEL-KERAS-LAMBDA",
        view,
        "TorchModuleWrapper",
        "A layer holds a pickled torch module, which loading unpickles",
    )
    data = _code(get(config, "module"))
    if data:
        yield view.member("TorchModuleWrapper", data, 0, len(data), "torch.load")


def _vocabulary(view: View, context: Context, name: str, config: Any) -> Iterator[Finding]:
    path = get(config, "vocabulary")
    if isinstance(path, str):
        yield context.found(
            "MODEL-EXTERNAL-FILE", view, path, f"{name} reads its vocabulary from {path} while the model is loaded"
        )


def _looked_up(view: View, context: Context, module: str, name: str, config: Any) -> Iterator[Finding]:
    """A module and a name in it: a class is constructed, a function is handed on to be called."""
    if module == "builtins" and name in _BUILTIN_FORMS:
        if name != "function" or not isinstance(config, str):
            return
        opinion = verdict(module, config)
        shown = f"{module}.{config}"
    elif name == "function" and isinstance(config, str):
        opinion, shown = verdict(module, config), f"{module}.{config}"
    else:
        opinion, shown = verdict(module, name, "call"), f"{module}.{name}"
    if name == "function" and module == "builtins" and opinion.effect == "stdlib":
        yield context.found(
            "MODEL-KERAS-CUSTOM", view, shown, f"Loading needs the function {config} of the program that loads it"
        )
    elif not opinion.safe:
        yield context.found(
            "MODEL-KERAS-MODULE",
            view,
            shown,
            f"Loading looks up {shown}, which {opinion.why}",
            severity=opinion.severity,
        )
