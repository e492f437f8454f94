"""Notebooks whose JSON does not parse: what stands in them is read all the same."""

import re

from mlsec_nb.core import Segment

from .plain import whole

# An escape, or the seam between two lines of a text as notebooks write it: "…\n",⏎    "…
_PIECE = re.compile(
    r'(?P<seam>\\n",[ \t]*\r?\n[ \t]*")|\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})'
    r'|u(?P<hex>[0-9a-fA-F]{4})|(?P<one>["\\/bfnrt]))'
)  # fmt: skip
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def recovered(path: str, text: str) -> Segment:
    """The whole file with the escapes of JSON strings decoded and their lines joined, wherever strings begin or end."""
    base = whole(path, text, None)
    parts: list[str] = []
    starts, offsets = [0], [0]
    done = length = 0
    for match in _PIECE.finditer(text):
        plain, decoded = text[done : match.start()], _decoded(match)
        parts += (plain, decoded)
        length += len(plain)
        starts += (length, length + len(decoded))
        offsets += (match.start(), match.end())
        length += len(decoded)
        done = match.end()
    parts.append(text[done:])
    return base.view("".join(parts), starts, offsets)


def _decoded(match: re.Match[str]) -> str:
    if match["seam"]:
        return "\n"
    if match["high"]:
        return chr(0x10000 + ((int(match["high"], 16) - 0xD800) << 10) + int(match["low"], 16) - 0xDC00)
    if match["hex"]:
        return chr(int(match["hex"], 16))
    return _LETTERS.get(match["one"], match["one"])
