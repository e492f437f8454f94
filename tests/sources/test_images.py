"""Images of every form are opened, and their layers laid over each other as runtimes do."""

import contextlib
import gzip
import io
import json
import os
import pickle
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb import sources
from mlsec_nb.config import Config, Limits
from mlsec_nb.core import Artifact, CannotRead, Kind, UsageError
from mlsec_nb.core.image import Image
from mlsec_nb.sources.images import ImageContent, open_image
from tests.sources.images import FORMS, Files, config_of, digest, docker, hard, layer, oci, written


def opened(folder: Path, *layers: Files, form: str = "docker", history: Any = (), limits: Limits = Limits()) -> Image:  # noqa: B008
    tars = [layer(files) for files in layers]
    return open_image(written(folder, form, tars, config_of(tars, history)), limits)


def there(image: Image) -> dict[str, str]:
    """What is visible in the end: files by their bytes, links by what they lead to."""
    found = {}
    for entry in image.entries():
        if entry.gone is None and image.visible(entry.path) == entry:
            found[entry.path] = (
                image.read(entry, 1 << 20).decode() if entry.kind in ("file", "hardlink") else entry.link or entry.kind
            )
    return found


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_image(form: str, tmp_path: Path) -> None:
    history = [{"created_by": "ADD a"}, {"created_by": "ENV x", "empty_layer": True}, {"created_by": "RUN b"}]
    image = opened(
        tmp_path, {"etc/": b"", "etc/a": b"old"}, {"etc/a": b"new", "etc/b": "a"}, form=form, history=history
    )
    assert image.name == "app:1" if form != "folder" else image.name.endswith("/image")  # which has no name in it
    assert (image.platform, list(image.gaps)) == ("linux/amd64", [])
    assert [(one.index, one.empty, one.created_by) for one in image.layers] == [
        (0, False, "ADD a"), (1, True, "ENV x"), (2, False, "RUN b"),
    ]  # fmt: skip
    told = [(entry.path, entry.kind, entry.layer, entry.gone) for entry in image.entries()]
    assert told == [
        ("etc", "dir", 0, None), ("etc/a", "file", 0, 2), ("etc/a", "file", 2, None), ("etc/b", "symlink", 2, None),
    ]  # fmt: skip
    assert [image.read(entry, 9) for entry in image.entries() if entry.kind == "file"] == [b"old", b"new"]
    with image.open(next(entry for entry in image.entries() if entry.gone == 2)) as stream:
        assert stream.read() == b"old"


def test_whiteouts_are_about_what_lies_below_their_layer(tmp_path: Path) -> None:
    image = opened(
        tmp_path,
        {"a/": b"", "a/one": b"1", "a/two": b"2", "b/deep/er/x": b"x", "c/old": b"c", "d": b"d"},
        {"a/.wh.one": b"", "b/.wh.deep": b"", "c/new": b"n", "c/.wh..wh..opq": b"", ".wh.d": b"", "d": b"again"},
        {".wh..wh.plnk": b"", ".wh.nothing": b""},
    )
    assert there(image) == {"a": "dir", "a/two": "2", "c/new": "n", "d": "again"}
    assert {entry.path: entry.gone for entry in image.entries() if entry.gone is not None} == {
        "a/one": 1, "b/deep/er/x": 1, "c/old": 1, "d": 1,
    }  # fmt: skip


def test_a_file_in_place_of_a_folder_takes_all_below_it_away(tmp_path: Path) -> None:
    image = opened(tmp_path, {"a/x": b"1", "a/y/z": b"2", "f": b"f"}, {"a": b"file", "f/": b"", "f/g": b"g"})
    assert there(image) == {"a": "file", "f": "dir", "f/g": "g"}


def test_links_of_folders_are_followed_and_never_out(tmp_path: Path) -> None:
    image = opened(
        tmp_path,
        {"usr/lib/": b"", "lib": "usr/lib", "up": "../../..", "loop": "loop", "absolute": "/usr/lib"},
        {"lib/x.so": b"x", "up/etc/y": b"y", "absolute/z": b"z", "loop/w": b"w"},
    )
    found = there(image)
    assert {path: found[path] for path in ("usr/lib/x.so", "etc/y", "usr/lib/z")} == {
        "usr/lib/x.so": "x", "etc/y": "y", "usr/lib/z": "z",
    }  # fmt: skip
    assert "lib/x.so" not in found


