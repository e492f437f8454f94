"""What the tests of this room share: a text scanned in memory under a name that its content suggests."""

import re
from collections.abc import Callable

import pytest

from mlsec_nb.config import Settings
from mlsec_nb.core import Finding, Gap, Kind
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.infrastructure.scanner import build


def name_of(text: str) -> str:
    """A file name that fits an example."""
    if match := re.match(r"# (config\.properties|\.dvc/config)\n", text):
        return match[1]
    if re.match(r"(?:ARG|FROM|#)\b", text):
        return "Dockerfile"
    if re.match(r"(?:resource|data|provider|terraform|variable|module|locals)\b", text):
        return "main.tf"
    if text.startswith("on:"):
        return ".github/workflows/ci.yml"
    if text.startswith("services:"):
        return "compose.yaml"
    if text.startswith(("stages:", "include:")) or ".gitlab" in text or re.search(r"(?m)^  script:", text):
        return ".gitlab-ci.yml"
    return "thing.json" if text.startswith("{") else "thing.yaml"


def scanned(text: str, path: str | None = None, kind: Kind = Kind.IAC) -> list[Finding | Gap]:
    return list(build(Settings()).scan(read_bytes(text.encode(), path or name_of(text), kind)))


@pytest.fixture
def audit() -> Callable[..., list[Finding]]:
    def run(text: str, path: str | None = None, kind: Kind = Kind.IAC) -> list[Finding]:
        return [item for item in scanned(text, path, kind) if isinstance(item, Finding)]

    return run
