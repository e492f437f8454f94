"""What has not changed is not looked at again; whatever happens to the store, the report is the same."""

import hashlib
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from mlsec_nb import pipeline, scanners
from mlsec_nb.config import Config
from mlsec_nb.core import Component, Gap, Location
from mlsec_nb.executors import cache, examine, local
from mlsec_nb.executors.kept import packed, unpacked
from mlsec_nb.executors.scanned import Scanned
from mlsec_nb.reporters import render
from tests.sources.images import config_of, layer, written

TOKEN = "hf_" + "kQzRvTnBpLxWmYcJhGfDsAzXqEwRtYuIoP"


def notebook(source: str) -> str:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder of old files: what was written just now is hashed each time."""
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.ipynb").write_text(notebook(f"login('{TOKEN}')"))
    (folder / "b.ipynb").write_text(notebook("import pickle\nx = pickle.load(f)"))
    (folder / "c.py").write_text("import requests\nexec(requests.get(u).text)  # nosec\n")
    (folder / "d.py").write_text("# nothing\n")
    return folder


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file counts as written just now."""
    monkeypatch.setattr(cache, "_RACE", -(10**15))


def config(tmp_path: Path, **options: object) -> Config:
    return Config(cache=tmp_path / "cache", jobs=1, **options)


def audited(tree: Path, chosen: Config) -> str:
    return render(pipeline.audit([str(tree)], chosen), "json")


def refuse(*_: object) -> None:
    raise AssertionError("looked at again")


def test_what_is_unchanged_is_not_looked_at(tree, tmp_path, monkeypatch, old):
    first = audited(tree, config(tmp_path))
    assert "SECRET-HUGGINGFACE-TOKEN" in first
    assert first == audited(tree, Config(jobs=1))
    monkeypatch.setattr(local, "examine", refuse)
    monkeypatch.setattr(cache, "_hashed", refuse)
    assert audited(tree, config(tmp_path)) == first


def test_a_file_that_was_written_just_now_is_read_again_but_not_looked_at(tree, tmp_path, monkeypatch):
    first = audited(tree, config(tmp_path))
    monkeypatch.setattr(local, "examine", refuse)
    assert audited(tree, config(tmp_path)) == first


def test_another_text_of_the_same_length_and_time_is_noticed(tree, tmp_path, old):
    path = tree / "a.ipynb"
    audited(tree, config(tmp_path))
    before = path.stat()
    path.write_text(path.read_text().replace("login(", "print("))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert audited(tree, config(tmp_path)) == audited(tree, Config(jobs=1))


@pytest.mark.parametrize(
    "change",
    [
        {"only": ("secrets",)},
        {"tables": {"secrets": {"min-confidence": "low"}}},
        {"key": b"another key of this repository!!"},
        {"skip": ("code",)},
    ],
)
def test_other_settings_are_another_run(tree, tmp_path, old, change):
    audited(tree, config(tmp_path))
    assert audited(tree, config(tmp_path, **change)) == audited(tree, Config(jobs=1, **change))


def test_a_changed_program_never_answers_from_the_store(tree, tmp_path, monkeypatch, old):
    audited(tree, config(tmp_path))
    monkeypatch.setattr(cache, "_program", lambda: "another")
    monkeypatch.setattr(local, "examine", lambda artifact, *_: Scanned(artifact, scanners=("secrets",)))
    assert "SECRET" not in audited(tree, config(tmp_path))


def test_what_may_be_otherwise_next_time_is_not_kept(tree, tmp_path, monkeypatch, old):
    def failing(artifact, *_):
        gap = Gap(location=Location(path=artifact.path), scanner="code", reason="crashed", code="failed")
        return Scanned(artifact, gaps=[gap], scanners=("code",))

    monkeypatch.setattr(local, "examine", failing)
    audited(tree, config(tmp_path))
    monkeypatch.setattr(local, "examine", examine)
    assert audited(tree, config(tmp_path)) == audited(tree, Config(jobs=1))


def test_a_manifest_is_looked_at_each_time(tree, tmp_path, monkeypatch, old):
    (tree / "requirements.txt").write_text("-r other.txt\n")
    (tree / "other.txt").write_text("requests\n")
    audited(tree, config(tmp_path))
    (tree / "other.txt").write_text("requests==2.31.0\n")
    assert audited(tree, config(tmp_path)) == audited(tree, Config(jobs=1))