def test_hard_links_have_the_bytes_of_what_they_lead_to(tmp_path: Path) -> None:
    image = opened(tmp_path, {"a": b"bytes"}, {"b": hard("a"), "c": hard("nowhere"), ".wh.a": b""})
    assert {entry.path: entry.kind for entry in image.entries()} == {"a": "file", "b": "hardlink", "c": "hardlink"}
    with pytest.raises(CannotRead):
        image.read(next(entry for entry in image.entries() if entry.path == "c"), 9)
    same = opened(tmp_path, {"a": b"bytes", "b": hard("./a")})
    assert there(same) == {"a": "bytes", "b": "bytes"}


def test_names_that_lead_out_are_told_and_taken_as_inside(tmp_path: Path) -> None:
    image = opened(tmp_path, {"../evil": b"x", "a/../../b": b"y", "c/../d": b"z", "./ok": b"1", "/abs": b"2"})
    assert there(image) == {"evil": "x", "b": "y", "d": "z", "ok": "1", "abs": "2"}
    assert ["2 entries have names that lead out" in gap.reason for gap in image.gaps] == [True]


def test_a_path_that_a_layer_has_twice_is_given_twice(tmp_path: Path) -> None:
    image = opened(tmp_path, {"key": b"first", "./key": b"second"})
    assert [(image.read(entry, 9), entry.gone) for entry in image.entries()] == [(b"first", 0), (b"second", None)]


def test_what_stands_at_a_path_is_found_through_links_of_its_folders(tmp_path: Path) -> None:
    image = opened(tmp_path, {"usr/lib/os": b"x", "lib": "usr/lib", "up": "../../lib", "a/b": "/up", "loop": "loop"})
    for path in ("lib/os", "up/os", "a/b/os", "usr/lib/os"):
        assert (found := image.visible(path)), path
        assert found.path == "usr/lib/os"
    assert (link := image.visible("lib"))
    assert (link.kind, link.link) == ("symlink", "usr/lib")
    assert [image.visible(path) for path in ("loop/x", "", "usr/lib/os/x", "nothing/here")] == [None] * 4


def test_paths_that_are_too_long_are_left_out_and_told(tmp_path: Path) -> None:
    image = opened(tmp_path, {"a/" * 2_100 + "b": b"x", "ok": b"1", "link": "b" * 5_000})
    assert there(image) == {"ok": "1"}
    assert [gap.reason[:25] for gap in image.gaps] == ["2 entries were left out: "]


@pytest.mark.parametrize("budget", ["_ROOM", "_WORK"])
def test_what_all_paths_together_may_cost_is_bounded(
    budget: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"mlsec_nb.sources.images.tree.{budget}", 20_000)
    image = opened(tmp_path, {"l": "d", **{f"l/{n}" + "/a" * 60: b"" for n in range(90)}})
    (gap,) = image.gaps
    assert (gap.code, "left out" in gap.reason) == ("too-big", True)
    assert 0 < len(list(image.entries())) < 80
    assert image.visible("l")


def test_layers_with_other_bytes_than_their_digest_are_told(tmp_path: Path) -> None:
    right, wrong = layer({"a": b"1"}), layer({"a": b"2"})
    image = open_image(written(tmp_path, "docker", [wrong], config_of([right])))
    assert [gap.reason for gap in image.gaps] == [
        "the layer has other bytes than its digest says: it was changed, or is damaged"
    ]
    assert there(image) == {"a": "2"}


@pytest.mark.parametrize(
    ("tar", "code"),
    [(b"no tar at all", "unsupported"), (layer({"a": b"1" * 2_000})[:1_500], "malformed"),
     (gzip.compress(layer({"a": os.urandom(9_000)}))[:4_000], "malformed"), (b"\x28\xb5\x2f\xfdxxxx", "malformed")],
)  # fmt: skip
def test_a_damaged_layer_is_a_gap_and_costs_nothing_else(tar: bytes, code: str, tmp_path: Path) -> None:
    good = layer({"b": b"2"})
    image = open_image(written(tmp_path, "docker", [tar, good], config_of([tar, good])))
    assert [gap.code for gap in image.gaps] == [code]
    assert image.visible("b")


