"""URLs as targets: the same answers as for files, few bytes, no credentials, and every failure a gap or a clear line."""

import importlib
import io
import json
import os
import pickle
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb import pipeline, reporters, sources
from mlsec_nb.config import Config
from mlsec_nb.core import Artifact, CannotRead, Gap, Report, UsageError
from mlsec_nb.io.remote import Place, RemoteFile
from mlsec_nb.io.urls import shown
from tests.sources.store import Store, running

KEY = "AKIA" + "Z7Q3MNTV5WXY2LRD"
CONFIG = Config(jobs=1)


@pytest.fixture(scope="module")
def estate() -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch, running(patch) as store:
        yield store


@pytest.fixture
def store(estate: Store) -> Iterator[Store]:
    yield estate
    estate.wire.cut, estate.wire.refused = None, b""
    estate.empty()


def notebook(*lines: str) -> bytes:
    cell = {"cell_type": "code", "source": "\n".join(lines), "outputs": [], "metadata": {}, "execution_count": None}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


class Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("id",)


def model(tensors: int = 18) -> bytes:
    """What torch.save writes: a zip whose members are stored, of a megabyte for each tensor."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("archive/data.pkl", pickle.dumps({"weights": Runs()}, 2))
        for number in range(tensors):
            packed.writestr(f"archive/data/{number}", bytes([number]) * (1 << 20))
    return data.getvalue()


FILES = {
    "a.ipynb": notebook(f"key = '{KEY}'", "import os; os.system(command)"),
    "deep/er/load.py": b"import pickle\npickle.load(open('x', 'rb'))\n",
    "deep/requirements.txt": b"requests==2.0\n",
    "small.pkl": pickle.dumps(Runs()),
    "odd #1?.ipynb": notebook(f"key = '{KEY}'"),
    "empty.ipynb": b"",
    ".git/config": b"[core]\n",
    "rows.csv": b"name,mail\n" + b"".join(b"n%d,person%d@example.org\n" % (i, i) for i in range(50)),
}


def said(report: Report, root: str) -> list[str]:
    """Findings and gaps, with paths below the target."""
    found = [f"{one.finding.location} {one.finding.rule.id}" for one in report.findings]
    gaps = [f"{gap.location} {gap.scanner} {gap.reason}" for gap in report.gaps]
    return sorted(line.replace(root + "/", "") for line in (*found, *gaps) if not line.startswith(". "))


def test_a_folder_of_a_bucket_is_read_as_one_of_this_disk_is(store: Store, tmp_path: Path) -> None:
    for name, data in FILES.items():
        store.put(f"nb/{name}", data)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    there = pipeline.audit(["s3://estate/nb"], CONFIG)
    here = pipeline.audit([str(tmp_path)], CONFIG)
    assert said(there, "s3://estate/nb") == said(here, str(tmp_path))
    assert {one.finding.rule.id for one in there.findings} > {"SECRET-AWS-ACCESS-KEY", "CODE-OS-SYSTEM", "LOAD-PICKLE"}
    assert there.targets == ("s3://estate/nb",)


def test_two_processes_say_what_one_says(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsec_nb.executors.local.POOL_BYTES", 0)
    for number in range(6):
        store.put(f"many/{number}.ipynb", notebook(f"key = '{KEY}'"))
    one, two = (pipeline.audit(["s3://estate/many"], Config(jobs=jobs)) for jobs in (1, 2))
    assert len(one.findings) == 6
    assert reporters.render(one, "json") == reporters.render(two, "json")


def test_of_a_big_model_only_its_directory_and_pickles_are_fetched(store: Store, tmp_path: Path) -> None:
    data = model()
    url = store.put("big/model.pt", data)
    (tmp_path / "model.pt").write_bytes(data)
    store.wire.given = 0
    there = pipeline.audit([url], CONFIG)
    assert store.wire.given < len(data) // 10
    here = pipeline.audit([str(tmp_path / "model.pt")], CONFIG)
    assert [one.finding.rule.id for one in there.findings] == ["PICKLE-PROCESS"]
    assert [one.finding.message for one in there.findings] == [one.finding.message for one in here.findings]
    assert [gap.code for gap in there.gaps] == ["skipped"]


def test_all_of_a_big_model_is_fetched_when_asked_for(store: Store) -> None:
    url = store.put("big/model.pt", data := model())
    store.wire.given = 0
    report = pipeline.audit([url], CONFIG.with_(tables={"models": {"bytes": True}}))
    assert store.wire.given > len(data)
    assert not report.gaps


def test_a_notebook_costs_one_request_beside_the_listing(store: Store) -> None:
    store.put("one/a.ipynb", FILES["a.ipynb"])
    store.wire.asked.clear()
    pipeline.audit(["s3://estate/one/"], CONFIG)
    assert sum(b"a.ipynb" in line for line in store.wire.asked) == 1


def test_globs(store: Store) -> None:
    for name in ("g/a.ipynb", "g/b.py", "g/h/c.ipynb", "g/[x].ipynb"):
        store.put(name, FILES["a.ipynb"])

    def paths(target: str) -> list[str]:
        return [one.path for one in sources.collect([target], CONFIG)]  # type: ignore[union-attr]

    assert paths("s3://estate/g/*.ipynb") == ["s3://estate/g/[x].ipynb", "s3://estate/g/a.ipynb"]
    assert paths("s3://estate/g/**/c.ipynb") == ["s3://estate/g/h/c.ipynb"]
    assert paths("s3://estate/g/[x].ipynb") == ["s3://estate/g/[x].ipynb"]
    with pytest.raises(UsageError, match="nothing matches"):
        paths("s3://estate/g/*.r")


def test_targets_that_overlap_are_read_once(store: Store) -> None:
    store.put("o/a.ipynb", FILES["a.ipynb"])
    found = list(sources.collect(["s3://estate/o/a.ipynb", "s3://estate/o", "s3://estate/"], CONFIG))
    assert len(found) == 1


def test_what_is_not_there_is_said_in_one_line(store: Store) -> None:
    with pytest.raises(UsageError, match=r"s3://estate/none/x\.ipynb: it is not there"):
        pipeline.audit(["s3://estate/none/x.ipynb"], CONFIG)
    with pytest.raises(UsageError, match=r"s3://no-such-bucket"):
        pipeline.audit(["s3://no-such-bucket/x"], CONFIG)


def test_what_may_not_be_read_is_a_gap(store: Store) -> None:
    store.put("p/a.ipynb", FILES["a.ipynb"])
    store.put("p/b.ipynb", FILES["a.ipynb"])
    store.wire.refused = b"b.ipynb"
    report = pipeline.audit(["s3://estate/p"], CONFIG)
    assert {one.finding.location.path for one in report.findings} == {"s3://estate/p/a.ipynb"}
    assert [(gap.location.path, gap.reason) for gap in report.gaps] == [("s3://estate/p/b.ipynb", "permission denied")]
    assert report.verdict.passed is False


def collected(target: str) -> list[Artifact | Gap]:
    return list(sources.collect([target], CONFIG))


@pytest.mark.parametrize("change", [None, FILES["a.ipynb"] + b" " * 9, FILES["a.ipynb"][:-9]])
def test_what_goes_or_changes_since_it_was_listed_is_a_gap(store: Store, change: bytes | None) -> None:
    url = store.put("c/a.ipynb", FILES["a.ipynb"])
    found = collected("s3://estate/c")
    if change is None:
        store.client.delete_object(Bucket="estate", Key="c/a.ipynb")
    else:
        store.put("c/a.ipynb", change)
    report = pipeline.audit_found(found, [url], CONFIG)
    assert [gap.reason for gap in report.gaps] == [
        "it is not there (any more)" if change is None else "changed while it was read"
    ]
    assert report.verdict.passed is None


@pytest.mark.parametrize("whole", [True, False])
def test_a_model_of_two_versions_is_a_gap(store: Store, whole: bool) -> None:
    data = bytearray(model())
    url = store.put("v/model.pt", bytes(data))
    found = collected("s3://estate/v")
    data[-(1 << 20)] ^= 1
    store.put("v/model.pt", bytes(data))
    config = CONFIG.with_(tables={"models": {"bytes": whole}})
    assert "changed while it was read" in [gap.reason for gap in pipeline.audit_found(found, [url], config).gaps]


def test_a_connection_that_is_cut_is_a_gap(store: Store) -> None:
    url = store.put("cut/a.ipynb", notebook("x = 1\n" * 20_000))
    found = collected("s3://estate/cut")
    store.wire.cut = 30_000
    report = pipeline.audit_found(found, [url], CONFIG)
    assert [gap.code for gap in report.gaps] == ["unreadable"]
    assert report.verdict.passed is None


def test_credentials_are_those_of_now(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    url = store.put("k/a.ipynb", FILES["a.ipynb"])
    with monkeypatch.context() as without:
        without.delenv("AWS_SECRET_ACCESS_KEY")
        without.setenv("AWS_EC2_METADATA_DISABLED", "true")
        with pytest.raises(UsageError, match="Credentials"):
            pipeline.audit([url], CONFIG)
    assert pipeline.audit([url], CONFIG).findings


def test_offline_forbids_the_network_and_nothing_else(tmp_path: Path) -> None:
    offline = CONFIG.with_(offline=True)
    with pytest.raises(UsageError, match=r"s3://estate/x is on the network, and this run is offline"):
        pipeline.audit(["s3://estate/x"], offline)
    with pytest.raises(UsageError, match="offline"):
        pipeline.audit(["zip://a.ipynb::https://example.org/a.zip"], offline)
    (tmp_path / "a b.ipynb").write_bytes(FILES["a.ipynb"])
    assert pipeline.audit([f"file://{tmp_path}/a%20b.ipynb"], offline).findings
    fsspec.filesystem("memory").pipe("/here/a.ipynb", FILES["a.ipynb"])
    assert pipeline.audit(["memory://here"], offline).findings


def test_a_zip_in_a_bucket_is_a_folder(store: Store) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("in/a.ipynb", FILES["a.ipynb"])
        packed.writestr("in/b.py", FILES["deep/er/load.py"])
    store.put("z/all.zip", data.getvalue())
    report = pipeline.audit(["zip://in::s3://estate/z/all.zip"], CONFIG)
    assert not report.gaps
    assert {one.finding.location.path for one in report.findings} == {
        "s3://estate/z/all.zip!/in/a.ipynb",
        "s3://estate/z/all.zip!/in/b.py",
    }


@pytest.mark.parametrize("name", ["a.ipynb", "model.pkl"])
def test_credentials_in_a_url_are_never_shown(name: str) -> None:
    url = f"http://me:hunter2@127.0.0.1:9/{name}?token=opensesame"
    with pytest.raises(UsageError) as caught:
        pipeline.audit([url], CONFIG)
    assert f"http://127.0.0.1:9/{name}" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "opensesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("s3://key:secret@bucket/x?versionId=1", "s3://bucket/x"),
        ("https://u:p@h/x#f", "https://h/x"),
        ("zip://a@b.ipynb::https://u:p@h/x.zip?sig=1", "zip://a@b.ipynb::https://h/x.zip"),
        ("github://org:repo@main/nb", "github://org:repo@main/nb"),
        ("sftp://u:p@h/a\x1b[2Jb", "sftp://h/a\\x1b[2Jb"),
    ],
)
def test_how_a_url_is_shown(url: str, safe: str) -> None:
    assert shown(url) == safe
    assert "secret" not in repr(Place(url))


@pytest.mark.parametrize(
    ("target", "module", "needed"),
    [("s3://b/x", "s3fs", "s3fs"), ("gs://b/x", "gcsfs", "gcsfs"), ("az://b/x", "adlfs", "adlfs"),
     ("hf://datasets/a/b", "huggingface_hub", "huggingface_hub"), ("s3://b/x", "fsspec.core", "fsspec")],
)  # fmt: skip
def test_a_library_that_is_missing_is_named(
    target: str, module: str, needed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(importlib.import_module("fsspec.registry")._registry, target.partition(":")[0], raising=False)
    with pytest.raises(UsageError, match=rf"needs {needed}, .* pip install 'mlsec_nb\[remote\]'"):
        pipeline.audit([target], CONFIG)


def test_a_scheme_that_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gopher://x cannot be a target"):
        pipeline.audit(["gopher://x"], CONFIG)


def test_an_address_of_a_server_is_asked_and_not_fetched() -> None:
    found = list(sources.collect(["http://127.0.0.1:9/v1", "https://127.0.0.1:9"], CONFIG))
    assert [str(one.kind) for one in found if isinstance(one, Artifact)] == ["api", "api"]


def test_what_cannot_be_listed_is_a_gap(store: Store) -> None:
    store.put("l/a.ipynb", FILES["a.ipynb"])
    store.put("l/sub/b.ipynb", FILES["a.ipynb"])
    store.wire.refused = b"prefix=l%2Fsub"
    report = pipeline.audit(["s3://estate/l"], CONFIG)
    assert [(gap.location.path, gap.reason) for gap in report.gaps] == [
        ("s3://estate/l/sub", "the folder cannot be listed: permission denied")
    ]


DATA = bytes(range(256)) * 5_000


@pytest.fixture(scope="module")
def here() -> RemoteFile:
    fsspec.filesystem("memory").pipe("/bytes.bin", DATA)
    place = Place.of("memory://bytes.bin", offline=True)
    return place.file(place.info())


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.tuples(st.integers(-9, len(DATA) + 9), st.integers(-9, len(DATA) + 9)), max_size=8))
def test_pieces_are_what_bytes_are(here: RemoteFile, cuts: list[tuple[int, int]]) -> None:
    pieces = here.ranges()
    assert len(pieces) == len(DATA)
    for start, end in cuts:
        assert pieces[start:end] == DATA[start:end]
        if 0 <= start < len(DATA):
            assert pieces[start] == DATA[start]
            assert pieces.find(b"\xfe\xff\x00", start) == DATA.find(b"\xfe\xff\x00", start)
    assert pieces.find(b"none such") == -1


@settings(max_examples=60, deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, len(DATA) + 9), st.integers(0, 300_000)), max_size=8))
def test_a_stream_reads_what_a_file_reads(here: RemoteFile, moves: list[tuple[int, int]]) -> None:
    with here.open() as stream, io.BytesIO(DATA) as plain:
        for at, count in moves:
            assert stream.seek(at) == plain.seek(at)
            assert stream.read(count) == plain.read(count)
            assert stream.tell() == plain.tell()


def test_limits_hold_and_indices_end(here: RemoteFile) -> None:
    with pytest.raises(CannotRead, match="the limit"):
        here.read(len(DATA) - 1)
    with pytest.raises(IndexError):
        here.ranges()[len(DATA)]
    with pytest.raises(CannotRead, match="changed"):
        replace(here, size=len(DATA) + 1).read(1 << 30)


def test_few_pieces_are_kept(here: RemoteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsec_nb.io.remote._KEPT", 4)
    pieces = here.ranges()
    assert pieces[:] == DATA
    assert pieces.find(b"none such") == -1
    assert len(pieces._blocks) <= 4
