"""Terminal control codes: what a reader of an output does not see."""

import re

# ECMA-48: CSI sequences, two-character escapes and choices of a character set go; of operating system commands (OSC,
# used for links) only the introducer goes, since the address inside is text, and its end keeps it apart from what
# follows. The 8-bit forms are left alone: no front end takes them for codes, and mojibake is full of them.
CODES = re.compile(
    r"""
    \x1b\[[0-?]*[ -/]*[@-~]    # CSI: colours, cursor
    |\x1b\](?:\d*;)?           # OSC
    |\x1b[()*+\-./][0-9A-Za-z] # character sets
    |\x1b(?=\\)               # the end of an OSC
    |\x1b[ -~]                 # the rest
    """,
    re.VERBOSE,
)