def test_of_an_archive_that_is_cut_off_the_rest_is_read(tmp_path: Path) -> None:
    tars = [layer({"a": b"1"}), layer({"b": os.urandom(20_000)})]
    files = docker(tars, config_of(tars))
    whole = layer({name: files[name] for name in ("manifest.json", "config.json", "0/layer.tar", "1/layer.tar")})
    (tmp_path / "x.tar").write_bytes(whole[:-30_000])
    image = open_image(str(tmp_path / "x.tar"))
    assert there(image)["a"] == "1"
    assert {gap.code for gap in image.gaps} == {"malformed"}
    (tmp_path / "x.tar").write_bytes(whole[:1_000])
    with pytest.raises(CannotRead, match="cut off"):
        open_image(str(tmp_path / "x.tar"))


def test_more_entries_than_the_limit_are_a_gap(tmp_path: Path) -> None:
    image = opened(tmp_path, {f"{n}": b"" for n in range(30)}, {"x": b""}, limits=Limits(members=20))
    assert [gap.code for gap in image.gaps] == ["too-big", "too-big"]
    assert len(list(image.entries())) == 20


def test_a_bomb_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsec_nb.sources.images.laying.SPARE", 9 << 20)
    bomb = gzip.compress(layer({"z": b"\0" * (20 << 20)}), 9)
    image = open_image(written(tmp_path, "docker", [bomb, layer({"b": b""})], config_of([bomb, layer({"b": b""})])))
    assert [(gap.code, "times what it is packed in" in gap.reason) for gap in image.gaps] == [("too-big", True)]
    assert image.visible("b")


@pytest.mark.parametrize("how", ["gzip", "plain"])
def test_a_layer_that_is_there_many_times_is_not_read_without_end(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlsec_nb.sources.images.laying.SPARE", 3 << 20)
    one = layer({"z": os.urandom(1 << 20)})
    image = open_image(written(tmp_path, f"layout, {how}", [one] * 9, config_of([one] * 9)))
    assert {gap.code for gap in image.gaps} == {"too-big"}
    assert 5 <= len(image.gaps) <= 7
    image = open_image(written(tmp_path, f"layout, {how}", [one], config_of([one])), Limits(unpacked_bytes=1 << 20))
    assert [gap.code for gap in image.gaps] == ["too-big"]


def test_a_layer_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    files = docker([layer({"a": b"1"})], config_of([b""]))
    del files["0/layer.tar"]
    (tmp_path / "x.tar").write_bytes(layer(files))
    assert [gap.reason for gap in open_image(str(tmp_path / "x.tar")).gaps] == ["the layer is not there"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"manifest.json": b"[]"}, "neither"), ({"manifest.json": b"{"}, "no JSON"), ({"config.json": None}, "not there"),
        ({"config.json": b"[1]"}, "not there"), ({"manifest.json": None}, "neither"),
    ],
)  # fmt: skip
def test_archives_that_are_no_images(change: dict[str, bytes | None], reason: str, tmp_path: Path) -> None:
    files = {**docker([], config_of([])), **change}
    (tmp_path / "x.tar").write_bytes(layer({name: data for name, data in files.items() if data is not None}))
    with pytest.raises(CannotRead, match=reason):
        open_image(str(tmp_path / "x.tar"))


def platform(files: dict[str, bytes], **change: Any) -> dict[str, Any]:
    (descriptor,) = json.loads(files["index.json"])["manifests"]
    return {**descriptor, **change}


def test_of_several_platforms_one_is_looked_at_and_the_others_are_told(tmp_path: Path) -> None:
    files = oci([layer({"a": b"1"})], config_of([layer({"a": b"1"})]))
    arm = platform(files, platform={"os": "linux", "architecture": "riscv64"})
    attestation = platform(files, platform={"os": "unknown", "architecture": "unknown"})
    mine = platform(files, platform={"os": "linux", "architecture": "amd64"})
    inner = json.dumps({"manifests": [arm, attestation, mine]}).encode()
    files[f"blobs/sha256/{digest(inner)[7:]}"] = inner
    outer = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest(inner)}
    files["index.json"] = json.dumps({"manifests": [outer]}).encode()
    (tmp_path / "x.tar").write_bytes(layer(files))
    image = open_image(str(tmp_path / "x.tar"))
    assert there(image) == {"a": "1"}
    ((told,)) = [gap.reason for gap in image.gaps]
    assert told.startswith("other images of the index were not looked at: linux/")


