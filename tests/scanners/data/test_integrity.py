"""Pins against bytes: DVC, Git LFS, checksum lists, descriptors, Hugging Face."""

import hashlib
import json
import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.core import Component, Kind, Severity
from mlsec_nb.scanners.data import hashing

from tests.scanners.data.kit import gaps, md5, pin, report, rules, said, scan, scan_bytes


@pytest.fixture
def folder(tmp_path):
    """A repository with a pinned file and a pinned folder."""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "train.csv").write_bytes(b"a,b\n1,2\n")
    images = tmp_path / "images"
    (images / "sub").mkdir(parents=True)
    for name in ("1.txt", "2.txt", "sub-z", "sub/né.txt", ".hidden"):
        (images / name).write_text(f"picture {name}")
    pin(tmp_path / "train.csv")
    pin(images)
    return tmp_path


def test_what_is_as_pinned_is_quiet(folder):
    assert scan(folder / "train.csv.dvc") == []
    assert scan(folder / "images.dvc") == []


def test_a_change_with_the_same_size_and_time_is_found(folder):
    data = folder / "train.csv"
    before = data.stat()
    data.write_bytes(b"a,b\n1,3\n")
    os.utime(data, ns=(before.st_atime_ns, before.st_mtime_ns))
    (found,) = scan(folder / "train.csv.dvc")
    assert (found.rule.id, found.severity, found.location.line) == ("DATA-CHANGED", Severity.HIGH, 2)
    assert "train.csv" in found.message


def test_the_file_inside_a_folder_is_named(folder):
    (folder / "images/1.txt").write_text("another")
    (folder / "images/2.txt").rename(folder / "images/3.txt")
    found = scan(folder / "images.dvc")
    assert [(item.rule.id, item.message) for item in found] == [
        ("DATA-CHANGED", "images/1.txt is not what is pinned"),
        ("DATA-REMOVED", "images/2.txt is pinned but not there"),
        ("DATA-ADDED", "images/3.txt is there but not pinned"),
    ]


def test_without_the_list_the_folder_is_named(folder):
    (folder / "images/1.txt").write_text("another")
    for item in (folder / ".dvc/cache").rglob("*.dir"):
        item.unlink()
    (found,) = scan(folder / "images.dvc")
    assert found.rule.id == "DATA-CHANGED"
    assert "cannot be named" in found.message


def test_a_changed_list_in_the_cache_is_found_and_not_believed(folder):
    (listing,) = (folder / ".dvc/cache").rglob("*.dir")
    listing.write_text("[]")
    assert rules(scan(folder / "images.dvc")) == ["DATA-PIN-CACHE"]
    (folder / "images/1.txt").write_text("another")
    assert rules(scan(folder / "images.dvc")) == ["DATA-PIN-CACHE", "DATA-CHANGED"]


def test_a_wider_ignore_file_hides_nothing(folder):
    (folder / ".dvcignore").write_text("images/*.txt\n")
    assert rules(scan(folder / "images.dvc")) == ["DATA-REMOVED", "DATA-REMOVED"]
    (folder / ".dvcignore").write_text("*.tmp\n")
    (folder / "images/x.tmp").write_text("left out")
    assert scan(folder / "images.dvc") == []


def test_many_changes_are_told_in_one(folder):
    for number in range(80):
        (folder / f"images/new{number:02}").write_text("x")
    found = scan(folder / "images.dvc")
    assert rules(found) == ["DATA-ADDED"] * 50 + ["DATA-CHANGED"]
    assert "30 further files" in found[-1].message


def test_what_is_not_here_is_a_gap(folder):
    (folder / "train.csv").unlink()
    assert gaps(scan(folder / "train.csv.dvc")) == ["unreadable"]
    assert report(folder).verdict.passed is None


