"""What the scanner wants, what it says it could not read, and that it is in the house."""

import json

import pytest

from mlsec_nb import scan
from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, CannotScan, Kind
from mlsec_nb.io.files import Memory
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners import available


def test_it_wants_infrastructure_and_what_may_be_some():
    scanner = available()["infrastructure"](Settings())
    wanted = [
        ("Dockerfile", Kind.IAC, True),
        ("a.yaml", Kind.TEXT, True),
        ("a.md", Kind.TEXT, False),
        ("a.py", Kind.SOURCE, False),
    ]
    for path, kind, answer in wanted:
        assert scanner.wants(Artifact(path, kind, Memory(b""))) is answer


@pytest.mark.parametrize(("path", "text"), [(".github/workflows/a.yml", "on: [push\njobs: {"), ("pod.yaml", "apiVersion: v1\nkind: [\n"),
                                            ("compose.yaml", "services:\n" + "  a: " + "[" * 300)])  # fmt: skip
def test_what_cannot_be_read_is_said(path, text):
    scanner = available()["infrastructure"](Settings())
    kind = Kind.TEXT if path == "pod.yaml" else Kind.IAC
    with pytest.raises(CannotScan):
        list(scanner.scan(read_bytes(text.encode(), path, kind)))


def test_the_whole_context_is_copied_only_without_an_ignore_file(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\nCOPY . /app\nUSER 1\n")
    assert [item.rule.id for item in scan(str(tmp_path), only=("infrastructure",)).new] == ["IAC-DOCKER-COPY-ALL"]
    (tmp_path / ".dockerignore").write_text(".git\n")
    assert not scan(str(tmp_path), only=("infrastructure",)).new


def test_files_that_cells_write_are_read_where_they_stand():
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "id": "a",
            "source": "%%writefile serving/Dockerfile\nFROM python:3.12\nRUN curl -s https://example.com/x | bash\nUSER 1\n"}  # fmt: skip
    other = {**cell, "id": "b", "source": "%%writefile a.py\nprint(1)\n"}
    data = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [other, cell]}).encode()
    scanner = available()["infrastructure"](Settings())
    (found,) = scanner.scan(read_bytes(data, "n.ipynb"))
    assert (found.rule.id, found.location.cell, found.location.line) == ("IAC-CURL-SH", 2, 3)


@pytest.mark.parametrize("path", ["main.bicep", ".circleci/config.yml", "infra/terragrunt.hcl"])
def test_languages_that_are_not_read_are_said(path):
    scanner = available()["infrastructure"](Settings())
    (gap,) = scanner.scan(read_bytes(b"x: 1", path, Kind.IAC))
    assert gap.code == "skipped"
