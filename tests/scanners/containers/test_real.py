"""Real packages and real tools: dpkg, rpm, umoci and skopeo tell what is right."""

import gzip
import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

import mlsec_nb
from mlsec_nb.config import Limits
from mlsec_nb.scanners.containers.inventory import Inventory, inventory
from mlsec_nb.sources import open_image
from tests.scanners.containers import real
from tests.sources.images import config_of, layer, written

KEY = "AK" + "IA" + "QYLPMN5HHHFPZAM2"

pytestmark = pytest.mark.slow


def installed(found: Inventory, system: str) -> set[str]:
    return {f"{one.package.name} {one.package.version}" for one in found.installed if one.package.system == system}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Over 210 MB of layers: packages, then what was planted, then what was taken away."""
    folder = tmp_path_factory.mktemp("real")
    names = real.packages(240)
    root = real.root(folder, names)
    planted = folder / "planted.tar"
    planted.write_bytes(
        layer({"app/keys": f"aws_access_key_id = {KEY}\n".encode(), "app/m.pkl": b"cposix\nsystem\n(S'id'\ntR."})
    )
    gone = folder / "gone.tar"
    gone.write_bytes(layer({"app/.wh.keys": b""}))
    history = ["/bin/sh -c #(nop) ADD file:1 in /", "COPY . /app # buildkit", "RUN /bin/sh -c rm /app/keys # buildkit"]
    return real.archive(folder, [root, planted, gone], history), names


def test_the_inventory_is_that_of_dpkg(image: tuple[Path, list[str]]) -> None:
    path, names = image
    shown = real.run("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *names)
    found = inventory(open_image(str(path)), Limits())
    assert installed(found, "deb") == set(shown.splitlines())
    assert {one.since for one in found.installed} == {0}


def test_two_hundred_megabytes_are_never_in_memory_at_once(image: tuple[Path, list[str]]) -> None:
    path, _ = image
    assert path.stat().st_size > 200 << 20
    _, megabytes = real.measured("container", str(path), "-j", "1", "-q", "--no-cache")
    assert megabytes < 150


def test_a_debian_made_by_debootstrap_has_what_dpkg_says_and_what_was_planted(tmp_path: Path) -> None:
    """Three layers: the system, a package taken away and something planted, and the planted key taken away."""
    root = real.debian()
    with tarfile.open(root) as made:
        status = made.extractfile("./var/lib/dpkg/status").read()  # type: ignore[union-attr]
        made.extractall(
            tmp_path / "root", [made.getmember(f"./{one}") for one in ("var/lib/dpkg/status",)], filter="data"
        )
    shown = real.run("dpkg-query", f"--admindir={tmp_path}/root/var/lib/dpkg", "-W", "-f", "${Package} ${Version}\n")
    less = b"\n\n".join(one for one in status.split(b"\n\n") if not one.startswith(b"Package: tzdata\n"))
    more = b"Package: planted\nStatus: install ok installed\nVersion: 1:2-3\nArchitecture: all\n\n"
    second, third = tmp_path / "second.tar", tmp_path / "third.tar"
    second.write_bytes(layer({"var/lib/dpkg/status": less + more, "app/keys": f"aws_access_key_id = {KEY}\n".encode(),
                              "app/m.pkl": b"cposix\nsystem\n(S'id'\ntR."}))  # fmt: skip
    third.write_bytes(layer({"app/.wh.keys": b""}))
    image = real.archive(tmp_path, [root, second, third], ["ADD root /", "COPY . /app", "RUN rm /app/keys"])
    found = inventory(open_image(str(image)), Limits())
    packages = {(f"{one.package.name} {one.package.version}", one.since, one.until) for one in found.installed}
    right = {(line, 0, 1 if line.startswith("tzdata ") else None) for line in shown.splitlines()}
    assert packages == right | {("planted 1:2-3", 1, None)}
    report = mlsec_nb.scan(str(image), jobs=1, cache=None)
    rules = {one.finding.rule.id for one in report.findings if (one.finding.location.member or "").startswith("app/")}
    assert "SECRET-AWS-ACCESS-KEY" in rules
    assert any(rule.startswith("PICKLE-") for rule in rules)


HANGS = 60  # CPU seconds, ten times what it takes


def many(count: int) -> bytes:
    """A packed tar of empty files."""
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", compresslevel=1) as packed:
        for number in range(count):
            packed.write(tarfile.TarInfo(f"d/{number}").tobuf(tarfile.USTAR_FORMAT))
    return held.getvalue()


def hostile(kind: str) -> list[bytes]:
    if kind == "entries without end":
        return [many(210_000)]
    if kind == "a bomb":
        return [gzip.compress(b"\0" * (1 << 26), 9) * 16]
    status = b"".join(b"Package: p%d\nStatus: install ok installed\nVersion: 1\n\n" % n for n in range(200_000))
    return [layer({"var/lib/dpkg/status": status, "usr/bin/x/" * 300 + "y": b"z"})]


@pytest.mark.parametrize("kind", ["entries without end", "a bomb", "packages without end"])
def test_hostile_images_cost_no_more_than_honest_ones(kind: str, tmp_path: Path) -> None:
    tars = hostile(kind)
    path = written(tmp_path, "docker", tars, config_of(tars))
    seconds, megabytes = real.measured("container", path, "-j", "1", "-q", "--no-cache")
    assert (seconds < HANGS, megabytes < 220) == (True, True), (seconds, megabytes)


def tree(root: Path) -> dict[str, tuple[str, int, int, str]]:
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            state = path.lstat()
            kind = "dir" if stat.S_ISDIR(state.st_mode) else "symlink" if path.is_symlink() else "file"
            mode = stat.S_IMODE(state.st_mode) if kind != "symlink" else 0
            size = state.st_size if kind == "file" else 0
            found[str(path.relative_to(root))] = (kind, mode, size, os.readlink(path) if kind == "symlink" else "")
    return found


def test_layers_are_laid_as_umoci_lays_them_in_every_form_that_skopeo_writes(tmp_path: Path) -> None:
    first = real.root(tmp_path, ["base-files", "bash", "coreutils", "dpkg", "libc6"])
    second, third = tmp_path / "second.tar", tmp_path / "third.tar"
    second.write_bytes(
        layer({"usr/bin/.wh.ls": b"", "usr/share/.wh..wh..opq": b"", "usr/share/new": b"1", "l": "usr/share"})
    )
    third.write_bytes(
        layer({"l/through": b"2", "etc/.wh.os-release": b"", "usr/bin/bash/": b"", "usr/bin/bash/x": b"3"})
    )
    archive = real.archive(tmp_path, [first, second, third], ["a", "b", "c"])
    forms = {"oci": "oci:{}/oci:app", "zst": "oci:{}/zst:app", "oci.tar": "oci-archive:{}/oci.tar:app"}
    for name, form in forms.items():
        packing = ["--dest-compress", "--dest-compress-format", "zstd"] if name == "zst" else []
        real.run("skopeo", "copy", "-q", *packing, f"docker-archive:{archive}", form.format(tmp_path))
    real.run("umoci", "unpack", "--rootless", "--image", f"{tmp_path}/oci:app", str(tmp_path / "bundle"))
    right = tree(tmp_path / "bundle/rootfs")
    for path in (archive, *(tmp_path / name for name in forms)):
        opened = open_image(str(path))
        seen = {
            entry.path: ("file" if entry.kind == "hardlink" else entry.kind, 0 if entry.kind == "symlink" else entry.mode,
                         entry.size, entry.link if entry.kind == "symlink" else "")
            for entry in opened.entries()
            if entry.gone is None
        }  # fmt: skip
        assert list(opened.gaps) == []
        # A folder that no layer has, because its files came through a link, is made on the way.
        made = {path for path in right.keys() - seen.keys() if right[path][0] == "dir"}
        assert all(any(path.startswith(f"{folder}/") for path in seen) for folder in made)
        assert seen == {path: what for path, what in right.items() if path not in made}


SPEC = """\
Name: alpha
Version: 1.0~rc1^git1
Release: 3
Epoch: 2
Summary: x
License: MIT
BuildArch: noarch
%description
x
%install
mkdir -p %{buildroot}/usr/share/alpha; echo hello > %{buildroot}/usr/share/alpha/file
%files
/usr/share/alpha
%package -n beta
Summary: y
%description -n beta
y
%files -n beta
"""


def test_the_inventory_is_that_of_rpm(tmp_path: Path) -> None:
    (tmp_path / "a.spec").write_text(SPEC)
    real.run("rpmbuild", "-bb", "--define", f"_topdir {tmp_path}/top", "a.spec", at=tmp_path)
    built = sorted(map(str, (tmp_path / "top").rglob("*.rpm")))
    database = tmp_path / "root/var/lib/rpm"
    database.mkdir(parents=True)
    real.run("rpm", "--dbpath", str(database), "--nodeps", "--justdb", "-i", *built)
    shown = real.run("rpm", "--dbpath", str(database), "-qa", "--qf", "%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE}\n")
    found = inventory(open_image(str(tmp_path / "root")), Limits())
    assert installed(found, "rpm") == set(shown.splitlines())
    assert found.owner("usr/share/alpha/file")