def test_a_folder_for_a_file_and_a_file_for_a_folder(folder):
    (folder / "train.csv").unlink()
    (folder / "train.csv").mkdir()
    assert rules(scan(folder / "train.csv.dvc")) == ["DATA-CHANGED"]
    other = folder / "other"
    other.mkdir()
    made = pin(other)
    other.rmdir()
    other.write_text("x")
    assert rules(scan(made)) == ["DATA-CHANGED"]


@pytest.mark.parametrize("text", [b"a,b\r\n1,2\r\n", b"a,b\n1,2\n", b"\0\r\nbinary\r\n"])
def test_line_ends_of_version_two(tmp_path, text):
    data = tmp_path / "x.csv"
    data.write_bytes(text.replace(b"\r\n", b"\n") if b"\0" not in text else text)
    made = pin(data, version=2)
    data.write_bytes(text)
    assert scan(made) == []
    data.write_bytes(text + b"more")
    assert rules(scan(made)) == ["DATA-CHANGED"]


@given(st.binary(max_size=3000))
def test_line_ends_only_matter_in_text(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    head = data[:512]
    printable = sum(byte in hashing._TEXT for byte in head)
    text = b"\0" not in head and len(head) - printable <= 0.3 * len(head)
    assert hashing.of_file(path, "md5-dos2unix") == md5(data.replace(b"\r\n", b"\n") if text else data)


LOCK = """schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - {{path: {dep}, hash: md5, md5: {digest}, size: 8}}
    outs:
    - {{path: model.bin, hash: md5, md5: {model}}}
"""


def test_a_lock_file(folder):
    (folder / "model.bin").write_bytes(b"weights")
    lock = folder / "dvc.lock"
    lock.write_text(LOCK.format(dep="train.csv", digest=md5(b"a,b\n1,2\n"), model=md5(b"weights")))
    assert scan(lock) == []
    (folder / "train.csv").write_bytes(b"a,b\n9,9\n")
    pin(folder / "train.csv")  # pinned anew, the lock forgotten
    assert rules(scan(lock)) == ["DATA-STALE"]
    (folder / "model.bin").write_bytes(b"others!")
    assert sorted(rules(scan(lock))) == ["DATA-CHANGED", "DATA-STALE"]


def test_the_working_folder_of_a_stage(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/model.bin").write_bytes(b"others!")
    (tmp_path / "dvc.yaml").write_text("stages:\n  train:\n    cmd: x\n    wdir: sub\n")
    lock = tmp_path / "dvc.lock"
    lock.write_text(LOCK.format(dep="gone", digest="0" * 32, model=md5(b"weights")))
    assert rules(scan(lock)) == ["DATA-CHANGED"]


@pytest.mark.parametrize("name", ["../../secret", "/etc/hostname"])
def test_a_pin_never_leads_out_of_the_repository(folder, name):
    made = folder / "x.dvc"
    made.write_text(f"outs:\n- md5: {'0' * 32}\n  hash: md5\n  path: {name}\n")
    found = scan(made)
    assert rules(found) == ["DATA-PIN-OUTSIDE"]
    assert gaps(found) == ["unsupported"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("outs: [", "malformed"), ("- a\n- b\n", "malformed"), ("deps: []\n", "malformed"), ("outs:\n- md5: 00\n", "malformed"),
        ("outs:\n- path: train.csv\n  etag: abc\n", "unsupported"),
        ("outs:\n- path: train.csv\n  hash: strange\n  strange: 00\n", "unsupported"),
        ("outs: &a\n- *a\n", "malformed"), ("[" * 5000, "malformed"),
    ],
)  # fmt: skip
def test_what_cannot_be_verified_is_said(folder, text, code):
    made = folder / "bad.dvc"
    made.write_text(text)
    told = [gap.code for gap in report(folder).gaps if gap.location.path.endswith("bad.dvc")]
    assert told == [code]


def test_files_of_a_versioned_cloud_folder(folder):
    (folder / "cloud").mkdir()
    (folder / "cloud/a.txt").write_bytes(b"a")
    entry = f"outs:\n- path: cloud\n  files:\n  - relpath: a.txt\n    md5: {md5(b'b')}\n    hash: md5\n"
    (folder / "cloud.dvc").write_text(entry + "  - relpath: b.txt\n    cloud: {x: {etag: y}}\n")
    found = scan(folder / "cloud.dvc")
    assert (rules(found), gaps(found)) == (["DATA-CHANGED"], ["unsupported"])


def test_a_pin_in_memory_is_a_gap(folder):
    text = (folder / "train.csv.dvc").read_bytes()
    with pytest.raises(Exception, match="not on this machine"):
        scan_bytes(text, "train.csv.dvc")


@pytest.mark.parametrize("line", ["{sha256}  a.csv", "{sha256} *a.csv", "SHA256 (a.csv) = {sha256}", "{md5}  a.csv"])
def test_checksum_lists(tmp_path, line):
    (tmp_path / "a.csv").write_bytes(b"1\n")
    sha256 = hashlib.sha256(b"1\n").hexdigest()
    sums = tmp_path / "SHA256SUMS"
    sums.write_text("-----BEGIN PGP SIGNED MESSAGE-----\n" + line.format(sha256=sha256, md5=md5(b"1\n")) + "\n")
    assert scan(sums, Kind.TEXT) == []
    (tmp_path / "a.csv").write_bytes(b"2\n")
    (found,) = scan(sums, Kind.TEXT)
    assert (found.rule.id, found.location.line) == ("DATA-CHANGED", 2)
    (tmp_path / "a.csv").unlink()
    assert gaps(scan(sums, Kind.TEXT)) == ["skipped"]
    assert rules(report(tmp_path).new) == []


def test_a_digest_beside_its_file_and_blake(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"1\n")
    (tmp_path / "a.csv.sha256").write_text(hashlib.sha256(b"2\n").hexdigest() + "\n")
    (tmp_path / "B2SUMS").write_text(hashlib.blake2b(b"1\n").hexdigest() + "  a.csv\n" + "ab" * 16 + "  ../../x\n")
    assert rules(scan(tmp_path / "a.csv.sha256", Kind.TEXT)) == ["DATA-CHANGED"]
    assert rules(scan(tmp_path / "B2SUMS", Kind.TEXT)) == ["DATA-PIN-OUTSIDE"]


def test_descriptors(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"1\n")
    good, bad = hashlib.sha256(b"1\n").hexdigest(), hashlib.sha256(b"2\n").hexdigest()
    package = tmp_path / "datapackage.json"
    for digest, size, expected in ((good, 2, []), (bad, 2, ["DATA-CHANGED"]), (good, 3, ["DATA-CHANGED"])):
        resource = {"path": "a.csv", "hash": f"sha256:{digest}", "bytes": size}
        package.write_text(json.dumps({"resources": [resource, {"path": "https://x.example/a", "hash": bad}]}))
        assert rules(scan(package, Kind.TEXT)) == expected
    croissant = tmp_path / "croissant.json"
    for digest, expected in ((good, []), (bad, ["DATA-CHANGED"])):
        croissant.write_text(json.dumps({"distribution": [{"contentUrl": "a.csv", "sha256": digest}, 7]}))
        assert rules(scan(croissant, Kind.TEXT)) == expected
    croissant.write_text("[1, 2]")
    assert scan(croissant, Kind.TEXT) == []
    croissant.write_text('{"sha256": ')
    assert [gap.code for gap in report(tmp_path).gaps] == ["malformed"]


def test_downloads_of_hugging_face(tmp_path):
    data = tmp_path / "data/train.csv"
    data.parent.mkdir()
    data.write_bytes(b"a\n1\n")
    note = tmp_path / ".cache/huggingface/download/data/train.csv.metadata"
    note.parent.mkdir(parents=True)
    blob = hashlib.sha1(b"blob 4\0a\n1\n").hexdigest()
    for etag in (hashlib.sha256(b"a\n1\n").hexdigest(), blob, "W/strange"):
        note.write_text(f"commit\n{etag}\n1700000000.0\n")
        assert rules(scan(data)) == []
    note.write_text(f"commit\n{hashlib.sha256(b'other').hexdigest()}\n1700000000.0\n")
    assert rules(scan(data)) == ["DATA-CHANGED"]
    cached = tmp_path / "hub/datasets--a--b/blobs" / hashlib.sha256(b"x").hexdigest()
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"y")
    assert rules(scan(cached)) == ["DATA-CHANGED"]


