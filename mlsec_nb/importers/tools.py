"""The tools that can be run beside our own scanners, and how: `tools.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from mlsec_nb.core import UsageError

_TARGETS = ("targets",)


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way in which a tool looks at something; `tools.toml` says what each field means."""

    argv: Sequence[str]
    looks: Sequence[str] = _TARGETS
    names: Sequence[str] = ("*",)
    each: bool = False
    found: Sequence[int] = (0,)
    nothing: Sequence[int] = ()
    scanners: Sequence[str] = ()
    network: bool = False
    offline: Sequence[str] = ()
    relative: bool = False
    own: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_offline: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A program, how one gets it, and the ways to call it."""

    name: str
    install: str
    ways: tuple[Way, ...]
    package: str = ""


@cache
def tools() -> Mapping[str, Tool]:
    """Every tool that can be run, by name."""
    table = tomllib.loads((files(__package__) / "tools.toml").read_text(encoding="utf-8"))
    return {
        name: Tool(name, one["install"], tuple(Way(**way) for way in one["ways"]), one.get("package", ""))
        for name, one in table.items()
    }


def check(names: Sequence[str]) -> None:
    """Raises `UsageError` for a name that is none of the tools."""
    for name in names:
        if name not in tools():
            raise UsageError(f"no tool is called {name!r}; those that can be run are {', '.join(tools())}")