@pytest.mark.parametrize("bytes_", [b"a,b\n1,3\n", b"a,b\n1,2\n3,4\n", None])
def test_data_that_changes_behind_its_digest_is_noticed(tree, tmp_path, old, bytes_):
    data = b"a,b\n1,2\n"
    (tree / "train.csv").write_bytes(data)
    (tree / "SHA256SUMS").write_text(f"{hashlib.sha256(data).hexdigest()}  train.csv\n")
    before = audited(tree, config(tmp_path))
    assert "DATA-" not in before
    (tree / "train.csv").unlink()
    if bytes_ is not None:
        (tree / "train.csv").write_bytes(bytes_)
    after = audited(tree, config(tmp_path))
    assert after == audited(tree, Config(jobs=1)) != before


def test_what_nobody_reads_to_its_end_is_not_hashed(tree, tmp_path, monkeypatch, old):
    with (tree / "vast.ipynb").open("wb") as file:
        file.truncate(1 << 40)
    layout = tmp_path / "layout"
    layout.mkdir()
    (layout / "index.json").write_text("{}")
    with (layout / "blob").open("wb") as file:
        file.truncate(1 << 40)
    expected = audited(tree, Config(jobs=1))
    hashed = cache._hashed
    monkeypatch.setattr(cache, "_hashed", lambda path, most: refuse() if "vast" in path else hashed(path, most))
    assert audited(tree, config(tmp_path)) == expected
    monkeypatch.setattr(cache, "_hashed", refuse)
    assert pipeline.images([str(layout)], config(tmp_path)).gaps


def test_what_a_third_party_scanner_looks_at_is_not_known(tree, tmp_path, monkeypatch, old):
    audited(tree, config(tmp_path))
    theirs = {**scanners.BUILT_IN, "theirs": scanners.BUILT_IN["code"]}
    monkeypatch.setitem(vars(sys.modules[examine.__module__]), "available", lambda: theirs)
    monkeypatch.setattr(local, "examine", refuse)
    with pytest.raises(AssertionError):
        audited(tree, config(tmp_path))


def test_an_environment_is_looked_at_each_time(tree, tmp_path, monkeypatch, old):
    tables = {"dependencies": {"environment": True}}
    audited(tree, config(tmp_path, tables=tables))
    monkeypatch.setattr(local, "examine", refuse)
    with pytest.raises(AssertionError):
        audited(tree, config(tmp_path, tables=tables))


