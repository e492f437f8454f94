"""`mlsec container`, and what of images other commands and gates see."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from mlsec_nb.advisories.updating import import_
from mlsec_nb.cli import main
from tests.advisories.test_store import record
from tests.sources.images import Files, config_of, layer, oci, written
from tests.sources.registry import Registry, serving

KEY = "AK" + "IA" + "QYLPMN5HHHFPZAM2"
STATUS = "Package: {}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {}\n\n"
DEBIAN = b'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian 13"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    records = [record("DEBIAN-CVE-2026-1", package="jq", ecosystem="Debian:13", upstream=["CVE-2026-1"],
                      events=({"introduced": "0"}, {"fixed": "1.7-2"}), database_specific={"severity": "HIGH"})]  # fmt: skip
    (tmp_path / "records.json").write_text(json.dumps(records))
    import_(tmp_path / "store.sqlite", [tmp_path / "records.json"])
    (tmp_path / "records.json").unlink()
    monkeypatch.setenv("MLSEC_ADVISORIES", str(tmp_path / "store.sqlite"))
    (tmp_path / "mlsec.toml").write_text("[containers]\nmax-age-days = 100000\n")
    return tmp_path


def image(here: Path, name: str, *layers: Files, history: Sequence[str] = (), form: str = "docker") -> str:
    tars = [layer(files) for files in layers]
    folder = here / name
    folder.mkdir()
    lines = [{"created_by": line} for line in history]
    inner = {"User": "app", "Cmd": ["sleep"], "Healthcheck": {"Test": ["CMD", "true"]}}
    return str(Path(written(folder, form, tars, config_of(tars, lines, **inner))).relative_to(here))


def system(*packages: str) -> Files:
    text = "".join(STATUS.format(*one.split()) for one in packages)
    return {"etc/os-release": DEBIAN, "var/lib/dpkg/status": text.encode()}


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main([*words])
    return code, capsys.readouterr().out


@pytest.mark.parametrize("form", ["docker", "layout", "archive.tar.gz"])
def test_an_image_is_audited_layer_by_layer(form: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = image(here, "app", system("jq 1.7-1"), {"app/keys": KEY.encode()}, {"app/.wh.keys": b""}, form=form,
                 history=["ADD rootfs /", "COPY . /app", "RUN rm /app/keys"])  # fmt: skip
    code, out = said(capsys, "container", path, "-q")
    assert code == 1
    assert "jq 1.7-1: a known vulnerability (DEBIAN-CVE-2026-1); mended in 1.7-2 (layer 1, ADD rootfs /)" in " ".join(
        out.split()
    )
    assert "mends 1 of 1 known vulnerabilities: RUN apt-get update" in " ".join(out.split())
    assert "deleted or overwritten in layer 3, RUN rm /app/keys" in " ".join(out.split())
    assert KEY not in out
    assert said(capsys, "scan", path, "-q")[0] == 1


def test_what_an_image_has_can_be_left_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = image(here, "base", system("jq 1.7-1"), history=["ADD rootfs /"])
    path = image(here, "app", system("jq 1.7-1"), {"app/a.py": b"a = 1\n"}, history=["ADD rootfs /", "COPY . /app"])
    assert said(capsys, "container", path, "-q")[0] == 1
    assert said(capsys, "container", path, "-q", "--base", base)[0] == 0
    assert said(capsys, "container", path, "-q", "--ignore-base", "--ignore-unfixed", "--packaged")[0] == 1
    (here / "base.tar").write_bytes(b"no image")
    assert said(capsys, "container", path, "-q", "--base", "base.tar")[0] == 2


def test_two_images_side_by_side(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = image(here, "old", system("jq 1.7-1", "gone 1", "same 1"), {"app/keys": KEY.encode()})
    new = image(here, "new", system("jq 1.7-1+b1", "came 2", "same 1"), {"app/keys": KEY.encode()})
    code, out = said(capsys, "container", new, "--diff", old, "-q")
    assert code == 0, out
    assert (
        "Packages: 1 came, 1 went, 1 changed\n  + came (deb) 2\n  − gone (deb) 1\n  ~ jq (deb) 1.7-1 → 1.7-1+b1" in out
    )
    code, out = said(capsys, "container", new, "--diff", old, "-q", "-f", "json")
    tree = json.loads(out)
    assert {"name": "came", "ecosystem": "deb", "after": "2"} in tree["changes"]
    assert {one["status"] for one in tree["findings"]} == {"known"}
    worse = image(here, "worse", system("same 1"), {"app/keys": KEY.replace("QY", "ZY").encode()})
    assert said(capsys, "container", worse, "--diff", old, "-q")[0] == 1
    for form in ("html", "markdown"):
        assert "came" in said(capsys, "container", new, "--diff", old, "-q", "-f", form)[1]


def test_two_lock_files_side_by_side(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "old").mkdir()
    (here / "old/requirements.txt").write_text("six==1.15.0\n")
    (here / "requirements.txt").write_text("six==1.16.0\nattrs==23.1.0\n")
    _, out = said(capsys, "deps", "requirements.txt", "--diff", "old/requirements.txt", "-q", "--allow-gaps")
    assert "+ attrs (PyPI) 23.1.0\n  ~ six (PyPI) 1.15.0 → 1.16.0" in out


def test_a_bill_of_materials_has_the_packages_of_the_image(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = image(here, "app", system("jq 1.7-1"))
    _, out = said(capsys, "container", path, "-q", "--inventory", "-f", "cyclonedx")
    document = json.loads(out)
    kinds = {one["name"]: one["type"] for one in document["components"]}
    assert kinds == {"jq": "library", "app:1": "container"}
    assert [one["id"] for one in document["vulnerabilities"]] == ["DEBIAN-CVE-2026-1"]
    spdx = json.loads(said(capsys, "container", path, "-q", "--inventory", "-f", "spdx")[1])
    assert "jq" in {one["name"] for one in spdx["packages"]}


@pytest.mark.parametrize("words", [["nothing.tar"], ["empty"], ["plain.tar"]])
def test_what_is_no_image_is_never_a_pass(words: list[str], here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "empty").mkdir()
    (here / "plain.tar").write_bytes(layer({"a": b"1"}))
    assert said(capsys, "container", *words, "-q")[0] == 2


def test_the_gate_of_ci_is_decided_by_what_is_in_the_image(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image(here, "images", system("jq 1.7-2"))
    code, out = said(capsys, "gate", "ci", "-q")
    assert (code, "✔ containers: passed" in out) == (0, True), out
    image(here, "worse", system("jq 1.7-1"))
    code, out = said(capsys, "gate", "ci", "-q")
    assert code == 1
    assert "✘ containers: failed" in out


def test_a_gate_does_not_pass_what_could_not_be_looked_up(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image(here, "images", {**system("jq 1.7-2"), "etc/os-release": DEBIAN.replace(b"13", b"99")})
    code, out = said(capsys, "gate", "ci", "-q")
    assert code == 2
    assert "the store has no advisories for Debian:99" in " ".join(out.split())


def test_an_image_of_a_registry_is_audited_unless_offline(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    tars = [layer(system("jq 1.7-1"))]
    registry = Registry()
    registry.take(oci(tars, config_of(tars)), "1")
    with serving(registry) as host:
        target = f"docker://{host}/team/app:1"
        code, out = said(capsys, "container", target, "--offline", "-q")
        assert (code, registry.asked) == (2, [])
        assert "offline" in out
        (here / "mlsec.toml").write_text("offline = true\n")
        code, out = said(capsys, "container", target, "-q")
        assert (code, registry.asked) == (2, [])
        (here / "mlsec.toml").unlink()
        code, out = said(capsys, "container", target, "-q", "--platform", "linux/amd64")
        assert code == 1
        assert "jq 1.7-1: a known vulnerability" in out
