"""What was not looked at, and why."""

from dataclasses import dataclass

from .location import Location

NO_ADVISORIES = (
    "no-advisories"  # packages that no local advisory could tell anything of; allowed unless configured otherwise
)
SKIPPED = "skipped"  # left out because the user or a documented default said so; allowed unless configured otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What was not looked at, and why; never the same as clean.

    `code` is one of: skipped, too-big, unreadable, encrypted, malformed, unsupported, tool-missing, offline, stale,
    timeout, failed, no-advisories.
    """

    location: Location
    scanner: str
    reason: str
    code: str = "unreadable"