def _git(folder, *words, **options):
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "filter.lfs.clean=cat", "-c", "filter.lfs.smudge=cat"]
    subprocess.run(["git", *identity, "-C", str(folder), *words], check=True, capture_output=True, **options)


def test_large_files_of_git(tmp_path):
    _git(tmp_path, "init", "-q")
    (tmp_path / ".gitattributes").write_text("*.csv filter=lfs diff=lfs merge=lfs -text\n")
    digest = hashlib.sha256(b"a\n1\n").hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 4\n"
    (tmp_path / "a.csv").write_text(pointer)
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "x")
    assert gaps(scan(tmp_path / "a.csv")) == ["unreadable"]
    attributes = tmp_path / ".gitattributes"
    assert scan(attributes, Kind.TEXT) == []
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    assert scan(attributes, Kind.TEXT) == []
    (tmp_path / "a.csv").write_bytes(b"a\n2\n")
    assert rules(scan(attributes, Kind.TEXT)) == ["DATA-CHANGED"]


def test_large_files_of_a_folder_are_hashed_side_by_side_to_the_same_digests(tmp_path):
    files = {f"{number}.bin": tmp_path / f"{number}.bin" for number in range(6)}
    for number, path in enumerate(files.values()):
        path.write_bytes(bytes([number]) * (number * 700_000 + 1))
    assert hashing.of_files(files, "md5") == {name: md5(path.read_bytes()) for name, path in files.items()}


