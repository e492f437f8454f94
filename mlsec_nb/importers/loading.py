"""Bytes of a report → `Report`: what it is, what it says, what of it could not be understood."""

import codecs
import json
from typing import Any, Final

from mlsec_nb.config import DEFAULT_KEY
from mlsec_nb.core import Audited, Report, UsageError

from . import formats, markup
from .told import Told

_DEEP: Final = "is nested too deep to be a report"
REPORT = "report"  # the kind of an artifact that is a report of another tool
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def load(
    data: bytes, path: str, *, key: bytes = DEFAULT_KEY, tool: str | None = None, about: str | None = None
) -> Report:
    """The report of another tool, whose file is `path`, without a verdict; raises `UsageError` for what is none.

    With `tool` it is known whose output this is, so that an empty list, or no line at all, can mean that it has found
    nothing. `about` is what it looked at: the place of what says no place.
    """
    value, broken = parsed(data, path)
    try:
        if isinstance(value, dict) and not any(formats.of(value)) and any(formats.of([value])):
            value = [value]  # a report in lines that has only one
        chosen = tool or next(formats.of(value), None)
        told = Told(chosen or "report", about or path, key)
        if (value == [] and tool in {None, *formats.EMPTY_LIST}) or (value == "" and tool in formats.NO_LINES):
            if not tool:
                told.missed("the list is empty, and does not say which tool found nothing (name it: TOOL:FILE)")
        elif chosen is None or (tool and not formats.reader(tool).is_mine(value)):
            raise UsageError(f"{path}: {_unknown(tool)}")
        else:
            formats.reader(chosen).read(value, told)
    except RecursionError as error:
        raise UsageError(f"{path}: {_DEEP}") from error
    if broken:
        lines = f"{broken} line{'s'[: broken > 1]}"
        told.missed(f"{lines} that should be JSON {'is' if broken == 1 else 'are'} none", code="malformed")
    told.close()
    return Report(
        findings=tuple(told.findings), gaps=tuple(told.gaps), components=tuple(told.components),
        artifacts=(Audited(path, REPORT, len(data)),), targets=tuple(dict.fromkeys(told.targets)) or (path,),
        rules={one.finding.rule.id: one.finding.rule for one in told.findings},
    )  # fmt: skip


def _unknown(tool: str | None) -> str:
    if tool:
        return f"is no report of {tool}"
    return f"is none of the reports that can be read: mlsec's own, {', '.join(sorted(formats.FORMATS))}"


def parsed(data: bytes, path: str) -> tuple[Any, int]:
    """The value in a file: JSON, lines of JSON (as a list, and how many lines are broken), XML, or the text itself."""
    text = _text(data, path)
    if text.lstrip()[:1] == "<":
        return markup.parsed(text.lstrip(), path), 0
    if text.lstrip()[:1] not in ("{", "["):
        return text.strip() and text, 0
    try:
        return json.loads(text), 0
    except RecursionError as error:
        raise UsageError(f"{path}: {_DEEP}") from error
    except ValueError:
        return _lines(text, path)


def _lines(text: str, path: str) -> tuple[Any, int]:
    """Lines of JSON, some of which may be cut or be something else: then the first must still be whole."""
    rows: list[Any] = []
    broken = 0
    for line in text.split("\n"):  # no other end of a line: a text may hold one
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError):
            broken += 1
            if not rows:
                break
    if not rows or not isinstance(rows[0], dict) or len(rows) <= broken:
        raise UsageError(f"{path}: is not JSON, or only a part of it")
    return rows, broken


def _text(data: bytes, path: str) -> str:
    mark, encoding = next((one for one in _MARKS if data.startswith(one[0])), (b"", "utf-8"))
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is no text ({encoding})") from error
