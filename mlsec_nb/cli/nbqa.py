"""The bridge for `nbqa mlsec` and `nbqa mlsec_nb`: the notebook itself is scanned, not nbqa's temporary file.

nbqa hands a tool the code cells only, without magics, markdown and outputs: one of seven secrets planted in a notebook
survives that. Its file is called `<stem><8 of a-z0-9_>_nbqa_ipynb.py` and stands beside the notebook, so the notebook
is opened instead and every line is printed in nbqa's own form, `path:cell_N:line:column: RULE message`, where N counts
code cells from 1. nbqa leaves alone what is already in that form.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from mlsec_nb.core import Location, Report

_TEMPORARY = re.compile(r"(?P<stem>.+)[a-z0-9_]{8}_nbqa_ipynb\.py\Z")


def rewrite(words: list[str]) -> list[str]:
    """The command line with nbqa's temporary files replaced by their notebooks; unchanged when there are none."""
    if not any(_TEMPORARY.match(word) for word in words):
        return words
    options = [word for word in words if not _TEMPORARY.match(word) and word != "scan"]
    targets = [original(word) for word in words if _TEMPORARY.match(word)]
    return ["scan", *targets, *([] if "--format" in options or "-f" in options else ["--format", "nbqa"]), *options]


def original(temporary: str) -> str:
    """The notebook of a temporary file of nbqa's, which takes `.ipynb` and jupytext's `.md`."""
    match = _TEMPORARY.match(temporary)
    assert match is not None
    stem = match["stem"]
    return next((stem + suffix for suffix in (".ipynb", ".md") if Path(stem + suffix).is_file()), stem + ".ipynb")


def lines(report: Report) -> str:
    """The new findings and the gaps, a line each."""
    from mlsec_nb.reporters.text import visible

    numbers = {path: _code_numbers(path) for path in {finding.location.path for finding in report.new}}
    found = [f"{_place(f.location, numbers)}: {f.rule.id} {visible(f.message)}" for f in report.new]
    gaps = [f"{gap.location}: not scanned ({gap.scanner}): {visible(gap.reason)}" for gap in report.gaps]
    return "".join(line + "\n" for line in (*found, *gaps))


def _place(place: Location, numbers: dict[str, dict[int, int]]) -> str:
    line, column = place.line or 1, place.column or 1
    if place.cell is None:
        return f"{place.path}:{place.part or 'file'}:{line}:{column}"
    code = numbers.get(place.path, {}).get(place.cell)
    cell = f"cell_{code}" if code else f"markdown_{place.cell}"
    part = "" if place.part in (None, "source") else ":" + "_".join((place.part or "").split())
    return f"{place.path}:{cell}{part}:{line}:{column}"


def _code_numbers(path: str) -> dict[int, int]:
    """Nbqa's numbers of the code cells by our numbers of all cells."""
    from mlsec_nb import notebooks
    from mlsec_nb.config import Limits
    from mlsec_nb.core import Artifact, Kind
    from mlsec_nb.io.files import LocalFile

    document = notebooks.read(Artifact(path, Kind.NOTEBOOK, LocalFile(path)), Limits())
    code: Iterable[int] = (cell.number for cell in document.cells if cell.kind == "code")
    return {number: count for count, number in enumerate(code, 1)}