@pytest.mark.parametrize("version", [2, 3])
def test_stores_are_verified_when_asked(tmp_path, version):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.csv").write_bytes(b"1\n")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\nremote = near\n['remote \"near\"']\nurl = ../store\n['remote \"far\"']\nurl = s3://b/c\n")
    made = pin(tmp_path / "d", version=version)

    def told():
        return list(scan(made, Kind.TEXT, remotes=True))

    inside = "files/md5" if version == 3 else ""
    assert gaps(told()) == ["skipped", "unreadable"]  # the cache has the list only, the remote nothing
    store = tmp_path / "store" / inside
    shutil.copytree(tmp_path / ".dvc/cache" / inside, store)
    thing = store / md5(b"1\n")[:2] / md5(b"1\n")[2:]
    thing.parent.mkdir(exist_ok=True)
    thing.write_bytes(b"1\n")
    assert gaps(told()) == ["skipped"]
    thing.write_bytes(b"2\n")
    assert (rules(told()), rules(scan(made, Kind.TEXT))) == (["DATA-PIN-CACHE"], [])
    (listing,) = store.rglob("*.dir")
    listing.write_text("[7]")
    assert rules(told()) == ["DATA-PIN-CACHE"]


def test_an_import_says_where_it_comes_from(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"1\n")
    made = pin(tmp_path / "a.csv")
    made.write_text(made.read_text() + "deps:\n- path: data/a.csv\n  repo:\n    url: https://git.example.org/r\n    rev_lock: 0123abcd\n")
    (found,) = [item for item in said(made, Kind.TEXT) if isinstance(item, Component)]
    assert found.properties["source"] == "https://git.example.org/r data/a.csv 0123abcd"
    assert (found.properties["verified"], found.version) == ("yes", md5(b"1\n"))
