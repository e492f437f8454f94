"""What a user gets who installs the distribution."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import mlsec_nb

from .conftest import build

pytestmark = pytest.mark.slow
PANEL = ".data/data/share/jupyter/labextensions/mlsec-nb/"
NO_NODE = "/nonexistent"


def test_one_wheel_holds_the_panel_once_and_everything_that_jupyter_looks_for(names: list[str], wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    built = [name for name in names if PANEL in name]
    assert any(re.search(r"static/remoteEntry\.[0-9a-f]+\.js$", name) for name in built)
    assert any(name.endswith(PANEL + "install.json") for name in built)
    assert any(name.endswith("etc/jupyter/jupyter_server_config.d/mlsec_nb.json") for name in names)
    assert "mlsec.py" in names
    assert not [name for name in names if name.startswith("mlsec_nb/labextension")]
    assert not [name for name in names if "node_modules" in name or name.startswith("extension/")]


def test_an_sdist_becomes_the_full_wheel_without_node(dist: Path, names: list[str], tmp_path: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    (again,) = build(tmp_path / "out", "wheel", mode="require", path=NO_NODE, root=source).glob("*.whl")
    with zipfile.ZipFile(again) as archive:
        assert sorted(archive.namelist()) == sorted(names)


def test_without_node_and_without_a_built_panel_there_still_is_a_wheel(dist: Path, tmp_path: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        members = [member for member in archive if "/labextension/" not in member.name]
        archive.extractall(tmp_path, members=members, filter="data")
    (source,) = tmp_path.iterdir()
    (bare,) = build(tmp_path / "out", "wheel", mode="auto", path=NO_NODE, root=source).glob("*.whl")
    with zipfile.ZipFile(bare) as archive:
        assert not [name for name in archive.namelist() if PANEL in name]
        assert "mlsec.py" in archive.namelist()
    refused = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "no")],
        cwd=source, env={"PATH": NO_NODE, "MLSEC_FRONTEND": "require"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode != 0
    assert "mlsec_nb/labextension is not built" in refused.stdout + refused.stderr


def test_skip_never_ships_the_panel(tmp_path: Path) -> None:
    (bare,) = build(tmp_path, "wheel", mode="skip").glob("*.whl")
    with zipfile.ZipFile(bare) as archive:
        assert not [name for name in archive.namelist() if PANEL in name]


def test_jupyterlab_and_the_server_accept_what_was_installed(environment: Path, tmp_path: Path) -> None:
    python = environment / "bin/python"
    home = {**os.environ, "HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}

    def run(*words: str) -> str:
        done = subprocess.run([python, *words], cwd=tmp_path, env=home, capture_output=True, text=True, check=False)
        return re.sub(r"\x1b\[\d+m", "", done.stdout + done.stderr)

    lab = run("-m", "jupyterlab.labextensions", "list")
    assert f"mlsec-nb v{mlsec_nb.__version__} enabled OK" in lab
    server = run("-m", "jupyter_server.extension.serverextension", "list")
    assert "mlsec_nb enabled" in server
    assert f"mlsec_nb {mlsec_nb.__version__} OK" in server
    assert str(environment) in run("-c", "import mlsec, mlsec_nb; print(mlsec_nb.__file__)")
