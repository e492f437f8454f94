"""Terminal control codes: what a reader of an output does not see."""

import re

# ECMA-48: CSI sequences, two-character escapes and charset choices go; of operating system commands (OSC, used for
# links) only the frame goes, since the address inside is text.
CODES = re.compile(
    r"""
    (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]              # CSI: colours, cursor
    |(?:\x1b\]|\x9d)\d*;(?:[^;\x07\x1b]*;)?       # OSC: introducer, number, parameters of a link
    |\x1b[()*+\-./][0-9A-Za-z]                    # character sets
    |\x1b[ -~]                                    # the rest, the end of an OSC (ESC \) among them
    |\x07|\x9c
    """,
    re.VERBOSE,
)


def has_codes(text: str) -> bool:
    return "\x1b" in text or "\x9b" in text or "\x9d" in text
