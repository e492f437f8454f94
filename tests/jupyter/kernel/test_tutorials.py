"""The tutorials in `notebooks/` run from the first cell to the last, in a real kernel, and their outputs are not in git."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .kernels import ROOT, Kernel, Ran

FOLDER = ROOT / "notebooks"
MIME = "application/vnd.mlsec.report+json"
NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb"))


def cells(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / name).read_text(encoding="utf-8"))["cells"]
    return found


def run(kernel: Kernel, folder: Path, name: str) -> dict[str, Ran]:
    """What every code cell said; a cell may fail only where its tags say so."""
    cache = f"{folder}-cache"  # results are remembered, as a user's are
    kernel.run(f"%reset -f\nimport os; os.chdir({str(folder)!r}); os.environ['MLSEC_CACHE'] = {cache!r}")
    said = {}
    for cell in cells(name):
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        ran = said[source] = kernel.run(source)
        is_expected = "raises-exception" in cell["metadata"].get("tags", [])
        failed = ran.reply["content"]["status"] == "error" or "UsageError" in ran.stream("stderr")
        assert failed == is_expected, f"{name}: {source}\n{ran.error}\n{ran.stream('stderr')}"
        assert not re.search(r"Traceback", ran.stream("stderr"))
        assert not re.search(r"\bhf_[A-Za-z]{34}\b", ran.everything), source
    return said


def reports(said: dict[str, Ran], words: str) -> list[Any]:
    return [data for source, ran in said.items() if words in source for data in ran.data(MIME)]


def test_there_are_tutorials_and_their_outputs_are_stripped() -> None:
    assert len(NAMES) == 7
    for name in NAMES:
        for cell in cells(name):
            assert cell.get("outputs", []) == []
            assert cell.get("execution_count") is None


def test_links_between_them_lead_somewhere() -> None:
    for name in NAMES:
        text = "".join("".join(cell["source"]) for cell in cells(name) if cell["cell_type"] == "markdown")
        assert all((FOLDER / target).exists() for target in re.findall(r"\]\(([^)#:]+\.ipynb)\)", text))


def test_the_first_one_runs(kernel: Kernel, folder: Path) -> None:
    said = run(kernel, folder, NAMES[0])
    before, after = reports(said, "scan train.ipynb")[0], reports(said, "after =")[0]
    assert {"SECRET-HUGGINGFACE-TOKEN", "LOAD-TORCH"} & {found["rule"] for found in before["findings"]}
    assert len(after["findings"]) < len(before["findings"])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES[1:])
def test_every_tutorial_runs(kernel: Kernel, folder: Path, name: str) -> None:
    assert any(ran.data(MIME) for ran in run(kernel, folder, name).values())
