"""Layers are laid as umoci lays them, and images brought as skopeo brings them: implementations that are not ours."""

import json
import os
import random
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from mlsec_nb.sources import open_image
from tests.sources.images import Files, config_of, hard, layer, oci
from tests.sources.registry import Registry, serving

pytestmark = pytest.mark.slow


def entries(chance: random.Random, *, first: bool) -> Files:
    """A few entries in a small tree, so that they often meet; whiteouts come first, as runtimes write them."""
    found: dict[str, object] = {}
    whiteouts: dict[str, object] = {}
    for _ in range(chance.randint(1, 8)):
        folder = "".join(f"{chance.choice('abc')}/" for _ in range(chance.randint(0, 2)))
        name = chance.choice("xyz" if chance.random() < 0.8 else "abcxyz")
        target = "/".join(chance.choice("abcxyz") for _ in range(chance.randint(1, 2)))
        match chance.randint(0, 6):
            case 0 | 1:
                found[folder + name] = chance.randbytes(chance.randint(0, 20))
            case 2:
                found[f"{folder}{chance.choice('abc')}/"] = b""
            case 3:
                found[folder + chance.choice("abcx")] = chance.choice(("", "../", "/", "../../..//", "./")) + target
            case 4:
                found[folder + name] = hard(target)
            case 5 if not first:
                whiteouts[f"{folder}.wh.{chance.choice('abcxyz')}"] = b""
            case 6 if not first:
                whiteouts[f"{folder}.wh..wh..opq"] = b""
    return {**whiteouts, **found}  # type: ignore[dict-item]


def right(folder: Path, layers: Sequence[bytes]) -> dict[str, tuple[str, object]] | None:
    """What umoci makes of it, None when it gives up."""
    files = oci(layers, config_of(layers), "plain")
    index = json.loads(files["index.json"])
    index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "app"}
    for name, data in {**files, "index.json": json.dumps(index).encode()}.items():
        (folder / "image" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "image" / name).write_bytes(data)
    words = ["umoci", "unpack", "--rootless", "--image", f"{folder}/image:app", f"{folder}/bundle"]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        return None
    found: dict[str, tuple[str, object]] = {}
    for path in (folder / "bundle/rootfs").rglob("*"):
        mode = path.lstat().st_mode
        name = str(path.relative_to(folder / "bundle/rootfs"))
        if stat.S_ISLNK(mode):
            found[name] = ("symlink", os.readlink(path))
        else:
            found[name] = ("dir", b"") if stat.S_ISDIR(mode) else ("file", path.read_bytes())
    return found


def ours(folder: Path) -> dict[str, tuple[str, object]]:
    image = open_image(str(folder / "image"))
    assert list(image.gaps) == []
    return {
        entry.path: ("symlink", entry.link) if entry.kind == "symlink" else ("dir", b"") if entry.kind == "dir"
        else ("file", image.read(entry, 99))
        for entry in image.entries() if entry.gone is None
    }  # fmt: skip


def test_what_is_there_in_the_end_is_what_umoci_unpacks(tmp_path: Path) -> None:
    compared = 0
    for seed in range(200):
        chance = random.Random(seed)
        made = [layer(entries(chance, first=number == 0)) for number in range(chance.randint(1, 4))]
        folder = tmp_path / str(seed)
        if (wanted := right(folder, made)) is None:
            continue
        compared += 1
        seen = ours(folder)
        implied = {
            path for path in wanted.keys() - seen.keys() if wanted[path][0] == "dir"
        }  # folders that no layer has
        assert seen == {path: what for path, what in wanted.items() if path not in implied}, seed
    assert compared > 40


def test_what_a_registry_gives_us_it_gives_skopeo_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    made = [layer({"etc/a": b"old", "b": b"1"}), layer({"etc/a": b"new", ".wh.b": b""})]
    registry = Registry(token="tok-3", password="me:geheim")
    registry.take(oci(made, config_of(made)), "1")
    with serving(registry) as host:
        login = ["skopeo", "login", "--tls-verify=false", "-u", "me", "-p", "geheim", host]
        subprocess.run(login, check=True, capture_output=True)
        for form in (f"oci:{tmp_path}/brought:app", f"dir:{tmp_path}/folder"):
            words = ["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{host}/team/app:1", form]
            subprocess.run(words, check=True)
        image = open_image(f"docker://{host}/team/app:1", offline=False)
    assert list(image.gaps) == []
    for name in ("brought", "folder"):
        other = open_image(str(tmp_path / name))
        assert (list(other.gaps), list(other.entries())) == ([], list(image.entries()))
