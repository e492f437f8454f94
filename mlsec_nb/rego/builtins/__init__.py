"""The builtins, by theme. What is not here, or is switched off, is an error when a policy is compiled."""

from .registry import BUILTINS, Builtin, Registry

__all__ = ["BUILTINS", "Builtin", "Registry"]
