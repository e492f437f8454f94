"""What may be thought of a name, before anything is known of what is done with it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mlsec_nb.core import Severity

from .facts import Facts, covering, known

CLASS_LIKE: Final = re.compile(r"_*[A-Z]\w*\Z")
UNPICKLING: Final = re.compile(
    r"_*(?:un_?pickle|re_?(?:construct|build|store|create|hydrate)|from_state|new_?obj)\w*\Z", re.IGNORECASE
)
_DUNDER: Final = re.compile(r"__\w+__\Z")
_DOTTED: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")
MAINS: Final = frozenset({"__main__", "__mp_main__"})
TORCHSCRIPT: Final = "__torch__"  # classes that are compiled from the code inside a TorchScript file


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is thought of an operation: `severity` None is safe, up to MEDIUM needs a look, above is dangerous.

    `effect` is a short word (process, code, file, unknown …); `why` ends the sentence "`name` …".
    """

    severity: Severity | None
    effect: str = "none"
    why: str = ""

    @property
    def safe(self) -> bool:
        return self.severity is None

    @property
    def dangerous(self) -> bool:
        return self.severity is not None and self.severity.at_least(Severity.HIGH)


SAFE: Final = Opinion(None)


def is_class(name: str) -> bool:
    """True when the last part of a name is written as classes are."""
    return bool(CLASS_LIKE.match(name.rpartition(".")[2]))


@lru_cache(maxsize=65536)
def of_name(module: str, name: str, allowed: frozenset[str] = frozenset()) -> Opinion:
    """What is thought of importing `name` from `module`; `allowed` are names or packages that the user trusts."""
    facts = known()
    full = f"{module}.{name}"
    if allowed and covering(full, allowed):
        return SAFE
    if full in facts.effect_names:
        effect = facts.effect_names[full]
        return Opinion(effect.severity, effect.id, effect.does)
    if full in facts.rules or full in facts.calls or full in facts.named:
        return SAFE
    return _odd_name(module, name) or _by_module(facts, module, name)


def _odd_name(module: str, name: str) -> Opinion | None:
    """Names that no pickler writes, or that reach through one thing to another."""
    parts = name.split(".")
    if not _DOTTED.match(full := f"{module}.{name}"):
        return Opinion(Severity.HIGH, "unknown", "is no name that Python code could have")
    dunders = [part for part in full.split(".") if _DUNDER.match(part)]
    if name == "__dict__" and dunders[:-1] in ([], [module]):
        return SAFE if module in MAINS else _namespace(module)
    if dunders and not (dunders == [module.partition(".")[0]] and dunders[0] in {*MAINS, TORCHSCRIPT}):
        return Opinion(Severity.HIGH, "introspection", f"reaches for Python's own machinery ({dunders[0]})")
    reached = next((part for part in parts if part.lstrip("_") in known().words["reached"]), None)
    if reached is None:
        elsewhere = known().stdlib | known().packages - {module.partition(".")[0]}
        reached = next((part for part in parts[:-1] if part.lstrip("_") in elsewhere), None)
    if reached is not None and module not in {"__builtin__", "builtins"}:
        return Opinion(Severity.CRITICAL, "introspection", f"reaches through {module} to the module {reached}")
    return None


def _namespace(module: str) -> Opinion:
    """All names of a module at once, which dill writes for functions of that module."""
    opinion = _by_module(known(), module, "Name")
    return opinion if opinion.dangerous else Opinion(Severity.MEDIUM, "introspection", f"is everything in {module}")


def _by_module(facts: Facts, module: str, name: str) -> Opinion:
    head = covering(module, facts.effect_modules)
    if head is not None:
        effect = facts.effect_modules[head]
        return Opinion(effect.severity, effect.id, effect.does)
    word = facts.effect_words.get(name.rpartition(".")[2])
    if word is not None:
        return Opinion(word.severity, word.id, f"by its name {word.does}")
    full = f"{module}.{name}"
    root = module.partition(".")[0]
    if covering(full, facts.calls) or covering(full, facts.named):
        return SAFE
    if root in facts.stdlib:
        return Opinion(Severity.HIGH, "stdlib", "is a part of the standard library that model files have no use for")
    if covering(module, facts.packages):
        return SAFE
    if root == TORCHSCRIPT:
        return SAFE
    if module in MAINS:
        return Opinion(Severity.LOW, "main", "must be defined in the program that loads it")
    return Opinion(Severity.MEDIUM, "unknown", f"is in the package {root}, of which nothing is known")


def of_call(module: str, name: str, allowed: frozenset[str] = frozenset()) -> Opinion:
    """What is thought of calling it with arguments of which nothing is known."""
    opinion = of_name(module, name, allowed)
    facts, full = known(), f"{module}.{name}"
    if opinion.dangerous or (allowed and covering(full, allowed)):
        return opinion
    if covering(full, facts.calls) or "__pyx_unpickle_" in name:
        return opinion
    if full in facts.rules:
        return Opinion(Severity.HIGH, "compose", "depends on what it is given")
    if is_class(name):
        return opinion
    if opinion.safe and UNPICKLING.match(name.rpartition(".")[2]):
        return Opinion(Severity.MEDIUM, "unknown-call", "is a function that is not known to be harmless")
    if module in MAINS:
        return Opinion(Severity.MEDIUM, "unknown-call", "is whatever the program that loads it has under that name")
    return Opinion(Severity.HIGH, "unknown-call", "is a function that is not known to be harmless")


def verdict(module: str, name: str, operation: str = "import", allowed: Collection[str] = ()) -> Opinion:
    """What is thought of importing (`operation` "import"), constructing ("new") or calling ("call") a name.

    The answer is the same on every machine: nothing is imported.
    """
    trusted = frozenset(allowed)
    return of_call(module, name, trusted) if operation == "call" else of_name(module, name, trusted)
