"""What is said twice because two ecosystems need it, and must agree."""

import json
from pathlib import Path

import pytest

import mlsec_nb

EXTENSION = Path(__file__).parents[2] / "extension"


@pytest.mark.parametrize("file", ["package.json", "package-lock.json"])
def test_the_versions_of_python_and_npm_agree(file: str) -> None:
    assert json.loads((EXTENSION / file).read_text(encoding="utf-8"))["version"] == mlsec_nb.__version__


def test_the_lock_file_names_no_host() -> None:
    assert '"resolved"' not in (EXTENSION / "package-lock.json").read_text(encoding="utf-8")


def test_jupyter_finds_the_panel_under_the_name_that_npm_knows() -> None:
    (panel,) = mlsec_nb._jupyter_labextension_paths()
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    assert panel["dest"] == package["name"]
    assert package["jupyterlab"]["outputDir"] == f"../mlsec_nb/{panel['src']}"
