"""One build of the distribution for all tests here, and one environment that it is installed in."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(out: Path, *targets: str, mode: str, path: str | None = None, root: Path = ROOT) -> Path:
    """Builds with the hatchling of this environment; the folder that holds the result."""
    environment = {**os.environ, "MLSEC_FRONTEND": mode, "PATH": path or os.environ["PATH"]}
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    for target in targets:
        command += ["-t", target]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist and the wheel, with the panel."""
    return build(tmp_path_factory.mktemp("dist"), "sdist", "wheel", mode="require")


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment that holds the wheel; libraries come from the running one."""
    home = tmp_path_factory.mktemp("env")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    (site,) = home.glob("lib/python*/site-packages")
    (outer,) = {path for path in sys.path if path.endswith("site-packages")}
    (site / "outer.pth").write_text(outer + "\n")
    command = ["pip", "--python", str(home / "bin/python"), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", *command], check=True)
    return home
