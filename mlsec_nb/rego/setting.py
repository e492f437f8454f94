"""What every part of the compiler shares."""

from collections.abc import Sequence
from typing import Any

from .ast import Module
from .builtins import Registry
from .documents import Node


class Setting:
    """The tree of rules, the builtins, and how to compile; `mockable` are the builtins that some `with` replaces."""

    def __init__(self, modules: Sequence[Module], registry: Registry, trace: Any = None) -> None:
        self.modules = tuple(modules)
        self.registry = registry
        self.trace = trace
        self.root = Node(())
        self.mockable: frozenset[str] = frozenset()
