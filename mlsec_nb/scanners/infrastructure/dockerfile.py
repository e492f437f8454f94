"""Dockerfiles → instructions and stages, with places.

Format: https://docs.docker.com/reference/dockerfile/ (continuations, escape directive, heredocs, `ONBUILD`, flags).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mlsec_nb.core import CannotScan
from mlsec_nb.scanners.tree import Node
from mlsec_nb.scanners.yaml_tree import documents

_INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)(?=[ \t\\\r\n]|\Z)")
_HEREDOC = re.compile(r"<<-?[ \t]*([\"']?)([A-Za-z_]\w*)\1")
_FLAG = re.compile(r"[ \t]*--([a-z-]+)(?:=(\S*))?(?=\s|\Z)")
_ESCAPE = re.compile(r"#[ \t]*escape[ \t]*=[ \t]*(\S)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?([-+])([^}]{0,200}))?\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its name in capitals, its flags, and its text without continuations, place for place."""

    name: str
    text: str
    start: int
    end: int
    body: int  # where `text` begins
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> list[Node] | None:
        """The argument list of the JSON form, or None."""
        if not self.text.lstrip().startswith("["):
            return None
        try:
            (root,) = documents(self.text)
        except (CannotScan, ValueError):
            return None
        if not isinstance(root.value, list):
            return None
        return [Node(node.start + self.body, node.end + self.body, node.text) for node in root.value]


@dataclass(slots=True)
class Stage:
    """One `FROM` and what follows it; `image` has its `ARG`s put in, as far as they have defaults."""

    origin: Instruction
    image: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions in order; what is none is passed over, as a comment is."""
    first = _ESCAPE.match(text)
    escape = first[1] if first else "\\"
    at = 0
    while at < len(text):
        end = _line_end(text, at)
        match = _INSTRUCTION.match(text, at, end)
        if not match:
            at = end + 1
            continue
        end = _whole(text, at, escape)
        yield _made(text, match, end, escape)
        at = end + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _whole(text: str, at: int, escape: str) -> int:
    """The end of an instruction: continued lines, comments and blank lines between them, heredocs."""
    end = _line_end(text, at)
    waiting = [match[2] for match in _HEREDOC.finditer(text, at, end)]
    going = text[at:end].rstrip().endswith(escape)
    while end < len(text) and (going or waiting):
        start, end = end + 1, _line_end(text, end + 1)
        line = text[start:end].strip()
        if waiting and not going:
            if line == waiting[0]:
                waiting.pop(0)
        elif not line or line.startswith("#"):
            continue
        else:
            waiting += [match[2] for match in _HEREDOC.finditer(text, start, end)]
            going = line.endswith(escape)
    return end


def _made(text: str, match: re.Match[str], end: int, escape: str) -> Instruction:
    body = match.end()
    raw = text[body:end]
    name = match[1].upper()
    if not _HEREDOC.search(raw.partition("\n")[0]):
        raw = re.sub(r"(?m)^[ \t]*#.*$", lambda m: " " * len(m[0]), raw)
        raw = re.sub(re.escape(escape) + r"[ \t]*\r?(?=\n)", lambda m: " " * len(m[0]), raw).replace("\n", " ")
    flags: dict[str, str] = {}
    while flag := _FLAG.match(raw):
        flags[flag[1]] = flag[2] or ""
        body, raw = body + flag.end(), raw[flag.end() :]
    if name == "ONBUILD" and (inner := _INSTRUCTION.match(text, body, end)):
        return _made(text, inner, end, escape)
    stripped = raw.lstrip()
    return Instruction(name, stripped.rstrip(), match.start(1), end, body + len(raw) - len(stripped), flags)


def stages(found: list[Instruction]) -> list[Stage]:
    """The stages; what stands before the first `FROM` is in none."""
    values: dict[str, str] = {}
    made: list[Stage] = []
    for item in found:
        if item.name == "ARG" and not made:
            name, has, value = item.text.partition("=")
            if has:
                values[name.strip()] = value.strip().strip("\"'")
        if item.name == "FROM":
            words = item.text.split()
            named = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
            made.append(Stage(item, expanded(words[0] if words else "", values), named.lower()))
        elif made:
            made[-1].instructions.append(item)
    return made


def expanded(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables put in; those that are not known stay as they are written."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[4]
        if name in values:
            return values[name]
        return match[3] if match[2] == "-" else match[0]

    return _VARIABLE.sub(value, text)
