"""Text of strangers, made safe to look at."""

import re

# What moves a cursor, hides, reorders or breaks a line, or cannot be encoded: C0 and C1 controls, soft hyphen, bidi
# and zero-width marks, line and paragraph separators, interlinear anchors, tags, lone surrogates, noncharacters.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if code < 0x100:
        return _NAMED.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str) -> str:
    r"""One line in which nothing is hidden: what is invisible stands as its escape (`\x1b`, `\u202e`)."""
    return _UNSEEN.sub(_escape, text)


def prose(text: str) -> str:
    """Sentences as one visible line; the white space of their source is folded."""
    return visible(re.sub(r"[ \t\r\n]+", " ", text).strip(" "))


def first_sentence(text: str) -> str:
    """The first sentence of a paragraph, for where there is room for one line."""
    return re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0]


def plural(count: int, noun: str) -> str:
    """A count with its noun ("1 finding", "2 findings")."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
