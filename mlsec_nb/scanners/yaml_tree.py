"""YAML and JSON → trees with places, from the parser's events alone: nothing is constructed, no tag is obeyed."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from mlsec_nb.core import CannotScan

from .tree import HOLE, UNKNOWN, Node, Scalar

MAX_TEXT: Final = 16 << 20  # characters
MAX_NODES: Final = 1_000_000
MAX_DEPTH: Final = 200
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ESCAPE = re.compile(
    r"\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})(?:\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2}))?|u(?P<half>[dD][c-fC-F]..)|.)"
)
_INTEGER = re.compile(r"[-+]?\d{1,18}")
_FLOAT = re.compile(r"[-+]?\d+\.\d*(?:[eE][-+]?\d+)?")
_WORDS: Final[dict[str, Scalar]] = {
    "": None, "~": None, "null": None, "true": True, "yes": True, "on": True, "false": False, "no": False, "off": False,
}  # fmt: skip


def documents(text: str) -> list[Node]:
    """The documents of a YAML (or JSON) text; raises `CannotScan`."""
    if len(text) > MAX_TEXT:
        raise CannotScan(f"has more than {MAX_TEXT >> 20} million characters", "too-big")
    readable = _of_json(text) if text.lstrip()[:1] in ("{", "[") else text
    builder = _Builder(text)
    try:
        for event in yaml.parse(readable, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise CannotScan(f"is no valid YAML{where}", "malformed") from error
    return builder.documents


def _of_json(text: str) -> str:
    """JSON as YAML of the same length: only tabs between tokens and escapes of half a character differ."""
    text = text.replace("\t", " ")
    return _ESCAPE.sub(_whole, text) if "\\ud" in text.lower() else text


def _whole(match: re.Match[str]) -> str:
    """Two halves as one character, with two spaces for the length; a half alone as the character for what is broken."""
    high, low = match["high"], match["low"]
    if high and low:
        return f"\\U{0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF):08x}  "
    return "\\ufffd" if high or match["half"] else match[0]


def without_holes(text: str) -> str:
    """A template (Helm, Jinja) of the same length whose holes are values that are not known, as far as that goes."""
    text = re.sub(r"\{\{-?\s*/\*.{0,5000}?\*/\s*-?\}\}", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.DOTALL)
    lines = []
    for line in text.split("\n"):
        bare = re.sub(r"\{\{.{0,1000}?\}\}|\{%.{0,1000}?%\}", lambda m: HOLE * len(m[0]), line)
        lines.append(bare if bare.replace(HOLE, "").strip(" \t-") else " " * len(line))
    return "\n".join(lines)


@dataclass(slots=True)
class _Open:
    node: Node
    key: Node | None = None
    anchor: str | None = None
    known: bool = True


@dataclass
class _Builder:
    """Puts events together, without recursion; an alias is the very node that it names."""

    text: str
    documents: list[Node] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    count: int = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            is_key = bool(self.open) and isinstance(self.open[-1].node.value, dict) and self.open[-1].key is None
            # `on:` of a workflow is a boolean to YAML 1.1; as a key it is what is written.
            self._add(_raw(event) if is_key else _scalar(event, self.text), event.anchor)
        elif kind == "AliasEvent":
            known = self.anchors.get(event.anchor)
            self._add(known or Node(event.start_mark.index, event.end_mark.index, None), None)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            value: Any = {} if kind == "MappingStartEvent" else []
            node = Node(event.start_mark.index, event.end_mark.index, value, block=not event.flow_style)
            self.open.append(_Open(node, anchor=event.anchor, known=_is_plain(event.tag)))
            if len(self.open) > MAX_DEPTH:
                raise CannotScan(f"is nested more than {MAX_DEPTH} levels deep", "too-big")
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            done = self.open.pop()
            done.node.end = max(event.end_mark.index if not done.node.block else _last(done.node), done.node.start)
            if not done.known:  # `!If [...]`, `!Join [...]`
                done.node.value = UNKNOWN
            self._add(done.node, done.anchor)

    def _add(self, node: Node, anchor: str | None) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            raise CannotScan(f"has more than {MAX_NODES:,} values", "too-big")
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.documents.append(node)
            return
        parent = self.open[-1]
        if isinstance(parent.node.value, list):
            parent.node.value.append(node)
        elif parent.key is None:
            parent.key = node
        else:
            _put(parent.node, parent.key, node)
            parent.key = None


def _put(mapping: Node, key: Node, node: Node) -> None:
    entries = mapping.mapping
    if key.text == "<<":
        for merged in node.items:
            for name, value in merged.mapping.items():
                entries.setdefault(name, value)
                mapping.keys.setdefault(name, (key.start, key.end))
        return
    entries[key.text] = node
    mapping.keys[key.text] = (key.start, key.end)


def _last(node: Node) -> int:
    value = node.value
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return max((child.end for child in children[-1:]), default=node.end)


def _is_plain(tag: str | None) -> bool:
    return not tag or tag.startswith("tag:yaml.org")


def _raw(event: Any) -> Node:
    return Node(event.start_mark.index, event.end_mark.index, str(event.value))


def _scalar(event: Any, source: str) -> Node:
    start, end = event.start_mark.index, event.end_mark.index
    text: str = event.value
    if HOLE in text:
        return Node(start, end, UNKNOWN)
    if not _is_plain(event.tag):
        # `!Ref x`, `!Sub x`, `!reference`: what it stands for is not in this text.
        return Node(
            start, end, UNKNOWN if event.tag != "!Sub" else text.replace("${", HOLE + "{"), raw=source[start:end]
        )
    plain = event.style is None or event.style == ""
    value = _resolved(text) if plain and not event.tag else text
    return Node(start, end, value, raw=source[start:end] if isinstance(value, str) else "")


def _resolved(text: str) -> Scalar:
    if len(text) <= 5 and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text) and not (text.lstrip("+-").startswith("0") and len(text) > 1):
        return int(text)
    return float(text) if len(text) < 40 and _FLOAT.fullmatch(text) else text
