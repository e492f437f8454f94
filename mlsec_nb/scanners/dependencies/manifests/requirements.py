"""requirements.txt and constraints.txt: https://pip.pypa.io/en/stable/reference/requirements-file-format/.

The explicit lists of conda (`@EXPLICIT`) have the same name by habit and are read as such.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from mlsec_nb.scanners.dependencies.facts import CONDA, Dependency, Fact, Include, Remark, Unread
from mlsec_nb.scanners.dependencies.options import EDITABLE, FILES, INDEXES, source
from mlsec_nb.scanners.dependencies.requirement import parse

_LINE = re.compile(r"(?:\\\r?\n|[^\n])+")
_COMMENT = re.compile(r"(?:^|(?<=\s))#(?:[^\n\\]|\\(?!\r?\n))*")
_OPTION = re.compile(
    r"(?P<option>--?[A-Za-z][\w-]*)(?:[ \t]*=[ \t]*|[ \t]+|(?=[^\s\w-]))?(?P<value>\"[^\"]*\"|'[^']*'|\S*)"
)
_HASH = re.compile(r"--hash[ =][a-z0-9]+:[0-9a-fA-F]+")
_TAIL = re.compile(r"[ \t\\\r\n]+--(?:hash|config-settings?|global-option|install-option)\b")
_CONDA_URL = re.compile(
    r"(?m)^[ \t]*(?P<url>https?://\S*?/(?P<name>[\w.-]+?)-(?P<version>[\w.!+]+)-(?P<build>\w+)\.(?:conda|tar\.bz2))(?P<hash>#\S+)?"
)


def read(text: str) -> Iterator[Fact]:
    if re.search(r"(?m)^@EXPLICIT\b", text):
        yield from explicit(text)
        return
    for line in _LINE.finditer(text):
        body = _COMMENT.sub(lambda found: " " * len(found.group()), line.group())
        stripped = body.strip(" \t\r\n\\")
        if stripped:
            start = line.start() + body.index(stripped)
            yield from _line(stripped, start)


def _line(line: str, start: int) -> Iterator[Fact]:
    if line.startswith("-"):
        yield from _option(line, start)
        return
    tail = _TAIL.search(line)
    wanted = (line[: tail.start()] if tail else line).rstrip(" \t\\\r\n")
    is_hashed = bool(_HASH.search(line))
    facts = parse(wanted, start)
    if not facts:
        yield Unread((start, start + len(line)), "a line that is no requirement")
    for fact in facts:
        # A hash belongs to one version: a fix that changes the version would have to know the new one's.
        yield replace(fact, is_hashed=True, pin=None) if isinstance(fact, Dependency) and is_hashed else fact


def _option(line: str, start: int) -> Iterator[Fact]:
    found = _OPTION.match(line)
    if not found:
        return
    option, value = found["option"], found["value"].strip("'\"")
    if option not in {*INDEXES, *EDITABLE, *FILES} and not option.startswith("--") and len(option) > 2:
        option, value = option[:2], option[2:] + value
    span = (start, start + found.end("value"))
    if option in INDEXES:
        yield from source(option, value, span, dynamic="${" in value)
    elif option in FILES and "://" not in value:
        yield Include(span, value)
    elif option in EDITABLE:
        yield from parse(value, start + line.index(value, len(option)), editable=True)


def explicit(text: str) -> Iterator[Fact]:
    """A list of addresses that `conda list --explicit` wrote."""
    for found in _CONDA_URL.finditer(text):
        yield Dependency(ecosystem=CONDA, name=found["name"], version=found["version"], is_locked=True,
                         span=found.span("url"), is_hashed=bool(found["hash"]))  # fmt: skip
        if found["url"].startswith("http://"):
            yield Remark("DEP-PLAIN-HTTP", found.span("url"), found["name"])
