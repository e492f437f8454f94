"""Calls that can still be read in a run of text that is not Python as a whole."""

import ast
import re
import warnings
from collections.abc import Iterator

from .parsing import Broken
from .source import Source

MAX_CALLS = 200  # of one broken run
MAX_LENGTH = 2000  # characters of one call
_CALL = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:[ \t]*\.[ \t]*\w+)*[ \t]*\(")
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import|import)[ \t]+[\w.*][\w ,.*]*$", re.MULTILINE)


def salvage(source: Source, broken: Broken) -> Iterator[ast.stmt]:
    """The imports and calls of a broken run that parse by themselves, at their true places."""
    text = source.python
    for found in _IMPORT.finditer(text, broken.start, broken.end):
        yield from _statements(source, found.start() + len(found[0]) - len(found[0].lstrip()), found.end())
    position, count = broken.start, 0
    while count < MAX_CALLS and (call := _CALL.search(text, position, broken.end)) is not None:
        count += 1
        position = call.end()
        end = _closing(text, call.end(), min(broken.end, call.end() + MAX_LENGTH))
        if end is not None and (statements := list(_statements(source, call.start(), end))):
            yield from statements
            position = end


def _closing(text: str, start: int, stop: int) -> int | None:
    """The end of a call whose bracket was opened before `start`."""
    depth = 1
    for position in range(start, min(stop, len(text))):
        if text[position] in "([{":
            depth += 1
        elif text[position] in ")]}":
            depth -= 1
            if depth == 0:
                return position + 1
    return None


def _statements(source: Source, start: int, end: int) -> Iterator[ast.stmt]:
    text = source.python
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text[start:end]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    line = text.count("\n", 0, start)
    column = len(text[text.rfind("\n", 0, start) + 1 : start].encode("utf-8", "replace")) - source.margin
    for statement in body:
        for node in ast.walk(statement):
            if not hasattr(node, "lineno"):
                continue
            for row, place in (("lineno", "col_offset"), ("end_lineno", "end_col_offset")):
                if getattr(node, row) == 1:
                    setattr(node, place, getattr(node, place) + column)
                setattr(node, row, getattr(node, row) + line)
        yield statement
