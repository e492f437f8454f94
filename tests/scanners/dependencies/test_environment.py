import json
from pathlib import Path

import pytest

from mlsec_nb.config import Settings
from mlsec_nb.core import CannotScan, Component, Finding, Kind
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.dependencies.scanner import build
from tests.advisories.test_store import record
from tests.scanners.dependencies.kit import Said


def notebook(kernel: str) -> bytes:
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": "import x, yaml.nodes as y\nfrom z import w",
    }
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": [cell]}).encode()


def scan(kernel: str, **options: object) -> Said:
    document = read_bytes(notebook(kernel), "a.ipynb", Kind.NOTEBOOK)
    settings = Settings(options={"environment": True, "advisories": "/nowhere/x", **options})
    return list(build(settings).scan(document))


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel whose environment is not ours."""
    prefix = tmp_path / "env"
    site = prefix / "lib/python3.11/site-packages"
    files = {
        site / "PyYAML-3.13.dist-info/METADATA": "Metadata-Version: 2.1\nName: PyYAML\nVersion: 3.13\nLicense: MIT\n\nText\nName: no\n",
        site / "PyYAML-3.13.dist-info/top_level.txt": "_yaml\nyaml\n",
        site / "aaa-1.0.dist-info/METADATA": "Name: aaa\nVersion: 1.0\nLicense-Expression: GPL-3.0-only\nClassifier: Development Status :: 7 - Inactive\n",
        site / "aaa-1.0.dist-info/RECORD": "aaa_module/__init__.py,,\n",
        site / "old-2.0.egg-info/PKG-INFO": "Name: old\nVersion: 2.0\n",
        site / "older-2.0.egg-info": "Name: older\nVersion: 2.0\n",
        site / "broken.dist-info/METADATA": "nothing\n",
        prefix / "conda-meta/mkl-1.json": json.dumps({"name": "mkl", "version": "2024.0", "license": "Proprietary"}),
        prefix / "conda-meta/broken.json": "[]",
        tmp_path / "jupyter/kernels/mine/kernel.json": json.dumps({"argv": [str(prefix / "bin/python"), "-m", "ipykernel"]}),
        tmp_path / "jupyter/kernels/empty/kernel.json": json.dumps({"argv": [str(tmp_path / "no/bin/python")]}),
        tmp_path / "jupyter/kernels/broken/kernel.json": "{",
        tmp_path / "jupyter/kernels/ours/kernel.json": json.dumps({"argv": ["python"]}),
    }  # fmt: skip
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return tmp_path


def test_packages_are_those_of_the_kernel_and_what_is_imported_stands_first(kernel: Path) -> None:
    found = [item for item in scan("mine") if isinstance(item, Component)]
    assert [f"{one.name} {one.version}" for one in found] == [
        "PyYAML 3.13",
        "aaa 1.0",
        "mkl 2024.0",
        "old 2.0",
        "older 2.0",
    ]
    assert found[0].properties["imported"] == "true"
    assert found[0].location.part == "environment of mine"
    assert found[1].properties["licence"] == "GPL-3.0-only"
    assert found[1].location.raw_line is None


def test_what_is_known_of_installed_packages_is_told(kernel: Path) -> None:
    from mlsec_nb.advisories.updating import import_

    (kernel / "r.json").write_text(
        json.dumps([record("A-1", package="pyyaml", events=({"introduced": "0"}, {"fixed": "5.1"}))])
    )
    import_(kernel / "store", [kernel / "r.json"])
    options = {"advisories": str(kernel / "store"), "max-age-days": 100_000, "deny-licences": ["GPL-*"]}
    said = scan("mine", **options)
    assert sorted(item.rule.id for item in said if isinstance(item, Finding)) == [
        "DEP-DEPRECATED",
        "DEP-LICENCE",
        "DEP-VULNERABLE",
    ]


@pytest.mark.parametrize(
    ("name", "says"), [("none", "not installed here"), ("empty", "no packages"), ("broken", "cannot be read")]
)
def test_an_environment_that_cannot_be_looked_at_is_said(kernel: Path, name: str, says: str) -> None:
    with pytest.raises(CannotScan, match=says):
        scan(name)


def test_an_interpreter_without_a_path_is_the_one_beside_its_kernelspec(kernel: Path) -> None:
    names = {item.name.lower() for item in scan("ours") if isinstance(item, Component)}
    assert "pytest" in names
    assert "aaa" not in names


@pytest.mark.parametrize("name", ["", "../../etc", 3, None])
def test_a_notebook_without_a_kernel_has_no_environment(kernel: Path, name: object) -> None:
    assert scan(name) == []  # type: ignore[arg-type]


def test_the_environment_is_read_only_when_asked_for(kernel: Path) -> None:
    assert scan("mine", environment=False) == []
