"""Programs that would break the user's environment live in one of their own, made with pip when they are asked for."""

import os
import sys
from pathlib import Path

from mlsec_nb.core import CannotScan
from mlsec_nb.io import processes
from mlsec_nb.io.kept import cache, private_folder

_PATIENCE = 900.0  # seconds that pip may take
_WHOLE = ".mlsec-whole"  # stands in an environment that was made to its end


def program(name: str, package: str, *, offline: bool) -> str:
    """A program of PATH, or that of its own environment; raises `CannotScan` when none can be had."""
    if processes.available(name) or not package:
        return name
    home = _home(package)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    if not (home / _WHOLE).exists():
        if offline:
            raise CannotScan(f"{name} is not installed, and this run is offline", "tool-missing")
        _make(home, scripts, package)
    return str(scripts / name)


def _home(package: str) -> Path:
    return cache("tools") / package


def _make(home: Path, scripts: Path, package: str) -> None:
    private_folder(home.parent)
    for argv in (
        [sys.executable, "-m", "venv", "--clear", str(home)],
        [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package],
    ):
        ran = processes.run(argv, timeout=_PATIENCE)
        if ran.code:
            raise CannotScan(
                f"{package} could not be installed: {ran.complaint or 'pip does not say why'}", "tool-missing"
            )
    (home / _WHOLE).touch()
