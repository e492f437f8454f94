"""The fixes that follow from where a finding stands."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mlsec_nb.core import Document, Edit, Finding, Fix, Part, Segment

from .literals import Literal, literal_at
from .names import name_of
from .places import Import, import_for, segment_of
from .redacting import RULES, redaction


def mended(document: Document, findings: Sequence[Finding]) -> list[Finding]:
    """The findings, each with its own fixes and then those that follow from its place."""
    return [_mended(document, finding) for finding in findings]


def _mended(document: Document, finding: Finding) -> Finding:
    more = tuple(_proposed(document, finding))
    return replace(finding, fixes=finding.fixes + more) if more else finding


def _proposed(document: Document, finding: Finding) -> Iterator[Fix]:
    part = finding.location.part or ""
    is_secret = finding.rule.id.startswith(RULES) and finding.location.column is not None
    if part.startswith("output "):
        # A traceback is shown with its colours, which are no part of the text that was scanned.
        if part.split(" ")[2:3] != ["traceback"]:
            yield from _redaction(finding)
        yield Fix(title="Clear the outputs of this cell", action="clear-output", edits=(Edit(finding.location, ""),))
    elif is_secret:
        yield from _in_source(document, finding)


def _redaction(finding: Finding) -> Iterator[Fix]:
    if fix := redaction(finding):
        yield fix


def _in_source(document: Document, finding: Finding) -> Iterator[Fix]:
    segment = segment_of(document, finding.location)
    if segment is None:
        return
    if segment.part is Part.CODE and segment.language in ("python", "ipython", None):
        literal = literal_at(segment.text, finding.location)
        if literal is not None:
            yield from _elsewhere(document, finding, segment, literal)
    if segment.part in (Part.CODE, Part.MARKDOWN, Part.RAW, Part.TEXT):
        yield from _redaction(finding)


def _elsewhere(document: Document, finding: Finding, segment: Segment, literal: Literal) -> Iterator[Fix]:
    """The string becomes an expression that gets the same value from where secrets belong."""
    name = name_of(literal.name, finding.rule.id)
    choices = (
        (f"Read it from the environment ({name})", "os", f'os.environ["{name}"]'),
        (f"Read it from the keyring ({name})", "keyring", f'keyring.get_password("notebook", "{name}")'),
        (f"Ask for it when the cell runs ({name})", "getpass", f'getpass.getpass("{name}: ")'),
    )
    has_own = any(edit.replacement.startswith("os.environ[") for fix in finding.fixes for edit in fix.edits)
    for title, module, expression in choices[1 if has_own else 0 :]:
        text = f"{expression}.encode()" if literal.is_bytes else expression
        edits = [Edit(segment.at(literal.start, literal.end), text)]
        found: Import | None = import_for(document, finding.location, module)
        if found is not None:
            edits.insert(0, Edit(found.location, found.text))
        yield Fix(title=title, edits=tuple(edits))
