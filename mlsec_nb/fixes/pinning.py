"""What is taken under a name that can change, pinned to what the name means today.

The names are asked for by whoever calls (`Asks`): this room has no network.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from mlsec_nb.core import CannotRead, Document, Edit, Finding, Fix, Location, Segment

from .places import segment_of

IMAGES = frozenset({"IAC-IMAGE-TAG"})
ACTIONS = frozenset({"IAC-ACTIONS-TAG", "IAC-ACTIONS-BRANCH"})
HUBS = frozenset({"CODE-HUB-UNPINNED"})
_IMAGE = re.compile(r"[\w][\w./:-]*")
_ACTION = re.compile(r"(?P<repository>\w[\w.-]*/\w[\w.-]*)(?P<path>(?:/[\w.-]+)*)@(?P<name>[\w./-]+)")
_NAME = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)?")
_NAMES = ("path", "repo_id", "pretrained_model_name_or_path", "model", "name")


class Asks(Protocol):
    """Who knows what a name means today; each raises `CannotRead` where it cannot tell."""

    def digest(self, image: str) -> str:
        """`sha256:…` of an image as it is written in a file."""
        ...

    def commit(self, repository: str, name: str) -> str:
        """The commit of a tag or branch of an action's repository, `owner/name`."""
        ...

    def revision(self, kind: str, name: str) -> str:
        """The newest commit of a repository of the hub; `kind` is "models" or "datasets"."""
        ...


Left = list[tuple[Finding, str]]


def pinned(document: Document, findings: Sequence[Finding], asks: Asks) -> tuple[list[Finding], Left]:
    """The findings of names that can change, each with a fix that pins it; and those that cannot be, with why."""
    done: list[Finding] = []
    left: Left = []
    for finding in findings:
        segment = segment_of(document, finding.location) if finding.rule.id in IMAGES | ACTIONS | HUBS else None
        if segment is None:
            continue
        try:
            fix = _fix(segment, finding, asks)
        except CannotRead as error:
            left.append((finding, str(error)))
            continue
        if fix is None:
            left.append((finding, "what it names is not written there as a plain text"))
        else:
            done.append(replace(finding, fixes=(fix, *finding.fixes)))
    return done, left


def _fix(segment: Segment, finding: Finding, asks: Asks) -> Fix | None:
    start, end = _span(segment.text, finding.location)
    if finding.rule.id in HUBS:
        return _hub(segment, start, end, asks)
    quote = segment.text[start] if segment.text[start : start + 1] in {"'", '"'} else ""
    inner = (start + len(quote), end - len(quote))
    text = segment.text[inner[0] : inner[1]]
    if finding.rule.id in IMAGES:
        return _image(segment, inner, text, asks)
    return _action(segment, inner, text, asks, is_plain=not quote)


def _span(text: str, place: Location) -> tuple[int, int]:
    """The place as offsets of its segment's text."""
    lines = text.split("\n")
    before = [0]
    for line in lines:
        before.append(before[-1] + len(line) + 1)
    return (
        before[(place.line or 1) - 1] + (place.column or 1) - 1,
        before[(place.end_line or 1) - 1] + (place.end_column or 1) - 1,
    )


def _image(segment: Segment, span: tuple[int, int], text: str, asks: Asks) -> Fix | None:
    if not _IMAGE.fullmatch(text):
        return None
    digest = asks.digest(text)
    return Fix(title=f"Pin the image ({digest[:19]}…)", edits=(Edit(segment.at(*span), f"{text}@{digest}"),))


def _action(segment: Segment, span: tuple[int, int], text: str, asks: Asks, *, is_plain: bool) -> Fix | None:
    """The commit, and in a comment what it was called, which is what tools that raise pins go by."""
    found = _ACTION.fullmatch(text)
    if found is None:
        return None
    commit = asks.commit(found["repository"], found["name"])
    end = segment.text.find("\n", span[1])
    is_last = is_plain and not segment.text[span[1] : end if end >= 0 else len(segment.text)].strip()
    comment = f" # {found['name']}" if is_last else ""
    replacement = f"{found['repository']}{found['path']}@{commit}{comment}"
    return Fix(title=f"Pin the action ({commit[:12]}…)", edits=(Edit(segment.at(*span), replacement),))


def _hub(segment: Segment, start: int, end: int, asks: Asks) -> Fix | None:
    text = segment.text[start:end]
    call = _call(text)
    named = _named(call) if call else None
    if call is None or named is None or not text.endswith(")"):
        return None
    commit = asks.revision(_kind(call), named)
    before = text[:-1].rstrip()
    if "#" in before.rpartition("\n")[2]:
        return None
    lead = "" if before.endswith("(") else " " if before.endswith(",") else ", "
    at = start + len(before)
    return Fix(
        title=f"Pin the revision ({commit[:12]}…)", edits=(Edit(segment.at(at, at), f'{lead}revision="{commit}"'),)
    )


def _call(text: str) -> ast.Call | None:
    try:
        body = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    is_open = isinstance(body, ast.Call) and not any(word.arg in {None, "revision"} for word in body.keywords)
    return body if is_open and isinstance(body, ast.Call) else None


def _named(call: ast.Call) -> str | None:
    """The repository that the call takes, where it is written out."""
    words = {word.arg: word.value for word in call.keywords}
    value = next((words[name] for name in _NAMES if name in words), None)
    if value is None and call.args and _last_name(call.func) != "pipeline":
        value = call.args[0]
    text = value.value if isinstance(value, ast.Constant) else None
    return text if isinstance(text, str) and _NAME.fullmatch(text) else None


def _kind(call: ast.Call) -> str:
    is_data = any(
        word.arg == "repo_type" and isinstance(word.value, ast.Constant) and word.value.value == "dataset"
        for word in call.keywords
    )
    return "datasets" if is_data or _last_name(call.func) == "load_dataset" else "models"


def _last_name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
