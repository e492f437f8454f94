"""How a report is told; a format ignores what does not concern it."""

from dataclasses import dataclass

from .stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The caller's wishes. It is the caller who knows whether there is a terminal, and what NO_COLOR says.

    `width` is in columns. `links` makes file names clickable (OSC 8). `verbose` also lists what is known and
    suppressed, with the reasons. `stages` are the gates whose report it is. `loading` tells step by
    step what loading each model would do.
    """

    color: bool = False
    width: int = 100
    links: bool = False
    verbose: bool = False
    stages: tuple[Stage, ...] = ()
    loading: bool = False
