"""Edits that mend a finding: the smallest difference, written whole or not at all, and taken back to the same byte.

One implementation for `mlsec fix`, the magics and the panel. A fix is an `Edit` that the scanner made with the finding;
this room applies it to the bytes of the file through the notebook editor, which changes nothing but the characters
that have to change. A secret without a fix of its own is redacted where it stands.

What it must never do: write a file that does not parse any more when it did before, touch a file that has changed
since it was scanned, or keep a copy of a secret anywhere but in the user's own state folder, readable by the user
alone, for `--undo`.
"""

from .applying import REDACTED, Mended, mend, redaction
from .revoking import steps
from .undoing import remember, undo

__all__ = ["REDACTED", "Mended", "mend", "redaction", "remember", "steps", "undo"]
