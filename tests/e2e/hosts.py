"""Jupyter servers for the tests, each with its own folders."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TOKEN = "only-for-this-test"
UPDATES = "jupyterlab.NeverCheckForUpdate"


@dataclass
class Host:
    """A running server; `root` is the folder that the user sees."""

    url: str
    root: Path

    def address(self, path: str = "", app: str = "lab") -> str:
        place = f"/tree/{path}" if path else ""
        return f"{self.url}/{app}{place}?token={TOKEN}&reset"

    def write(self, name: str, *cells: dict[str, Any], **metadata: Any) -> Path:
        """A notebook in the root."""
        info = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
                "language_info": {"name": "python"}, **metadata}  # fmt: skip
        book = {"cells": list(cells), "metadata": info, "nbformat": 4, "nbformat_minor": 5}
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(book, indent=1))
        return path


def code(name: str, source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "cell_type": "code", "source": source, "metadata": {}, "outputs": list(outputs),
            "execution_count": None}  # fmt: skip


def markdown(name: str, source: str) -> dict[str, Any]:
    return {"id": name, "cell_type": "markdown", "source": source, "metadata": {}}


QUIET = {"@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}}


def start(
    home: Path,
    settings: dict[str, Any] | None = None,
    python: str = sys.executable,
    *,
    ours: bool = True,
    **options: str,
) -> Iterator[Host]:
    """A JupyterLab server that has the panel as it was built last, until the generator is closed.

    Without `ours` the server has not our part of it.
    """
    root, share = home / "root", home / "share"
    root.mkdir(parents=True)
    (share / "labextensions").mkdir(parents=True)
    (share / "labextensions/mlsec-nb").symlink_to(ROOT / "mlsec_nb/labextension")
    config = home / "config"
    (config / "jupyter_server_config.d").mkdir(parents=True)
    # Said either way: an installed package has switched our part on for the whole environment.
    switch = {"ServerApp": {"jpserver_extensions": {"mlsec_nb": ours}}}
    (config / "jupyter_server_config.d/mlsec_nb.json").write_text(json.dumps(switch))
    for name, values in {**QUIET, **(settings or {})}.items():
        file = home / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with open(home / "log", "w") as log:
        process = subprocess.Popen(
            [python, "-m", "jupyterlab", *_flags(root, home, options)], cwd=root, stdout=log, stderr=log,
            start_new_session=True, env=_environment(home, share, config),
        )  # fmt: skip
        try:
            yield Host(_address(home, process), root)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _environment(home: Path, share: Path, config: Path) -> dict[str, str]:
    return {
        **os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT), "JUPYTER_PATH": str(share),
        "JUPYTER_CONFIG_PATH": str(config), "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_DATA_DIR": str(home / "data"), "JUPYTER_PLATFORM_DIRS": "1", "PYTHONWARNINGS": "ignore",
    }  # fmt: skip


def _flags(root: Path, home: Path, options: dict[str, str]) -> list[str]:
    settings = {
        "ServerApp.root_dir": root, "ServerApp.port": 0, "ServerApp.open_browser": False, "ServerApp.allow_root": True,
        "ServerApp.allow_unauthenticated_access": False, "IdentityProvider.token": TOKEN,
        "LabApp.user_settings_dir": home / "settings", "LabApp.workspaces_dir": home / "workspaces",
        "LabApp.check_for_updates_class": UPDATES, "LabApp.expose_app_in_browser": True, **options,
    }  # fmt: skip
    return [f"--{name.replace('__', '.')}={value}" for name, value in settings.items()]


def _address(home: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, (home / "log").read_text()
        for file in (home / "runtime").glob("jpserver-*.json"):
            told = json.loads(file.read_text() or "{}")
            if told.get("port") and _answers(told["url"]):
                return str(told["url"]).rstrip("/")
        time.sleep(0.1)
    raise AssertionError((home / "log").read_text())


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}api/status?token={TOKEN}", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
