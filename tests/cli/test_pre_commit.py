"""The shipped hooks, run by the real pre-commit on a real repository."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
KEY = "AKIA" + "QYLPMN5HFIQR7XYA"


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    name = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PRE_COMMIT_HOME": str(folder.parent / "cache")}
    return subprocess.run(["git", *name, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with our hooks as they are shipped, but run by this Python instead of an environment of their own."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    for hook in hooks:
        words = {"mlsec": "mlsec_nb", "nbqa": "nbqa"}
        command, *rest = hook["entry"].split()
        rest = ["mlsec_nb" if word == "mlsec" else word for word in rest]
        hook.update(language="system", entry=" ".join([sys.executable, "-m", words[command], *rest]))
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=folder, capture_output=True, check=True)
    return folder


def notebook(text: str) -> str:
    out = {"output_type": "stream", "name": "stdout", "text": [text]}
    cell = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {}, "source": "show()", "outputs": [out]}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}, indent=1)


@pytest.mark.slow
def test_a_key_in_an_output_stops_the_commit(repository: Path) -> None:
    (repository / "a.ipynb").write_text(notebook(f"aws_access_key_id {KEY}\n"), encoding="utf-8")
    git(repository, "add", "-A")
    done = git(repository, "commit", "-m", "first")
    assert done.returncode == 1
    assert done.stderr.count("- hook id: mlsec") == 2
    assert "a.ipynb:cell_1:output" in done.stderr
    assert KEY[6:] not in done.stdout + done.stderr
    (repository / "a.ipynb").write_text(notebook("done\n"), encoding="utf-8")
    git(repository, "add", "-A")
    assert git(repository, "commit", "-m", "first").returncode == 0
