"""`mlsec fix --convert`: plain pickles get a file beside them that no load can abuse."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from mlsec_nb.cli import main


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "plain.pkl").write_bytes(pickle.dumps({"w": np.arange(3.0), "n": 2}))
    (folder / "object.pkl").write_bytes(pickle.dumps({"w": np.array([{}], dtype=object)}))
    np.save(folder / "array.npy", np.arange(3))
    return folder


def test_says_what_it_would_do_and_writes_nothing(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(models.iterdir())
    assert main(["fix", "--convert", "models"]) == 1
    said = capsys.readouterr()
    assert "models/plain.pkl → models/plain.npz: 1 array and 1 plain value, 24 bytes" in said.out
    assert "left: models/object.pkl: an array of objects or records" in said.err
    assert "array.npy" not in said.out + said.err
    assert sorted(models.iterdir()) == before


def test_writes_beside_the_pickle_and_takes_it_back(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = (models / "plain.pkl").read_bytes()
    assert main(["fix", "--convert", "--write", "models/plain.pkl"]) == 0
    with np.load(models / "plain.npz", allow_pickle=False) as found:
        assert found["w"].tolist() == [0.0, 1.0, 2.0]
        assert found["n"] == 2
    assert (models / "plain.pkl").read_bytes() == raw
    assert main(["scan", "--only", "models", "models/plain.npz"]) == 0
    assert main(["fix", "--undo"]) == 0
    assert not (models / "plain.npz").exists()
    assert "as it was" in capsys.readouterr().out


def test_never_writes_over_a_file(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (models / "plain.npz").write_text("mine")
    assert main(["fix", "--convert", "--write", "models/plain.pkl"]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (models / "plain.npz").read_text() == "mine"


def test_what_was_changed_since_is_not_taken_away(models: Path) -> None:
    main(["fix", "--convert", "--write", "models/plain.pkl"])
    (models / "plain.npz").write_text("mine")
    assert main(["fix", "--undo"]) == 2
    assert (models / "plain.npz").read_text() == "mine"


def test_what_no_array_can_hold_leaves_no_half_file(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (models / "plain.pkl").write_bytes(pickle.dumps({"w": np.arange(3.0), "nothing": None}))
    assert main(["fix", "--convert", "--write", "models/plain.pkl"]) == 1
    assert "a value that no array can hold" in capsys.readouterr().err
    assert sorted(file.name for file in models.iterdir()) == ["array.npy", "object.pkl", "plain.pkl"]
