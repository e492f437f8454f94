"""Code objects that travel in a pickle: which names they use, read from their constants and name tables."""

from collections.abc import Sequence
from dataclasses import replace

from mlsec_nb.core import Severity
from mlsec_nb.scanners.models.code.tracing import Trace, trace
from mlsec_nb.scanners.models.pickle.values import Box, Value, walk

from .facts import known
from .names import SAFE, Opinion

MAX_NAMES = 20_000  # constants and names of one code object, and of those inside, that are looked at
# Names of functions that are also ordinary methods of models and frames (model.eval(), frame.load()).
_HARD = frozenset({"code", "process", "native", "import", "network", "load"})


def opinion_of_code(args: Value) -> Opinion:
    """What is thought of a code object made from these arguments: loading does not run it, but it travels."""
    values = list(walk(args, MAX_NAMES))
    opinion = _by_names({value for value in values if isinstance(value, str)})
    cut = len(values) >= MAX_NAMES or any(isinstance(one, Box) and one.count > len(one.items) for one in values)
    if opinion.safe and cut:
        return Opinion(Severity.MEDIUM, "by-value", "travels in the file with more names than are read")
    told = trace_of(args)
    if opinion.safe or told is None or not (words := told.words()):
        return opinion
    return replace(opinion, why=f"{opinion.why}; it {words}")


def trace_of(args: Value) -> Trace | None:
    """The instructions among the arguments of a code object, with the constants and names that follow them."""
    parts = args if isinstance(args, tuple) else tuple(args.items) if isinstance(args, Box) else ()
    for at, code in enumerate(parts):
        tables = [_items(part) for part in parts[at + 1 : at + 4]]
        if isinstance(code, bytes) and len(tables) == 3 and None not in tables:
            consts, names, variables = (list(table or ()) for table in tables)
            texts = ([value if isinstance(value, str) else "…" for value in table] for table in (names, variables))
            return trace(code, consts, *texts)
    return None


def _items(value: Value) -> Sequence[Value] | None:
    return value if isinstance(value, tuple) else value.items if isinstance(value, Box) else None


def _by_names(texts: set[str]) -> Opinion:
    names = {part for text in texts if text.replace(".", "").isidentifier() for part in text.split(".")}
    facts = known()
    if hits := sorted(names & facts.words["forbidden"]):
        return Opinion(Severity.HIGH, "by-value", f"travels in the file and uses {hits[0]}")
    modules = sorted(name for name in names if (e := facts.effect_modules.get(name)) and e.id in _HARD and name != "os")
    words = sorted(
        name
        for name in names
        if (e := facts.effect_words.get(name)) and e.id in _HARD and name not in facts.words["ambiguous"]
    )
    if words or any(name in {"subprocess", "socket", "ctypes", "marshal", "pty"} for name in modules):
        return Opinion(Severity.HIGH, "by-value", f"travels in the file and uses {', '.join((words + modules)[:3])}")
    if "os" in names and names & {"system", "remove", "kill", "rename"}:
        return Opinion(Severity.HIGH, "by-value", "travels in the file and uses os")
    if modules:
        return Opinion(Severity.MEDIUM, "by-value", f"travels in the file and uses {', '.join(modules[:3])}")
    return SAFE
