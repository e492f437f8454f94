"""Findings and the bytes of their file → the bytes with the findings mended."""

import ast
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mlsec_nb.core import CannotRead, Document, Edit, Finding, Fix, Kind
from mlsec_nb.notebooks.edit import CannotEdit, Editor, locate

from .redacting import REDACTED, redaction


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of one file: its new bytes, the findings that were mended, and those that were not, with why.

    `shown` is `before` with every secret masked, for people to compare with `after`.
    """

    path: str
    before: bytes
    after: bytes
    shown: bytes
    done: tuple[Finding, ...] = ()
    left: tuple[tuple[Finding, str], ...] = ()


def mend(path: str, data: bytes, kind: Kind, findings: Sequence[Finding], *, keep_length: bool = False) -> Mended:
    """The file with the first fix of every finding applied; a fix that would break what parses is left out.

    `keep_length` redacts with as many characters as the secret has, for files in fixed columns.
    """
    fixable = [(finding, fix) for finding in findings if (fix := next(iter(finding.fixes), None) or redaction(finding))]
    left = [(f, "there is no fix that can be applied by itself") for f in findings if not f.fixes and not redaction(f)]
    done: list[Finding] = []
    after = data
    try:
        after = _all(path, data, kind, [fix for _, fix in fixable], keep_length=keep_length)
        done = [finding for finding, _ in fixable]
    except (CannotEdit, CannotRead):
        # One place that cannot be edited must not cost the others their fix.
        applied: list[Fix] = []
        for finding, fix in fixable:
            try:
                after = _all(path, data, kind, [*applied, fix], keep_length=keep_length)
            except (CannotEdit, CannotRead) as error:
                left.append((finding, str(error)))
            else:
                applied.append(fix)
                done.append(finding)
    return Mended(path, data, after, _shown(path, data, kind, findings), tuple(done), tuple(left))


def _shown(path: str, data: bytes, kind: Kind, findings: Iterable[Finding]) -> bytes:
    editor = Editor(data, path, kind)
    for finding in findings:
        if redaction(finding):
            with suppress(CannotEdit):
                editor.replace(finding.location, finding.evidence.shown)
    return editor.data


def _all(path: str, data: bytes, kind: Kind, chosen: Iterable[Fix], *, keep_length: bool) -> bytes:
    editor = Editor(data, path, kind)
    cleared = {edit.location.cell for fix in chosen if fix.action == "clear-output" for edit in fix.edits}
    for cell in sorted(number for number in cleared if number is not None):
        editor.clear_outputs(cell)
    inserted: set[Edit] = set()
    for fix in chosen:
        for edit in fix.edits if fix.action != "clear-output" else ():
            if edit in inserted:
                continue  # several fixes want the same import
            if (edit.location.line, edit.location.column) == (edit.location.end_line, edit.location.end_column):
                inserted.add(edit)
            if edit.location.cell in cleared and (edit.location.part or "").startswith("output"):
                continue  # what stood there is gone already
            if fix.action == "comment":
                _comment(editor, edit)
            else:
                editor.replace(edit.location, _text(fix, edit, keep_length=keep_length))
    after = editor.data
    _still_parses(path, editor.document, after, kind)
    return after


def _comment(editor: Editor, edit: Edit) -> None:
    """Puts the replacement at the end of the line where the edit's place ends."""
    segment, _, end = locate(editor.document, edit.location)
    stop = segment.text.find("\n", end)
    stop = stop if stop >= 0 else len(segment.text)
    editor.replace_in(segment, stop, stop, edit.replacement)


def _text(fix: Fix, edit: Edit, *, keep_length: bool) -> str:
    place = edit.location
    if fix.action == "redact" and keep_length and place.line == place.end_line:
        return "*" * ((place.end_column or 0) - (place.column or 0))
    return edit.replacement or (REDACTED if fix.action == "redact" else "")


def _still_parses(path: str, before: Document, after: bytes, kind: Kind) -> None:
    """Raises `CannotEdit` when the file, or a cell that was Python, was readable before and is not after."""
    again = Editor(after, path, kind).document
    if path.endswith((".ipynb", ".json")) and not before.gaps:
        try:
            json.loads(after)
        except ValueError:
            raise CannotEdit(f"{path}: the fix would break the JSON") from None
    for old, new in zip(before.segments, again.segments, strict=False):
        if old.language == "python" and old.part == new.part and _is_python(old.text) and not _is_python(new.text):
            raise CannotEdit(f"{new.place}: the fix would break the code")


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
