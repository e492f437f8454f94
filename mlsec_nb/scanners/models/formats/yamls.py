"""YAML: tags that construct Python objects, targets of hydra, loaders of MLflow."""

import re
from collections.abc import Iterator

from mlsec_nb.core import Finding, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.knowledge import verdict
from mlsec_nb.scanners.models.view import View

from . import configs, templates

MAX_YAML = 1 << 24
_TAG = re.compile(r"(?:!!python/|tag:yaml\.org,2002:python/|!python/)([\w/]+)(?::([\w.]+))?|!!ruby/\w+")
_ALIAS = re.compile(r"^%TAG\s+(\S+)\s+(tag:yaml\.org,2002:\S*|\S*python\S*)", re.MULTILINE)
_TARGET = re.compile(r"""["']?\b_target_["']?\s*:\s*["']?([\w.]+)""")
_LOADER = re.compile(r"""^\s*["']?loader_module["']?\s*:\s*["']?([\w.]+)""", re.MULTILINE)
_TEMPLATE = re.compile(r"\b(?:chat_)?template\b", re.IGNORECASE)
_DATA = frozenset(
    {"none", "bool", "bytes", "str", "unicode", "int", "long", "float", "complex", "list", "tuple", "dict", "set"}
)
_TRIGGERS = re.compile(rb"python/|%TAG|_target_|loader_module|chat_template")


def matches(view: View) -> bool:
    if view.size > MAX_YAML or view.head(1) in {b"{", b"["}:
        return False
    return b"\0" not in view.head(4096) and _TRIGGERS.search(view.raw()) is not None


def scan(view: View, context: Context) -> Iterator[Finding]:
    text = view.raw().decode("utf-8", "replace")
    for match in _ALIAS.finditer(text):
        yield context.found(
            "MODEL-YAML-TAG",
            view,
            match.group(),
            "A tag of YAML is given another name, which hides what is constructed",
        )
    seen = set()
    for match in _TAG.finditer(text):
        if match.group() not in seen:
            seen.add(match.group())
            yield from _tag(view, context, match)
    for match in _TARGET.finditer(text):
        yield from configs.target(view, context, match.group(1))
    for match in _LOADER.finditer(text):
        yield from configs.loader(view, context, match.group(1))
    if _TEMPLATE.search(text) and ("{{" in text or "{%" in text):
        yield from templates.check(view, context, text, "in the YAML")


def _tag(view: View, context: Context, match: re.Match[str]) -> Iterator[Finding]:
    form, name = match.group(1) or "", match.group(2) or ""
    if form in _DATA:
        return
    module, _, last = name.rpartition(".")
    opinion = verdict(module or "builtins", last, "call" if form in {"object/apply", "object/new"} else "import")
    if form.startswith("object") and opinion.safe:
        return
    yield context.found(
        "MODEL-YAML-TAG",
        view,
        match.group(),
        f"yaml.load would construct {name or form}, which {opinion.why or 'is imported'}",
        severity=opinion.severity or Severity.MEDIUM,
    )
