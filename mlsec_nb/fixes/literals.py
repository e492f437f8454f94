"""The Python string that holds exactly what was found, and what the program calls it."""

import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mlsec_nb.core import Location

_OPEN = re.compile(r"(?P<prefix>[rRbBuU]{0,2})(?P<quote>'''|\"\"\"|'|\")")
_SPACE = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})


@dataclass(frozen=True, slots=True)
class Literal:
    """A whole string literal as offsets of its text; `name` is what it is assigned to."""

    start: int
    end: int
    is_bytes: bool
    name: str | None


def literal_at(text: str, place: Location) -> Literal | None:
    """The literal whose content is exactly the place; None when there is more in it, or none at all."""
    tokens = _tokens(text)
    for index, token in enumerate(tokens):
        if token.type != tokenize.STRING or token.start[0] != token.end[0] or token.start[0] != place.line:
            continue
        opened = _OPEN.match(token.string)
        if opened is None:
            continue
        inner = token.start[1] + opened.end() + 1
        if (inner, token.end[1] - len(opened["quote"]) + 1) != (place.column, place.end_column):
            continue
        if _concatenated(tokens, index) or _sets_the_environment(tokens, index):
            return None
        begin = sum(len(line) + 1 for line in text.split("\n")[: token.start[0] - 1])
        is_bytes = "b" in opened["prefix"].lower()
        return Literal(begin + token.start[1], begin + token.end[1], is_bytes, _name(tokens, index))
    return None


@lru_cache(maxsize=4)  # a text with many findings is read once
def _tokens(text: str) -> tuple[tokenize.TokenInfo, ...]:
    """The tokens up to where Python ends and a shell line or a magic begins to confuse it; without blank ones."""
    found: list[tokenize.TokenInfo] = []
    masked = "\n".join("#" + line[1:] if line.lstrip()[:1] in ("%", "!") else line for line in text.split("\n"))
    try:
        tokens = tokenize.generate_tokens(io.StringIO(masked).readline)
        found.extend(token for token in tokens if token.type not in _SPACE)  # what came before an error stays
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return tuple(found)


def _concatenated(tokens: Sequence[tokenize.TokenInfo], index: int) -> bool:
    """Beside another string: together they are one value, and neither can be replaced alone."""
    return any(tokens[i].type == tokenize.STRING for i in (index - 1, index + 1) if 0 <= i < len(tokens))


def _sets_the_environment(tokens: Sequence[tokenize.TokenInfo], index: int) -> bool:
    """`os.environ["X"] = "…"`: to read it from there would be to read what it sets."""
    before = "".join(token.string for token in tokens[max(0, index - 8) : index])
    return bool(re.search(r"environ(\[[^\]]*\]=|\.setdefault\([^,)]*,)\Z", before)) or before.endswith("putenv(")


def _name(tokens: Sequence[tokenize.TokenInfo], index: int) -> str | None:
    """The variable, keyword or key that the string belongs to."""
    if index < 2 or tokens[index - 1].string not in ("=", ":", ":="):
        return None
    owner = tokens[index - 2]
    if tokens[index - 1].string == "=" and index >= 4 and tokens[index - 3].string == ":":
        owner = tokens[index - 4]  # name: str = "…"
    if owner.type == tokenize.NAME:
        return owner.string
    if owner.string == "]" and index >= 4:  # config["key"] = "…"
        owner = tokens[index - 3]
    return owner.string.strip("rRbBuU").strip("'\"") if owner.type == tokenize.STRING else None
