"""What an archive holds, in words that all formats share."""

from dataclasses import dataclass
from typing import Protocol

from mlsec_nb.core import Content


class Bounds(Protocol):
    """What one archive may cost (`config.Limits`)."""

    @property
    def depth(self) -> int: ...

    @property
    def members(self) -> int: ...

    @property
    def unpacked_bytes(self) -> int: ...

    @property
    def ratio(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside an archive; `name` as it is written there, with forward slashes."""

    name: str
    content: Content


@dataclass(frozen=True, slots=True)
class Refused:
    """Something inside an archive that is not given, and why, in the words of a gap."""

    name: str
    reason: str
    code: str
