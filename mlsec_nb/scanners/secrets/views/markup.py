"""HTML, SVG and XML: their text without the tags, and their attributes without the entities."""

import html
import re
from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import Segment
from mlsec_nb.scanners.patterns import Joined

from .rewriting import Piece, assemble, first_in_each, rewrite

_ENTITY: Final = re.compile(r"&(?:#\d{1,6}|#[xX][0-9A-Fa-f]{1,5}|[A-Za-z]{2,8});")
_TAG: Final = re.compile(r"<!--|<(/?)([A-Za-z][A-Za-z0-9]{0,20})(?:\s[^<>]{0,4000})?/?>")
_SPLIT_TOKEN: Final = re.compile(
    r"<(?<=[^\s<>]<)(?:/?(?:b|i|u|em|strong|span|mark|font|wbr|code|a|small|tspan|text|sub|sup|del|ins|s|kbd)\b)"
    r"[^<>]{0,200}>"
)
_TABLE: Final = re.compile(r"</?(?:td|th|tr|dd|dt|li|p|div|label|br|input|key|string)\b", re.IGNORECASE)
_INLINE: Final = frozenset(
    ["a", "abbr", "b", "bdi", "cite", "code", "data", "del", "em", "font", "i", "ins", "kbd", "mark", "q", "s", "samp",
     "small", "span", "strong", "sub", "sup", "time", "tspan", "tt", "u", "var", "wbr"]
)  # fmt: skip
_CELL: Final = frozenset({"td", "th", "dd", "dt", "key", "string", "label"})


def marked_up(joined: Joined) -> Iterator[int]:
    """Which of the texts have tags or entities that change how they read."""
    for sign in (_ENTITY, _SPLIT_TOKEN, _TABLE):
        yield from first_in_each(sign, joined)


def markup_views(segment: Segment) -> Iterator[Segment]:
    """The text of marked-up text, and the whole with its entities decoded."""
    text = segment.text
    if "&" in text and (view := rewrite(segment, _ENTITY, lambda match: html.unescape(match.group()))):
        yield view
        segment, text = view, view.text
    if "<" in text and (_SPLIT_TOKEN.search(text) or _TABLE.search(text)):
        yield _text_of(segment)


def _text_of(segment: Segment) -> Segment:
    """Inline tags are nothing, cells of a table stand behind the names of their columns, all other tags end a line."""
    text = segment.text
    pieces: list[Piece] = []
    table = _Table()
    done = 0
    for tag in _TAG.finditer(text):
        if tag.start() < done:
            continue
        if tag.start() > done:
            piece = text[done : tag.start()]
            pieces.append((piece, done))
            table.read(piece)
        done = tag.end()
        name = (tag[2] or "").lower()
        if name in _INLINE:
            continue
        closes = bool(tag[1])
        if name in _CELL or name == "tr":
            pieces.append((table.tag(name, closes=closes), tag.start()))
        else:
            pieces.append(("\n", tag.start()))
    pieces.append((text[done:], done))
    return assemble(segment, pieces, "text")


class _Table:
    """The names of the columns of the table that is being read."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._row: list[str] = []
        self._cell = ""
        self._heading = True

    def read(self, text: str) -> None:
        self._cell += text

    def tag(self, name: str, *, closes: bool) -> str:
        if name == "tr":
            if closes and self._heading and any(self._row):
                self._names = self._row
            if not closes:
                self._row = []
                self._heading = True
            return "\n"
        if closes:
            self._row.append(self._cell.strip()[:80])
            return " \t "
        self._cell = ""
        if name == "td":
            self._heading = False
        index = len(self._row)
        head = self._names[index] if name == "td" and index < len(self._names) else ""
        return f"\n{head}: " if head and re.fullmatch(r"[\w.\-]+(?: [\w.\-]+){0,2}", head) else " "