def damaged(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def torn(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:12288] = os.urandom(8192)
    path.write_bytes(bytes(data[: len(data) // 2]))


def of_another_time(path: Path) -> None:
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("PRAGMA user_version = 99")


def odd_entries(path: Path) -> None:
    with closing(sqlite3.connect(path)) as store, store:
        rows = [zlib.compress(text) for text in (b"[]", b"{}", b'[{},[["$","Popen"],[],[]],[],{}]', b"\xff")]
        for row, (key,) in zip(rows, store.execute("SELECT key FROM results").fetchall(), strict=False):
            store.execute("UPDATE results SET data = ? WHERE key = ?", (row, key))


@pytest.mark.parametrize("harm", [damaged, torn, of_another_time, odd_entries])
def test_a_damaged_store_is_made_anew(tree, tmp_path, harm, old):
    first = audited(tree, config(tmp_path))
    harm(tmp_path / "cache" / "results.sqlite")
    assert audited(tree, config(tmp_path)) == first
    assert audited(tree, config(tmp_path)) == first


def test_a_store_that_cannot_be_made_costs_nothing(tree, tmp_path):
    (tmp_path / "cache").write_text("a file")
    assert audited(tree, config(tmp_path)) == audited(tree, Config(jobs=1))


def test_a_locked_store_is_left_alone(tree, tmp_path, monkeypatch, old):
    first = audited(tree, config(tmp_path))
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout=0: real(path, timeout=0.05))
    with closing(real(tmp_path / "cache" / "results.sqlite")) as store:
        store.execute("BEGIN EXCLUSIVE")
        assert audited(tree, config(tmp_path)) == first


def test_a_store_that_grew_too_large_forgets_the_older_half(tree, tmp_path, monkeypatch, old):
    first = audited(tree, config(tmp_path))
    monkeypatch.setattr(cache, "LIMIT", 1)
    assert audited(tree, config(tmp_path)) == first
    with closing(sqlite3.connect(tmp_path / "cache" / "results.sqlite")) as store, store:
        assert store.execute("SELECT count(*) FROM results").fetchone()[0] == 2
    assert audited(tree, config(tmp_path)) == first


def test_the_store_holds_no_secret(tree, tmp_path, old):
    audited(tree, config(tmp_path))
    kept = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    with closing(sqlite3.connect(tmp_path / "cache" / "results.sqlite")) as store, store:
        kept += b"".join(zlib.decompress(row) for (row,) in store.execute("SELECT data FROM results"))
    assert b"SECRET-HUGGINGFACE-TOKEN" in kept
    assert not [TOKEN[i : i + 6] for i in range(3, len(TOKEN) - 6) if TOKEN[i : i + 6].encode() in kept]


def test_a_result_comes_back_as_it_was(tree):
    for artifact in pipeline.sources.collect([str(tree)], Config()):
        scanned = examine(artifact, local.chosen(Config()), Config())
        scanned.components.append(
            Component(name="x", kind="package", location=Location(path="x"), properties={"a": "b"})
        )
        scanned.unknown["ü"] += 2
        assert unpacked(packed(scanned), artifact) == scanned


def test_a_value_without_a_text_is_not_kept():
    with pytest.raises(TypeError):
        packed(
            Scanned(
                None, components=[Component(name="x", kind="file", location=Location(path="x"), properties={1: "b"})]
            )
        )  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        packed(Scanned(None, gaps=[object()]))  # type: ignore[arg-type,list-item]


def run(tree: Path, folder: Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command(tree, folder), capture_output=True, check=False, **options)


def command(tree: Path, folder: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "mlsec_nb",
        "scan",
        str(tree),
        "--cache-dir",
        str(folder),
        "--format",
        "json",
        "-j",
        "1",
    ]


@pytest.mark.slow
def test_processes_share_a_store_and_one_may_be_killed(tree, tmp_path):
    for number in range(40):
        (tree / f"n{number}.ipynb").write_text(notebook(f"x = {number}\nimport pickle\npickle.load(f)"))
    folder = tmp_path / "cache"
    expected = run(tree, tmp_path / "own").stdout
    started = [subprocess.Popen(command(tree, folder), stdout=subprocess.PIPE) for _ in range(3)]
    victim = subprocess.Popen(command(tree, folder), stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert [one.communicate()[0] for one in started] == [expected] * 3
    assert run(tree, folder).stdout == expected


@pytest.mark.slow
def test_a_full_disk_costs_only_the_memory(tree, tmp_path):
    expected = run(tree, tmp_path / "own").stdout

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    ran = run(tree, tmp_path / "cache", preexec_fn=limited)
    assert (ran.stdout, ran.returncode) == (expected, 1)
    assert b"Traceback" not in ran.stderr
    assert run(tree, tmp_path / "cache").stdout == expected


def test_the_command_line_remembers_where_the_environment_says(tree, tmp_path, monkeypatch, capsys):
    from mlsec_nb.cli import main

    monkeypatch.setenv(cache.ENVIRONMENT, str(tmp_path / "here"))
    main(["scan", str(tree), "--no-cache", "-q"])
    assert not (tmp_path / "here").exists()
    main(["scan", str(tree), "-q"])
    assert (tmp_path / "here" / "results.sqlite").exists()
    monkeypatch.setenv(cache.ENVIRONMENT, "")
    assert cache.default_folder() is None
    monkeypatch.delenv(cache.ENVIRONMENT)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache.default_folder() == Path("/somewhere/mlsec")
    capsys.readouterr()


@pytest.mark.parametrize("form", ["docker", "layout"])
def test_the_same_image_is_not_looked_at_again(form, tmp_path, monkeypatch, old):
    tars = [layer({"app/a.py": b"import pickle\npickle.load(open('x', 'rb'))\n"})]
    path = written(tmp_path, form, tars, config_of(tars))
    first = render(pipeline.images([path], config(tmp_path)), "json")
    tables = {"containers": {"advisories": str(tmp_path / "store.sqlite")}}
    pipeline.images([path], config(tmp_path, tables=tables))
    with monkeypatch.context() as patched:
        patched.setattr(local, "examine", refuse)
        assert render(pipeline.images([path], config(tmp_path)), "json") == first
        pipeline.images([path], config(tmp_path, tables=tables))
        (tmp_path / "store.sqlite").write_bytes(b"another store")
        with pytest.raises(AssertionError):
            pipeline.images([path], config(tmp_path, tables=tables))
        with pytest.raises(AssertionError):
            pipeline.images([path], config(tmp_path), platform="linux/arm64")
        tomorrow = time.time() + 86_400
        patched.setattr(time, "time", lambda: tomorrow)
        with pytest.raises(AssertionError):
            pipeline.images([path], config(tmp_path))
    other = [layer({"app/a.py": b"a = 1\n"})]
    written(tmp_path, form, other, config_of(other))
    assert render(pipeline.images([path], config(tmp_path)), "json") != first


def test_a_root_filesystem_is_looked_at_each_time(tmp_path, monkeypatch, old):
    (tmp_path / "root/bin").mkdir(parents=True)
    (tmp_path / "root/bin/sh").write_bytes(b"x")
    pipeline.images([str(tmp_path / "root")], config(tmp_path))
    monkeypatch.setattr(local, "examine", refuse)
    with pytest.raises(AssertionError):
        pipeline.images([str(tmp_path / "root")], config(tmp_path))
