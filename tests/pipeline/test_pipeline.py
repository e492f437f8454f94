import json
from pathlib import Path

import pytest

import mlsec_nb
from mlsec_nb import pipeline, reporters
from mlsec_nb.config import Config
from mlsec_nb.core import Artifact, Kind, Report, UsageError, Verdict
from mlsec_nb.io.files import LocalFile, Memory

TOKEN = "hf_" + "qTzVbNkRwYxLmPdGhJsCfAeUiOqZtWvBnK"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    cell = {"cell_type": "code", "id": "c1", "execution_count": 1, "metadata": {}, "outputs": [],
            "source": ["import pickle\n", "model = pickle.load(open('m.pkl', 'rb'))\n", f"token = '{TOKEN}'"]}  # fmt: skip
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    (tmp_path / "broken.ipynb").write_text('{"cells": [{"source": "x = 1', encoding="utf-8")
    (tmp_path / "b.py").write_text("x = 1\n", encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("project")
def test_a_secret_and_an_unsafe_load_are_found_with_their_places() -> None:
    report = mlsec_nb.scan("a.ipynb")
    assert report.verdict.passed is False
    places = {(f.scanner, f.location.cell, f.location.line, f.location.raw_line) for f in report.new}
    assert ("secrets", 1, 3, 15) in places
    assert ("code", 1, 2, 14) in places


@pytest.mark.usefixtures("project")
def test_a_broken_notebook_is_never_a_pass() -> None:
    report = mlsec_nb.scan("broken.ipynb")
    assert report.verdict.passed is None
    assert report.verdict.exit_code == 2
    assert [gap.code for gap in report.gaps] == ["malformed"]
    assert mlsec_nb.scan("broken.ipynb", allow_gaps="*").verdict.passed is True


@pytest.mark.usefixtures("project")
def test_findings_win_over_gaps() -> None:
    assert mlsec_nb.scan(".").verdict.exit_code == 1


@pytest.mark.usefixtures("project")
def test_two_runs_give_the_same_bytes() -> None:
    first, second = (reporters.render(pipeline.audit(["."], Config(jobs=jobs)), "json") for jobs in (1, 2))
    assert first == second


@pytest.mark.usefixtures("project")
def test_a_mistake_in_the_call_is_said() -> None:
    with pytest.raises(UsageError, match="no scanner is called 'secretz'"):
        mlsec_nb.scan(".", only="secretz")
    with pytest.raises(UsageError):
        mlsec_nb.scan("nowhere.ipynb")


@pytest.mark.usefixtures("project")
def test_the_config_file_counts() -> None:
    Path("mlsec.toml").write_text("[[ignore]]\nreason = 'an example'\npaths = ['a.ipynb']\n", encoding="utf-8")
    report = mlsec_nb.scan("a.ipynb")
    assert report.verdict.passed is True
    assert {judged.reason for judged in report.findings} == {"ignored by the config: an example"}


@pytest.mark.parametrize(
    ("outcomes", "joined"),
    [((True, True), True), ((True, None), None), ((None, False), False), ((True, False), False)],
)
def test_a_joined_report_is_as_good_as_its_worst(outcomes: tuple[bool | None, ...], joined: bool | None) -> None:
    assert pipeline.join([Report(verdict=Verdict(passed)) for passed in outcomes]).verdict.passed is joined


def test_the_public_face_names_the_words() -> None:
    for name in mlsec_nb.__all__:
        assert getattr(mlsec_nb, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mlsec_nb.nothing


@pytest.mark.parametrize("kind", list(Kind))
def test_a_file_that_went_away_is_a_gap_and_the_others_are_told(tmp_path, kind):
    gone = Artifact("gone.bin", kind, LocalFile(str(tmp_path / "gone.bin")))
    there = Artifact("a.py", Kind.SOURCE, Memory(b"import os\nos.system(input())\n"))
    report = pipeline.audit_found([gone, there], ["."], Config(jobs=1, root=tmp_path))
    assert report.findings
    assert report.verdict.passed is False
    assert {gap.location.path for gap in report.gaps} == {"gone.bin"}
