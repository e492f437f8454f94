"""Code objects that travel in a pickle: which names they use, read from their constants and name tables."""

from mlsec_nb.core import Severity
from mlsec_nb.scanners.models.pickle.values import Value

from .facts import known
from .names import SAFE, Opinion

# Names of functions that are also ordinary methods of models and frames (model.eval(), frame.load()).
_HARD = frozenset({"code", "process", "native", "import", "network", "load"})


def opinion_of_code(values: list[Value]) -> Opinion:
    """What is thought of code with these constants and names: loading does not run it, but it travels."""
    names = {value for value in values if isinstance(value, str) and value.isidentifier()}
    names |= {
        part
        for value in values
        if isinstance(value, str) and value.replace(".", "").isidentifier()
        for part in value.split(".")
    }
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
