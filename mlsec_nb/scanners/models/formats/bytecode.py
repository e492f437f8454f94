"""Compiled Python files (.pyc) inside models: what their code imports and calls.

Format: https://docs.python.org/3/library/importlib.html (a magic that ends in CR LF, flags, then marshalled code)
"""

from collections.abc import Iterator

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.code.marshalled import NotMarshalled, read
from mlsec_nb.scanners.models.code.tracing import traced
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from .python_code import MAX_SOURCE, effect_of

_BEHIND_HEADER = (16, 12, 8)  # since 3.7, since 3.3, before


def matches(view: View) -> bool:
    named = view.name.endswith((".pyc", ".pyo")) and view.depth > 0 and view.via != "tensor"
    return named and view.head(4)[2:] == b"\r\n" and view.size <= MAX_SOURCE


def scan(view: View, context: Context) -> Iterator[Finding | Gap]:
    for header in _BEHIND_HEADER:
        try:
            told = traced(read(view.head(view.size, header)))
        except NotMarshalled:
            continue
        hard = next((name for name, _ in told.calls if effect_of(name)), None)
        hard = hard or next((name for name in (*told.uses, *told.imports) if effect_of(name)), None)
        if hard is not None:
            words = told.words()
            yield context.found(
                "MODEL-PYTHON-CODE", view, words, f"Compiled code in the model {words}", severity=Severity.HIGH
            )
        return
    yield context.gap(view, "compiled Python code of an unknown version", "unsupported")
