"""What the tests of this room share: a notebook made of texts, scanned in memory."""

import json
from collections.abc import Callable

import pytest

from mlsec_nb.config import Settings
from mlsec_nb.core import Document, Finding, Gap, Kind
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.code.scanner import build

Found = list[Finding]


def notebook(*cells: str | dict, language: str = "python", counts: list[int | None] | None = None) -> Document:
    made = []
    for number, cell in enumerate(cells):
        base = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "id": f"c{number}"}
        given = _given(cell) if isinstance(cell, str) else cell
        if counts:
            base["execution_count"] = counts[number]
        made.append(base | given)
    kernel = {
        "kernelspec": {"language": language, "name": language, "display_name": language},
        "language_info": {"name": language},
    }
    data = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": made}
    return read_bytes(json.dumps(data).encode(), "n.ipynb")


def _given(text: str) -> dict:
    """A cell's source; its metadata may stand in a first line of its own, as examples of rules write it."""
    head, _, rest = text.partition("\n")
    if head.startswith("# metadata: "):
        return {"source": rest, "metadata": json.loads(head.removeprefix("# metadata: "))}
    return {"source": text}


@pytest.fixture
def audit() -> Callable[..., Found]:
    """Findings of a notebook with these code cells."""

    def run(*cells: str | dict, **options: object) -> Found:
        return [item for item in build(Settings()).scan(notebook(*cells, **options)) if isinstance(item, Finding)]

    return run


@pytest.fixture
def gaps() -> Callable[..., list[Gap]]:
    def run(*cells: str | dict, **options: object) -> list[Gap]:
        return [item for item in build(Settings()).scan(notebook(*cells, **options)) if isinstance(item, Gap)]

    return run


@pytest.fixture
def audit_file() -> Callable[..., Found]:
    def run(text: str, path: str, kind: Kind = Kind.SOURCE) -> Found:
        return [
            item for item in build(Settings()).scan(read_bytes(text.encode(), path, kind)) if isinstance(item, Finding)
        ]

    return run
