"""Real repositories, made by real git."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from mlsec_nb import pipeline
from mlsec_nb.cli import main
from mlsec_nb.config import Config
from mlsec_nb.core import Gap, Report, UsageError
from mlsec_nb.sources import history


def key(letter: str) -> str:
    return "hf_" + letter + "TzVbNkRwYxLmPdGhJsCfAeUiOqZtWvBnK"


def notebook(output: str) -> str:
    out = {"output_type": "stream", "name": "stdout", "text": [output]}
    cell = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {}, "source": "show()", "outputs": [out]}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}, indent=1)


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = 1_700_000_000
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        self.clock += 60
        env = {**os.environ, "GIT_AUTHOR_DATE": f"{self.clock} +0000", "GIT_COMMITTER_DATE": f"{self.clock} +0000",
               "GIT_CONFIG_GLOBAL": "/dev/null"}  # fmt: skip
        command = [
            "git",
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "-c",
            "protocol.file.allow=always",
            *words,
        ]
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=True
        ).stdout.strip()

    def commit(self, **files: str | None) -> str:
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("_dot_", ".")
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def scan(repository: Repository, **more: object) -> Report:
    return pipeline.history(str(repository.folder), Config(only=("secrets",), jobs=1), **more)[0]


def found(report: Report) -> dict[str, dict[str, object]]:
    return {f.location.path.split("@")[0]: dict(f.details) for f in report.new}


def test_an_output_that_was_stripped_is_still_there(repository: Repository) -> None:
    came = repository.commit(a_dot_ipynb=notebook(key("a")))
    repository.commit(b_dot_py="x = 1\n")
    went = repository.commit(a_dot_ipynb=notebook("done"))
    report = scan(repository)
    (finding,) = report.new
    assert finding.location.path == f"a.ipynb@{came[:12]}"
    assert (finding.location.cell, finding.location.part) == (1, "output 1 stdout")
    assert finding.details["introduced"] == {
        "commit": came,
        "author": "Ada <ada@example.org>",
        "date": finding.details["introduced"]["date"],
    }
    assert finding.details["removed"]["commit"] == went
    assert finding.details["in_head"] is False
    assert report.verdict.passed is False


def test_a_leak_in_many_versions_is_one_story(repository: Repository) -> None:
    for number in range(4):
        repository.commit(a_dot_py=f"n = {number}\ntoken = '{key('a')}'\n")
    assert found(scan(repository))["a.py"]["versions"] == 4
    assert found(scan(repository))["a.py"]["in_head"] is True


def test_stashes_branches_tags_reflog_and_dangling_objects_count(repository: Repository) -> None:
    repository.commit(base_dot_py="x = 1\n")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit(side_dot_py=f"token = '{key('a')}'\n")
    repository.git("checkout", "-q", "main")
    repository.commit(gone_dot_py=f"token = '{key('b')}'\n")
    repository.git("reset", "-q", "--hard", "HEAD~1")
    (repository.folder / "base.py").write_text(f"token = '{key('c')}'\n", encoding="utf-8")
    repository.git("stash")
    (repository.folder / "loose.py").write_text(f"token = '{key('d')}'\n", encoding="utf-8")
    repository.git("hash-object", "-w", "loose.py")
    names = found(scan(repository))
    assert {"side.py", "gone.py", "base.py"} < set(names)
    assert any(name.startswith("<unreachable") for name in names)


def test_a_rename_is_scanned_once_and_a_merge_is_followed(repository: Repository) -> None:
    repository.commit(old_dot_py=f"token = '{key('a')}'\n")
    repository.git("mv", "old.py", "new.py")
    repository.git("commit", "-q", "-m", "rename")
    repository.git("checkout", "-q", "-b", "side", "HEAD~1")
    repository.commit(side_dot_py=f"token = '{key('b')}'\n")
    repository.git("merge", "-q", "--no-edit", "main")
    assert set(found(scan(repository))) == {"old.py", "side.py"}


def test_bare_and_packed_give_the_same(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a_dot_py=f"token = '{key('a')}'\n")
    repository.commit(a_dot_py="")
    plain = scan(repository)
    repository.git("gc", "-q")
    assert scan(repository).findings == plain.findings
    subprocess.run(["git", "clone", "-q", "--bare", str(repository.folder), str(tmp_path / "bare.git")], check=True)
    bare = pipeline.history(str(tmp_path / "bare.git"), Config(only=("secrets",), jobs=1))[0]
    assert bare.findings == plain.findings


def test_since_and_tips_look_at_what_is_new_only(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = repository.commit(a_dot_py=f"token = '{key('a')}'\n")
    tips = str(tmp_path / "tips.json")
    words = ["history", str(repository.folder), "--tips", tips, "-j", "1"]
    assert main(words) == 1
    assert main(words) == 0
    repository.commit(b_dot_py=f"token = '{key('b')}'\n")
    assert set(found(scan(repository, since=first))) == {"b.py"}
    assert main(words) == 1
    assert "a.py" not in capsys.readouterr().out.split("b.py")[-1]
    Path(tips).write_text("{}", encoding="utf-8")
    assert main(words) == 2


def test_a_shallow_clone_and_a_submodule_are_gaps(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a_dot_py="x = 1\n")
    repository.commit(a_dot_py="x = 2\n")
    outer = Repository(tmp_path / "outer")
    outer.git("submodule", "add", "-q", str(repository.folder), "inner")
    outer.commit(b_dot_py="x = 1\n")
    assert [gap.location.path for gap in scan(outer).gaps if "submodule" in gap.reason] == ["inner"]
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{repository.folder}", str(tmp_path / "shallow")], check=True
    )
    report = pipeline.history(str(tmp_path / "shallow"), Config(only=("secrets",), jobs=1))[0]
    assert any("shallow" in gap.reason for gap in report.gaps)
    assert report.verdict.passed is None


def test_a_hostile_config_starts_nothing(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a_dot_py="x = 1\n")
    for name in ("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand", "core.gitProxy"):
        repository.git("config", name, f"touch {tmp_path}/hit-{name}")
    scan(repository)
    assert not list(tmp_path.glob("hit-*"))


def test_missing_objects_are_a_gap(repository: Repository) -> None:
    repository.commit(a_dot_py="x = 1\n")
    oid = repository.git("rev-parse", "HEAD:a.py")
    (repository.folder / ".git/objects" / oid[:2] / oid[2:]).unlink()
    gaps = [gap for gap in history(str(repository.folder)).gaps if isinstance(gap, Gap)]
    assert any("not in this clone" in gap.reason for gap in gaps)


def test_odd_names_and_an_empty_repository(repository: Repository, tmp_path: Path) -> None:
    assert scan(repository).findings == ()
    (repository.folder / 'a\nb "c" é.py').write_text(f"token = '{key('a')}'\n", encoding="utf-8")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "odd")
    assert [f.location.path.split("@")[0] for f in scan(repository).new] == ['a\nb "c" é.py']
    with pytest.raises(UsageError):
        history(str(tmp_path / "nowhere"))
    with pytest.raises(UsageError):
        scan(repository, since="--output=x")
