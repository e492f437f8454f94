"""What is known about names and calls: data in TOML beside this file, and the opinion that follows from it.

The same file gets the same verdict everywhere: nothing that is installed is imported or read. Names are allowed by what
is done with them and with which arguments; what stands nowhere is unknown, and unknown is never safe.
"""

from .names import Opinion, verdict

__all__ = ["Opinion", "verdict"]
