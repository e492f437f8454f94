"""A notebook or manifest of a few lines, and what the room says of it."""

import json

from mlsec_nb.config import Settings
from mlsec_nb.core import Component, Finding, Gap, Kind
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.dependencies.scanner import build

Said = list[Finding | Gap | Component]


def notebook(*cells: str, language: str = "python") -> bytes:
    made = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": cell}
        for n, cell in enumerate(cells)
    ]
    metadata = {"language_info": {"name": language}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}).encode()


def scan(*cells: str, path: str = "a.ipynb", language: str = "python", **options: object) -> Said:
    scanner = build(Settings(options={"advisories": "/nowhere/advisories.sqlite", **options}))
    if path.endswith(".ipynb"):
        document = read_bytes(notebook(*cells, language=language), path, Kind.NOTEBOOK)
    else:
        kind = Kind.SOURCE if path.endswith(".py") else Kind.IAC if "ocker" in path else Kind.MANIFEST
        document = read_bytes("\n".join(cells).encode(), path, kind)
    assert scanner.wants(document.artifact), path
    return list(scanner.scan(document))


def packages(said: Said) -> set[str]:
    """`name==version`, or the name alone."""
    found = [item for item in said if isinstance(item, Component)]
    return {f"{one.name}=={one.version}" if one.version else one.name for one in found}


def rules(said: Said) -> set[str]:
    return {item.rule.id for item in said if isinstance(item, Finding)}
