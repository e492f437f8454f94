"""`mlsec model`: what loading would do, the tensors without loading, and two models side by side."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mlsec_nb.cli import main


class Evil:
    def __reduce__(self):
        return eval, ("1+1",)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    torch.save({"layer.weight": torch.zeros(4, 3), "layer.bias": torch.zeros(4)}, "a.pt")
    torch.save({"layer.weight": torch.zeros(8, 3), "layer.bias": torch.zeros(4), "extra": torch.zeros(2)}, "b.pt")
    torch.save({"w": torch.zeros(2, 2), "x": Evil()}, "evil.pt")
    np.save("n.npy", np.zeros((3, 2), dtype="<f4"))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["model", *arguments, "-q"])
    return code, capsys.readouterr().out


def test_a_load_is_told_step_by_step_and_the_tensors_with_it(folder, capsys):
    code, text = said(capsys, "a.pt")
    assert code == 0
    assert "takes 7 steps, all known to be safe" in text
    assert "imports torch._utils._rebuild_tensor_v2" in text
    assert "layer.weight  F32   4 × 3  48 B" in text
    assert "2 tensors of 64 B in all" in text


def test_a_step_that_is_dangerous_stands_where_it_would_happen(folder, capsys):
    code, text = said(capsys, "evil.pt")
    assert code == 1
    assert "of which some are dangerous" in text
    steps = [line for line in text.splitlines() if line.endswith("(dangerous)")]
    assert [line.split(maxsplit=1)[1] for line in steps] == [
        "imports builtins.eval  (dangerous)",
        "calls builtins.eval('1+1')  (dangerous)",
    ]


def test_arrays_have_their_shape_too(folder, capsys):
    _, text = said(capsys, "n.npy", "-f", "json")
    (component,) = json.loads(text)["components"]
    assert json.loads(component["properties"]["tensor_table"]) == [["n", "<f4", [3, 2], 24]]


def test_two_models_are_held_against_each_other(folder, capsys):
    code, text = said(capsys, "b.pt", "--diff", "a.pt")
    assert code == 0
    assert "+ extra (tensor) F32 2" in text
    assert "~ layer.weight (tensor) F32 4×3 → F32 8×3" in text
    assert "layer.bias (tensor)" not in text


def test_what_another_model_has_too_is_known(folder, capsys):
    code, text = said(capsys, "evil.pt", "--diff", "evil.pt")
    assert code == 0
    assert "1 known" in text


def test_the_page_shows_it_and_escapes_it(folder, capsys):
    torch.save({"<script>alert(1)</script>": torch.zeros(1)}, "odd.pt")
    said(capsys, "odd.pt", "a.pt", "-o", "models.html")
    page = (folder / "models.html").read_text()
    assert "Loading a.pt" in page
    assert "4 × 3" in page
    assert "<script>alert" not in page


def test_bytes_can_be_left_out(folder, capsys):
    code, _ = said(capsys, "a.pt", "--no-bytes")
    assert code == 0
