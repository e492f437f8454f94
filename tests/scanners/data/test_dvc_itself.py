"""The same words as DVC itself, and more where DVC believes the clock. DVC has an environment of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mlsec_nb.core import SKIPPED

from tests.scanners.data.kit import report, rules

HOME = Path(__file__).parents[3]
DVC = Path(os.environ.get("DVC", HOME / ".venv-dvc/bin/dvc"))  # `make dvc`


def dvc(folder, *words):
    env = {**os.environ, "DVC_NO_ANALYTICS": "1", "DVC_GLOBAL_CONFIG_DIR": str(folder / ".g"), "DVC_SITE_CACHE_DIR": str(folder / ".s")}
    return subprocess.run([str(DVC), *words], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout


def plant(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def theirs(folder):
    """What DVC says of the files of this folder; the folders that hold them are left out."""
    told = json.loads(dvc(folder, "data", "status", "--granular", "--json")).get("uncommitted", {})
    found = {(how, name) for how in ("modified", "added", "deleted") for name in told.get(how, []) if not name.endswith("/")}
    for pair in told.get("renamed", []):
        found |= {("deleted", pair["old"]), ("added", pair["new"])}
    return found


def ours(folder):
    words = {"DATA-CHANGED": "modified", "DATA-ADDED": "added", "DATA-REMOVED": "deleted"}
    told = report(folder)
    found = {(words[f.rule.id], f.evidence.shown.partition(": ")[0]) for f in told.new if f.rule.id in words}
    return found | {("deleted", gap.reason.partition(" is pinned but not here")[0]) for gap in told.gaps if gap.code != SKIPPED}


@pytest.fixture(scope="module")
def pinned(tmp_path_factory):
    """A repository as DVC made it: files and folders, hidden, empty, with odd names, with line ends of two kinds."""
    folder = tmp_path_factory.mktemp("made")
    plant(folder, {
        "same.csv": "a\n", "edited.csv": "1\n", "longer.csv": "1\n", "gone.csv": "1\n", "ends.csv": "a\r\nb\r\n", "empty.csv": "", "clock.csv": "aaaa\n",
        "dir/a.csv": "1\n", "dir/sub/b.csv": "2\n", "dir/.hidden": "3\n", "dir/naïve ü.csv": "4\n", "dir/old name.csv": "5\n", "dir/sub/gone.csv": "6\n",
        "dir/clock.csv": "bbbb\n", "dir/skipped.log": "7\n", "quiet/a.csv": "1\n", "made/in.csv": "in\n", ".dvcignore": "*.log\n",
    })  # fmt: skip
    dvc(folder, "init", "--no-scm", "-q")
    dvc(folder, "add", "-q", *[p for p in ("same.csv edited.csv longer.csv gone.csv ends.csv empty.csv clock.csv dir quiet").split()])
    dvc(folder, "stage", "add", "-q", "--run", "-n", "copy", "-d", "made/in.csv", "-o", "made/out.csv", "cp made/in.csv made/out.csv")
    return folder


@pytest.fixture
def repository(pinned, tmp_path):
    shutil.copytree(pinned, tmp_path / "r", symlinks=True)
    return tmp_path / "r"


@pytest.mark.slow
def test_untouched_data_is_what_it_is_pinned_as(repository):
    assert theirs(repository) == ours(repository) == set()
    assert {c.properties["verified"] for c in report(repository).components} == {"yes"}
    (made,) = [c for c in report(repository).components if "stage" in c.properties]
    assert (made.name, made.properties["stage"], made.properties["deps"]) == ("made/out.csv", "copy", "made/in.csv")


@pytest.mark.slow
def test_what_was_tampered_with_is_named_as_by_dvc(repository):
    plant(repository, {
        "edited.csv": "2\n", "longer.csv": "1\n2\n", "ends.csv": "a\nb\n", "dir/a.csv": "9\n", "dir/naïve ü.csv": "44\n", "dir/extra.csv": "8\n",
        "dir/sub/new/deep.csv": "8\n", "dir/noise.log": "8\n", "made/out.csv": "other\n",
    })  # fmt: skip
    (repository / "gone.csv").unlink()
    (repository / "dir/sub/gone.csv").unlink()
    (repository / "dir/old name.csv").rename(repository / "dir/new name.csv")
    said = theirs(repository)
    assert len(said) == 12
    assert ours(repository) == said


@pytest.mark.slow
def test_what_a_stage_reads_is_stale_as_dvc_says(repository):
    plant(repository, {"made/in.csv": "another\n"})
    (changed,) = json.loads(dvc(repository, "status", "--json"))["copy"]
    assert changed == {"changed deps": {"made/in.csv": "modified"}}
    assert rules(report(repository).new) == ["DATA-STALE"]


@pytest.mark.slow
def test_data_that_was_changed_under_a_stopped_clock_is_found_where_dvc_sees_nothing(repository):
    assert theirs(repository) == set()  # DVC now remembers sizes and times
    for name in ("clock.csv", "dir/clock.csv"):
        path = repository / name
        before = path.stat()
        with path.open("r+b") as stream:  # the same inode
            stream.write(b"cccc\n")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert theirs(repository) == set()
    assert ours(repository) == {("modified", "clock.csv"), ("modified", "dir/clock.csv")}


@pytest.mark.slow
def test_objects_in_the_cache_and_in_a_remote_are_verified_when_asked(repository):
    dvc(repository, "remote", "add", "-d", "store", str(repository.parent / "store"))
    dvc(repository, "push", "-q")
    assert report(repository, tables={"remotes": True}).new == ()
    (objects,) = [p for p in (repository.parent / "store").rglob("*") if p.is_file() and p.read_bytes() == b"bbbb\n"]
    objects.chmod(0o644)
    objects.write_bytes(b"evil\n")
    assert report(repository).new == ()
    told = report(repository, tables={"remotes": True})
    assert [(f.rule.id, f.evidence.shown) for f in told.new] == [("DATA-PIN-CACHE", "the remote store: dir")]
    objects.unlink()
    assert [gap.reason for gap in report(repository, tables={"remotes": True}).gaps if gap.code != SKIPPED] == ["the remote store lacks 1 object of dir"]
    assert {c.properties["remote"] for c in told.components} == {f"store {repository.parent / 'store'}"}
