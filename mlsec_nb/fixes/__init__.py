"""Edits that mend a finding: the smallest difference, written whole or not at all, and taken back to the same byte.

One implementation for `mlsec fix`, the magics and the panel. What a scanner knows best (`weights_only=True`, a pinned
version) it proposes itself. What follows from where a finding stands is proposed here (`mended`), for all scanners
alike: a secret in a string of Python moves to the environment, to the keyring or to a prompt; what stands in an output
is redacted or cleared. `mend` applies fixes to the bytes of the file through the notebook editor, which changes nothing
but the characters that have to change.

What it must never do: run or import anything that was scanned, propose an edit that it could not place exactly (no fix
is better than a wrong one), put a secret into an edit or a title, write a file that does not parse any more when it did
before, touch a file that has changed since it was scanned, or keep a copy of a secret anywhere but in the user's own
state folder, readable by the user alone, for `--undo`.
"""

from .applying import Mended, mend
from .pinning import Asks, pinned
from .proposals import mended
from .redacting import REDACTED, redaction
from .revoking import steps
from .undoing import remember, undo

__all__ = ["REDACTED", "Asks", "Mended", "mend", "mended", "pinned", "redaction", "remember", "steps", "undo"]