@pytest.mark.parametrize("index", [{"digest": "sha256:../../etc/passwd"}, {"digest": "md5:x"}, {}, 3])
def test_digests_of_an_index_are_no_paths(index: Any, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(
        layer({"index.json": json.dumps({"manifests": [index]}).encode(), "oci-layout": b"{}"})
    )
    with pytest.raises(CannotRead):
        open_image(str(tmp_path / "x.tar"))


def test_a_manifest_with_other_bytes_than_its_digest_is_refused(tmp_path: Path) -> None:
    files = oci([], config_of([]))
    name = f"blobs/{platform(files)['digest'].replace(':', '/')}"
    files[name] += b" "
    (tmp_path / "x.tar").write_bytes(layer(files))
    with pytest.raises(CannotRead, match="not those of its digest"):
        open_image(str(tmp_path / "x.tar"))


def test_a_root_filesystem_is_an_image_of_one_layer(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text("ID=debian\n")
    (root / "etc/link").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe")
    image = open_image(str(root))
    assert {entry.path: entry.kind for entry in image.entries()} == {
        "etc": "dir", "etc/link": "symlink", "etc/os-release": "file", "pipe": "fifo",
    }  # fmt: skip
    assert image.read(next(e for e in image.entries() if e.path == "etc/os-release"), 99) == b"ID=debian\n"
    assert len(open_image(str(root), Limits(members=2)).gaps) == 1
    with pytest.raises(CannotRead, match="neither an OCI layout nor a root"):
        open_image(str(tmp_path))
    with pytest.raises(UsageError):
        open_image(str(tmp_path / "nothing"))


def test_what_is_mounted_in_a_root_filesystem_is_told_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=debian\n")
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/version").write_text("1")
    lstat = os.lstat

    def mounted(path: Any) -> os.stat_result:
        found = lstat(path)
        return os.stat_result((*found[:2], found.st_dev + str(path).endswith("proc"), *found[3:]))

    monkeypatch.setattr("os.lstat", mounted)
    image = open_image(str(tmp_path))
    assert {entry.path for entry in image.entries()} == {"etc", "etc/os-release", "proc"}
    assert [(gap.location.member, gap.code) for gap in image.gaps] == [("proc", "skipped")]


def test_layers_and_lines_without_end_are_cut(tmp_path: Path) -> None:
    files = docker([layer({})], config_of([], [{"empty_layer": True}] * 10_005))
    files["manifest.json"] = json.dumps([{"Config": "config.json", "Layers": ["none"] * 1_003}]).encode()
    (tmp_path / "x.tar").write_bytes(layer(files))
    image = open_image(str(tmp_path / "x.tar"))
    assert len(image.layers) == 10_500
    assert [gap.reason for gap in image.gaps if gap.code == "too-big"] == [
        "has 1,003 layers, of which 500 were looked at", "has 10,005 lines of history, of which 10,000 were looked at",
    ]  # fmt: skip


def test_links_of_an_archive_that_lead_nowhere_are_no_layers(tmp_path: Path) -> None:
    files: dict[str, Any] = docker([layer({}), layer({}), layer({"a": b"1"})], config_of([]))
    files |= {"0/layer.tar": "layer.tar", "1/layer.tar": hard("nowhere"), "x/": b""}
    (tmp_path / "x.tar").write_bytes(layer(files))
    image = open_image(str(tmp_path / "x.tar"))
    assert [gap.reason for gap in image.gaps] == ["the layer is not there"] * 2
    assert there(image) == {"a": "1"}


def test_of_an_archive_of_more_files_than_the_limit_the_first_are_looked_at(tmp_path: Path) -> None:
    image = opened(tmp_path, *[{"a": b""}] * 3, limits=Limits(members=3))
    assert [gap.reason for gap in image.gaps] == [
        "has more than 3 members, the limit", "the layer is not there", "the layer is not there",
    ]  # fmt: skip


def test_folders_that_cannot_be_listed_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=debian\n")
    (tmp_path / "gone").write_text("")
    scandir, lstat = os.scandir, os.lstat

    def closed(path: Any) -> Any:
        if str(path).endswith("etc"):
            raise PermissionError(13, "no", str(path))
        return scandir(path)

    def vanished(path: Any) -> os.stat_result:
        if str(path).endswith("gone"):
            raise FileNotFoundError(2, "no", str(path))
        return lstat(path)

    monkeypatch.setattr("os.scandir", closed)
    monkeypatch.setattr("os.lstat", vanished)
    assert sorted((gap.location.member, gap.code) for gap in open_image(str(tmp_path)).gaps) == [
        ("etc", "unreadable"), ("gone", "unreadable"),
    ]  # fmt: skip


def test_sparse_files_are_told(tmp_path: Path) -> None:
    sparse = tarfile.TarInfo("GNUSparseFile.0/x")
    sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.name": "x"}
    old = tarfile.TarInfo("y")
    old.type = tarfile.GNUTYPE_SPARSE
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(sparse)
        tar.addfile(old)
    image = open_image(written(tmp_path, "docker", [made.getvalue()], config_of([made.getvalue()])))
    assert [gap.reason[:21] for gap in image.gaps] == ["2 entries are of a ty"]
    assert list(image.entries()) == []


def test_a_walk_meets_images_and_hands_them_to_another_process(tmp_path: Path) -> None:
    tars = [layer({"app/a": b"hello"})]
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        written(tmp_path / str(number), "archive", tars, config_of(tars))
    found = [one for one in sources.collect([str(tmp_path)], Config()) if isinstance(one, Artifact)]
    assert [one.kind for one in found] == [Kind.IMAGE, Kind.IMAGE]
    assert all(isinstance(one.content, ImageContent) for one in found)
    content = pickle.loads(pickle.dumps(found[0].content))
    assert there(content.image) == {"app/a": "hello"}


def test_archives_of_older_docker_have_links_for_layers(tmp_path: Path) -> None:
    one = layer({"a": b"1"})
    files: dict[str, Any] = docker([one, one], config_of([one, one]))
    files["1/layer.tar"] = "../0/layer.tar"
    (tmp_path / "x.tar").write_bytes(layer(files))
    image = open_image(str(tmp_path / "x.tar"))
    assert (list(image.gaps), there(image)) == ([], {"a": "1"})


@given(data=st.data())
def test_whatever_bytes_an_archive_has_it_is_opened_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tars = [layer({"a": b"1", "b": "a"}), layer({".wh.a": b"", "c": hard("b")})]
    whole = bytearray(layer(docker(tars, config_of(tars))))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("odd") / "x.tar"
    path.write_bytes(whole)
    with contextlib.suppress(CannotRead):
        there(open_image(str(path)))


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_without_entries_is_one(form: str, tmp_path: Path) -> None:
    image = opened(tmp_path, {}, {"a": b"1"}, {}, form=form)
    assert (list(image.gaps), there(image)) == ([], {"a": "1"})


def test_a_hard_link_to_a_link_is_that_link(tmp_path: Path) -> None:
    image = opened(tmp_path, {"l": "nowhere", "h": hard("l"), "d/": b"", "to-folder": hard("d")})
    assert (found := image.visible("h"))
    assert (found.kind, found.link) == ("symlink", "nowhere")
    assert (folder := image.visible("to-folder"))
    with pytest.raises(CannotRead):
        image.open(folder)


def test_modes_and_owners_are_kept(tmp_path: Path) -> None:
    info = tarfile.TarInfo()
    info.mode, info.uid, info.gid = 0o4755, 1000, 3_000_000
    tars = [layer({"su": info, "x" * 150 + "/" + "y" * 150: b"long", "link": "z" * 200})]
    image = open_image(written(tmp_path, "docker", tars, config_of(tars)))
    su = image.visible("su")
    assert su
    assert (su.mode, su.uid, su.gid) == (0o4755, 1000, 3_000_000)
    assert image.visible("x" * 150 + "/" + "y" * 150)
    link = image.visible("link")
    assert link
    assert link.link == "z" * 200
