"""The build hook: puts the panel and the module that nbqa looks for into the wheel.

`MLSEC_FRONTEND` says what to do about the panel:
  auto     build it when it is not built and npm is there; without npm, a wheel without the panel, and a warning
  require  a wheel without the panel is an error
  skip     never build it, never ship it
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "mlsec-nb"
BUILT = "mlsec_nb/labextension"
MODES = ("auto", "require", "skip")


class PanelHook(BuildHookInterface[Any]):
    """Runs for the wheel and for the sdist; the sdist takes the built panel through its `artifacts`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version  # hatchling's "standard" or "editable": both get the same
        mode = os.environ.get("MLSEC_FRONTEND", "auto")
        if mode not in MODES:
            raise SystemExit(f"MLSEC_FRONTEND must be one of {', '.join(MODES)}, not {mode!r}")
        self._check_version()
        if mode != "skip" and self._panel_problem() is not None:
            self._build(mode)
        if self.target_name == "wheel":
            self._fill_wheel(mode, build_data)

    def _fill_wheel(self, mode: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        bridge = {str(root / "mlsec_nb/_nbqa_entry.py"): "mlsec.py"}
        build_data["force_include"].update(bridge)
        build_data.setdefault("force_include_editable", {}).update(bridge)
        if mode == "skip":
            return
        problem = self._panel_problem()
        if problem is not None:
            if mode == "require":
                raise SystemExit(f"MLSEC_FRONTEND=require, but {problem}")
            self.app.display_warning(f"The wheel holds no JupyterLab panel: {problem}")
            return
        place = f"share/jupyter/labextensions/{NAME}"
        build_data["shared_data"].update(
            {str(root / BUILT): place, str(root / "extension/install.json"): f"{place}/install.json"}
        )

    def _check_version(self) -> None:
        """One version, said in Python; npm wants its own copy, which must agree."""
        version = json.loads((Path(self.root) / "extension/package.json").read_text(encoding="utf-8"))["version"]
        if version != self.metadata.version:
            raise SystemExit(f"extension/package.json says {version}, mlsec_nb/_version.py {self.metadata.version}")

    def _panel_problem(self) -> str | None:
        """Why the built panel cannot be shipped, or None."""
        built = Path(self.root) / BUILT
        manifest = built / "package.json"
        if not manifest.is_file():
            return f"{BUILT} is not built"
        package = json.loads(manifest.read_text(encoding="utf-8"))
        entry = package.get("jupyterlab", {}).get("_build", {}).get("load", "")
        if not entry or not (built / entry).is_file():
            return f"{BUILT}/package.json names {entry or 'no entry'}, which is not there"
        if package.get("version") != self.metadata.version:
            return f"{BUILT} was built for version {package.get('version')}"
        return None

    def _build(self, mode: str) -> None:
        npm = shutil.which("npm")
        if npm is None:
            return
        extension = Path(self.root) / "extension"
        steps = [["run", "build:prod"]]
        if not (extension / "node_modules").is_dir():
            steps.insert(0, ["ci", "--ignore-scripts"])
        for step in steps:
            result = subprocess.run([npm, *step], cwd=extension, check=False)
            if result.returncode == 0:
                continue
            if mode == "require":
                raise SystemExit(f"npm {' '.join(step)} failed ({result.returncode})")
            self.app.display_warning(f"npm {' '.join(step)} failed ({result.returncode})")
            return
