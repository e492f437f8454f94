"""What the text of data holds that harms whoever opens it: formulas, pickles in base64, callbacks."""

import base64
import binascii
import pickletools
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from mlsec_nb.core import Document, Evidence, Finding, Segment
from mlsec_nb.scanners.patterns import Matcher, load

from .rules import NAME, catalogue

MOST = 20  # findings of one rule in one window; a column of formulas is one story
# The base64 of a protocol mark of pickle (0x80 0x02 … 0x05) and what follows it.
_PICKLE = re.compile(r"(?<![A-Za-z0-9+/_-])gA[JMQRSTUVWN][A-Za-z0-9+/]{20,200000}={0,2}")


@cache
def matcher() -> Matcher:
    return Matcher(load(files(__package__).joinpath("content.toml")))


def harmful(document: Document, key: bytes) -> Iterator[Finding]:
    """Every harmful value in the text of a document."""
    for segment in document.segments:
        told: dict[str, int] = {}
        for match in matcher().find(segment.text):
            rule = match.pattern.rule
            told[rule.id] = told.get(rule.id, 0) + 1
            if told[rule.id] <= MOST:
                yield _finding(segment, rule.id, match.start, match.end, key)
        yield from _pickles(segment, key)


def _pickles(segment: Segment, key: bytes) -> Iterator[Finding]:
    if "gA" not in segment.text:
        return
    for number, match in enumerate(found for found in _PICKLE.finditer(segment.text) if _is_pickle(found[0])):
        if number < MOST:
            rule = catalogue()["DATA-PICKLE-TEXT"]
            shown = Evidence.fact(f"a pickle in base64, {len(match[0])} characters", key)
            yield Finding(rule=rule, scanner=NAME, location=segment.at(*match.span()), evidence=shown)


def _is_pickle(text: str) -> bool:
    """Whether opcodes stand behind each other to the end; nothing is loaded."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4))
        return any(opcode.name == "STOP" for opcode, _, _ in pickletools.genops(data))
    except (ValueError, binascii.Error, OverflowError, MemoryError):
        return False


def _finding(segment: Segment, rule: str, start: int, end: int, key: bytes) -> Finding:
    end = min(end, start + 80)
    shown = Evidence.excerpt(segment.text[start:end], key)
    return Finding(rule=catalogue()[rule], scanner=NAME, location=segment.at(start, end), evidence=shown)
