"""XML models (PMML, OpenVINO): entities and schemas from elsewhere, custom libraries. Nothing is parsed or fetched.

Format: https://www.w3.org/TR/xml/#sec-entity-decl
"""

import re
from collections.abc import Iterator

from mlsec_nb.core import Finding, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

MAX_XML = 1 << 26
_KINDS = re.compile(rb"<PMML\b|<net\b[^>]*\bversion=|<\?xml")
_ENTITY = re.compile(rb"<!ENTITY\s+(?:%\s+)?[^\s>]+\s+(?:(SYSTEM|PUBLIC)\b[^>]*|[^>]*)>", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE\s[^>\[]*?(?:SYSTEM|PUBLIC)\s[^>\[]*", re.IGNORECASE)
_SCRIPT = re.compile(
    rb"<(?:\w+:)?script\b|<\?php|javascript:|(?:\bexec|\beval|Runtime\.getRuntime)\s*\(", re.IGNORECASE
)
_INCLUDE = re.compile(rb"<(?:\w+:)?include\s[^>]*href=", re.IGNORECASE)
_LIBRARY = re.compile(
    rb"""(?:library|extension|path|location|kernel)\s*=\s*["']([^"']*\.(?:so|dll|dylib|cl)(?:\.\d+)*|(?:\.\./|/etc/|~/)[^"']*)["']"""
)


def matches(view: View) -> bool:
    head = view.head(2048).lstrip(b"\xef\xbb\xbf \t\r\n")
    return head[:1] == b"<" and _KINDS.match(head) is not None and view.size <= MAX_XML


def scan(view: View, context: Context) -> Iterator[Finding]:
    raw = view.raw()
    checks = (
        (_ENTITY, "declares an entity", Severity.HIGH), (_DOCTYPE, "reads a definition from elsewhere",
        Severity.MEDIUM), (_INCLUDE, "includes another file", Severity.HIGH), (_SCRIPT,
        "holds what looks like a script", Severity.MEDIUM), (_LIBRARY, "names a library or a file outside",
        Severity.HIGH),
    )  # fmt: skip
    for pattern, what, severity in checks:
        if match := pattern.search(raw):
            shown = match.group().decode("utf-8", "replace")[:200]
            yield context.found("MODEL-XML", view, shown, f"The XML {what}: {shown}", severity=severity,
                                offset=match.start())  # fmt: skip
