"""Jinja templates in model files (chat templates): what a template may not reach for.

Rendered outside of a sandbox, one of these runs code when the first message is sent (CVE-2024-34359).
"""

import re
from collections.abc import Iterator

from mlsec_nb.core import Finding, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

MAX_TEXT = 1 << 22
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_REACHES = (
    (r"__[a-z][a-z_0-9]*__", "reaches for Python's own machinery", Severity.CRITICAL),
    (r"(?i)\\x5f|\\137|\\u005f|\\N\{", "spells underscores in disguise", Severity.HIGH),
    (r"\|\s*attr\b", "looks up attributes by computed names", Severity.HIGH),
    (
        r"\b(?:cycler|joiner|lipsum|request|self|url_for|get_flashed_messages)\s*[.\[]",
        "reaches into an object of the template engine",
        Severity.HIGH,
    ),
    (
        r"\b(?:popen|system|subprocess|eval|exec|getattr|mro|subclasses|globals|builtins|import_module)\s*[(\[.]",
        "calls what no chat template needs",
        Severity.HIGH,
    ),
    (
        r"\.\s*(?:gi_frame|f_globals|f_builtins|func_globals|cr_frame|ag_frame|tb_frame|gi_code|f_back)\b",
        "walks the interpreter's frames",
        Severity.HIGH,
    ),
    (
        r"(['\"])_+\1\s*(?:[~+*%,|]|\])|[~+]\s*(['\"])_+\2",
        "puts a name together out of underscores",
        Severity.HIGH,
    ),
)
_FILES = re.compile(r"\{%-?\s*(?:include|import|extends|from)\b")
_ENDLESS = re.compile(r"range\s*\(\s*(?:\d{8,}|\d+\s*\*\*)")


def matches(view: View) -> bool:
    named = view.name.endswith((".jinja", ".jinja2", ".j2", ".template", ".tmpl")) or "chat_template" in view.name
    return named and view.size <= MAX_TEXT and re.search(rb"\{[{%]", view.raw()) is not None


def scan(view: View, context: Context) -> Iterator[Finding]:
    yield from check(view, context, view.raw().decode("utf-8", "replace"), view.name)


def check(view: View, context: Context, template: str, where: str) -> Iterator[Finding]:
    """Findings in one template; `where` is what it is called in the file."""
    template = _COMMENT.sub("", template[:MAX_TEXT])
    for pattern, what, severity in _REACHES:
        for tag in _TAG.finditer(template):
            if re.search(pattern, tag.group()):
                shown = " ".join(tag.group().split())[:200]
                yield context.found(
                    "MODEL-TEMPLATE", view, shown, f"The template {where} {what}: {shown}", severity=severity
                )
                break
    if match := _FILES.search(template):
        yield context.found(
            "MODEL-TEMPLATE", view, match.group(), f"The template {where} pulls in another file", severity=Severity.HIGH
        )
    if match := _ENDLESS.search(template):
        yield context.found(
            "MODEL-TEMPLATE",
            view,
            match.group(),
            f"The template {where} counts without an end in sight",
            severity=Severity.MEDIUM,
        )
