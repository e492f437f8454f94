"""JSON beside and inside models: keys that make a loader import, download or run something."""

import json
import re
from collections.abc import Iterator
from typing import Any

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.knowledge import Opinion, verdict
from mlsec_nb.scanners.models.view import View

from . import keras_config, templates
from .json_tree import Object, objects, parse, strings

MAX_JSON = 1 << 26
_TRIGGERS = re.compile(
    rb'"(?:auto_map|_target_|chat_template|custom_pipelines?|trust_remote_code|class_name|loader_module|py/\w+|__reduce__|'
    rb'template|_class_name|__loader__|code_file|jinja|prompt)"|\{\{|\{%'
)
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
Item = Finding | Gap | View


def matches(view: View) -> bool:
    head = view.head(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        head[:1] in {b"{", b"["}
        and head[:2] not in {b"{{", b"{%"}
        and view.size <= MAX_JSON
        and view.tail(64).rstrip()[-1:] in {b"}", b"]"}
    )


def scan(view: View, context: Context) -> Iterator[Item]:
    if _TRIGGERS.search(view.raw()) is None:
        return
    try:
        document = parse(view.raw().decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        if not _lines(view):
            yield context.gap(view, "it begins like JSON and is none", "malformed")
        return
    yield from check(view, context, document)


def _lines(view: View) -> bool:
    """JSON lines are data."""
    try:
        json.loads(view.head(1 << 16).partition(b"\n")[0])
    except (ValueError, RecursionError):
        return False
    return True


def check(view: View, context: Context, document: Any) -> Iterator[Item]:
    """What the keys of a parsed document would make a loader do."""
    for node in objects(document):
        yield from keras_config.check(view, context, node)
        for key, value in node:
            if key in _CHECKS:
                yield from _CHECKS[key](view, context, value)
            elif key.startswith("py/"):
                yield from _jsonpickle(view, context, key, value)
            elif isinstance(value, str) and "template" in key:
                yield from templates.check(view, context, value, key)
    if isinstance(document, Object) and document.get("_class_name") is not None:
        yield from _diffusers(view, context, document)


def _auto_map(view: View, context: Context, value: Any) -> Iterator[Finding]:
    for name in strings(value):
        away = "--" in name
        what = "from another repository" if away else "that lies beside the model"
        yield context.found("MODEL-REMOTE-CODE", view, name, f"Loading with trust_remote_code runs {name}, code {what}",
                            severity=Severity.HIGH if away else None)  # fmt: skip


def _trust(view: View, context: Context, value: Any) -> Iterator[Finding]:
    if value is True:
        yield context.found(
            "MODEL-REMOTE-CODE", view, "trust_remote_code", "The file asks for code of others to be trusted"
        )


def _pipelines(view: View, context: Context, value: Any) -> Iterator[Finding]:
    for name in strings(value):
        if DOTTED.match(name) or name.endswith(".py") or "/" in name:
            yield context.found("MODEL-REMOTE-CODE", view, name, f"Loading runs {name} as a pipeline of its own")


def target(view: View, context: Context, value: Any) -> Iterator[Finding]:
    """`_target_` of hydra and NeMo: a dotted name that is called."""
    for name in strings(value):
        opinion = called(name)
        if not opinion.safe:
            yield context.found(
                "MODEL-TARGET",
                view,
                name,
                f"{name} {opinion.why or 'is called'}; it is called when the configuration is instantiated",
                severity=opinion.severity,
            )


def called(name: str) -> Opinion:
    """What is thought of calling a dotted name from a configuration."""
    module, _, last = name.rpartition(".")
    return verdict(module or "__main__", last, "call")


def loader(view: View, context: Context, value: Any) -> Iterator[Finding]:
    """`loader_module` of MLflow: a module whose `_load_pyfunc` is called."""
    for name in strings(value):
        opinion = verdict(name, "Loader")
        if not name.startswith("mlflow.") or not opinion.safe:
            yield context.found("MODEL-TARGET", view, name, f"Loading imports the module {name} and runs its loader",
                                severity=max_severity(opinion.severity))  # fmt: skip


def max_severity(severity: Severity | None) -> Severity:
    return severity if severity is not None and severity.at_least(Severity.MEDIUM) else Severity.MEDIUM


def _template(view: View, context: Context, value: Any) -> Iterator[Finding]:
    for text in strings(value):
        yield from templates.check(view, context, text, "chat_template")


def _jsonpickle(view: View, context: Context, key: str, value: Any) -> Iterator[Finding]:
    names = [name for name in strings(value) if DOTTED.match(name)]
    opinions = [(name, called(name) if key != "py/object" else verdict(*name.rsplit(".", 1))) for name in names]
    bad = [(name, opinion) for name, opinion in opinions if not opinion.safe]
    for name, opinion in bad[:20]:
        yield context.found("MODEL-TARGET", view, f"{key} {name}", f"jsonpickle would make {name}, which {opinion.why}",
                            severity=opinion.severity)  # fmt: skip
    if key in {"py/reduce", "py/repr", "py/function", "py/mod"} and not bad:
        yield context.found("MODEL-TARGET", view, key, f"jsonpickle would follow {key}", severity=Severity.MEDIUM)


_LIBRARIES = frozenset(
    {"diffusers", "transformers", "onnxruntime", "optimum", "stable_diffusion", "optimum.onnxruntime"}
)


def _diffusers(view: View, context: Context, document: Object) -> Iterator[Finding]:
    """model_index.json: each part is a library and a class; any other library is a file that lies beside it."""
    name = document.get("_class_name")
    custom = [name] if isinstance(name, list) else []
    for _, value in document:
        if isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value):
            opinion = verdict(value[0], value[1])
            if value[0] not in _LIBRARIES and (not opinion.safe or "." not in value[0]):
                custom.append(value)
    for value in custom:
        shown = ".".join(str(part) for part in value)
        yield context.found(
            "MODEL-REMOTE-CODE", view, shown, f"The pipeline loads {shown}, code that lies beside the model"
        )


_CHECKS = {
    "auto_map": _auto_map, "trust_remote_code": _trust, "custom_pipelines": _pipelines, "custom_pipeline": _pipelines,
    "_target_": target, "loader_module": loader, "chat_template": _template,
}  # fmt: skip
