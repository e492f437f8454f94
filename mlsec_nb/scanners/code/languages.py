"""Pattern rules over texts in other languages than Python, comments left out; and over any code."""

import re
from collections.abc import Iterator

from mlsec_nb.core import Segment

from .rules import Catalogue
from .spots import Spot

MAX_MATCHES = 50  # of one pattern in one text
_HASH, _SLASHES = re.compile(r"#[^\n]*"), re.compile(r"/\*.*?\*/|(?<![:'\"])//[^\n]*", re.DOTALL)
_COMMENTS = {
    "r": _HASH, "perl": _HASH, "ruby": _HASH, "julia": re.compile(r"#=.*?=#|#[^\n]*", re.DOTALL),
    "scala": _SLASHES, "java": _SLASHES, "kotlin": _SLASHES, "groovy": _SLASHES, "javascript": _SLASHES,
    "sql": re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL),
    "any-code": re.compile(r"^[ \t]*(?:#|//)[^\n]*", re.MULTILINE),
}  # fmt: skip
_STRING = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"


def code_of(text: str, language: str) -> str:
    """The text with its comments blanked; strings stay."""
    comment = _COMMENTS.get(language)
    if comment is None:
        return text
    both = re.compile(f"({_STRING})|(?:{comment.pattern})", comment.flags)
    return both.sub(lambda match: match[0] if match[1] else re.sub(r"[^\n]", " ", match[0]), text)


def patterns(segment: Segment, language: str, catalogue: Catalogue) -> Iterator[Spot]:
    """Every match of the patterns of a language in a text."""
    text: str | None = None
    for pattern in catalogue.patterns_of(language):
        if not pattern.possible(segment.text):
            continue
        text = code_of(segment.text, language) if text is None else text
        for count, match in enumerate(pattern.pattern.finditer(text)):
            if count == MAX_MATCHES:
                break
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            yield Spot(pattern.rule, segment, start, match.end(), pattern.severity)
