"""How bad and how sure: two ordered scales, never mixed."""

from enum import StrEnum
from typing import Self


class _Grade(StrEnum):
    """A scale whose members are written from the lowest to the highest."""

    @property
    def rank(self) -> int:
        return list(type(self)).index(self)

    def at_least(self, other: Self) -> bool:
        return self.rank >= other.rank


class Severity(_Grade):
    """How bad it is when it is true."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Confidence(_Grade):
    """How sure we are that it is true."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
