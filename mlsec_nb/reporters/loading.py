"""What loading the models of a report would do, and their tensors, as rows that every format can show."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlsec_nb.core import Component, Report

from .layers import size
from .text import plural, prose, visible

STEPS: Final = ("At byte", "What happens", "Judged")
TENSORS: Final = ("Tensor", "Type", "Shape", "Size")
_HIDDEN: Final = frozenset({"loading", "tensor_table", "tensors", "tensor_bytes", "bytes", "imports", "format"})
_SAFE: Final = 12  # steps that are known to be safe and stand in a row before they are folded


@dataclass(frozen=True, slots=True)
class Model:
    """One model: what it is called, facts of its format, the steps of a load in order, and its tensors."""

    title: str
    about: str
    said: str
    steps: tuple[tuple[str, str, str], ...]
    tensors: tuple[tuple[str, str, str, str], ...]
    more: str


def models(report: Report) -> Iterator[Model]:
    """Every model that was inventoried."""
    for one in report.components:
        if one.kind == "model":
            steps, tensors = _rows(one, "loading", dict), _rows(one, "tensor_table", list)
            yield Model(
                visible(str(one.location)), _about(one.properties), _said(one.properties, steps), tuple(_folded(steps)),
                tuple(_tensor(row) for row in tensors if len(row) == 4), _more(one.properties, len(tensors)),
            )  # fmt: skip


def _rows(one: Component, name: str, kind: type) -> list[Any]:
    try:
        value = json.loads(one.properties.get(name, "[]"))
    except ValueError:
        return []
    return [row for row in value if isinstance(row, kind)] if isinstance(value, list) else []


def _about(facts: Mapping[str, str]) -> str:
    count = facts.get("bytes", "")
    words = [facts.get("format", ""), size(int(count)) if count.isdecimal() else ""]
    words += [f"{name.replace('_', ' ')} {value}" for name, value in sorted(facts.items()) if name not in _HIDDEN]
    return " · ".join(prose(word) for word in words if word)


def _said(facts: Mapping[str, str], steps: list[dict[str, Any]]) -> str:
    """The whole load in a sentence."""
    if not steps:
        return "Loading it runs nothing that is written in the file, as far as it was read."
    imports = f" imports {prose(facts['imports'])} and" if "imports" in facts else ""
    grades = {str(step.get("grade")) for step in steps}
    worst = next((grade for grade in ("dangerous", "needs a look") if grade in grades), "")
    judged = {"dangerous": "of which some are dangerous", "needs a look": "of which some need a look"}
    told = judged.get(worst, "all known to be safe")
    return f"Loading it{imports} takes {plural(len(steps), 'step')}, {told}."


def _folded(steps: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """The steps in order; long runs of safe ones are one row."""
    run: list[dict[str, Any]] = []
    for step in [*steps, {}]:
        if step.get("grade") == "safe":
            run.append(step)
            continue
        shown = run if len(run) <= _SAFE else run[: _SAFE // 2]
        yield from map(_step, shown)
        if len(shown) < len(run):
            yield str(run[len(shown)].get("offset", "")), f"… {plural(len(run) - len(shown), 'more safe step')}", "safe"
        run = []
        if step:
            yield _step(step)


def _step(step: Mapping[str, Any]) -> tuple[str, str, str]:
    what = prose(str(step.get("does", "")))
    words = f"imports {what.removeprefix('import ')}" if what.startswith("import ") else f"calls {what}"
    return str(step.get("offset", "")), words, prose(str(step.get("grade", "")))


def _tensor(row: list[Any]) -> tuple[str, str, str, str]:
    name, dtype, shape, count = row
    sizes = " × ".join(str(n) for n in shape) if isinstance(shape, list) else ""
    return visible(str(name)) or "(no name)", visible(str(dtype)), sizes or "scalar", size(count) if count else ""


def _more(facts: Mapping[str, str], shown: int) -> str:
    count, total = facts.get("tensors", ""), facts.get("tensor_bytes", "")
    if not count.isdecimal():
        return ""
    rest = f", of which {shown:,} are shown" if int(count) > shown else ""
    whole = f" of {size(int(total))} in all" if total.isdecimal() and int(total) else ""
    return f"{plural(int(count), 'tensor')}{whole}{rest}"
