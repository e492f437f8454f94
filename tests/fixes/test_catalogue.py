"""Every fix that a rule of the catalogue offers mends its own bad examples: applied and scanned again, they are clean."""

import collections
import functools
import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mlsec_nb import fixes
from mlsec_nb.config import Settings
from mlsec_nb.core import Finding, Kind, Rule, Scanner
from mlsec_nb.io.files import write_atomic
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.code.rules import catalogue as code_rules
from mlsec_nb.scanners.dependencies.story import catalogue as dependency_rules
from mlsec_nb.scanners.infrastructure.checks import catalogue as infrastructure_rules
from mlsec_nb.scanners.secrets.catalogue import built_in
from mlsec_nb.scanners.secrets.examples import expand
from tests.scanners.infrastructure.conftest import name_of


@dataclass(frozen=True)
class Example:
    rule: str
    path: str
    data: bytes
    kind: Kind


def notebook(text: str) -> bytes:
    """A notebook of one cell; the examples of some rules write its metadata into a first line."""
    head, _, rest = text.partition("\n")
    metadata = json.loads(head.removeprefix("# metadata: ")) if head.startswith("# metadata: ") else {}
    cell = {"cell_type": "code", "execution_count": None, "id": "c0", "metadata": metadata, "outputs": [],
            "source": (rest if metadata else text).splitlines(keepends=True)}  # fmt: skip
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def in_notebooks(rules: Iterator[Rule] | list[Rule]) -> list[Example]:
    return [Example(r.id, "n.ipynb", notebook(expand(text, 1)), Kind.NOTEBOOK) for r in rules for text in r.bad]


def as_files(rules: list[Rule]) -> list[Example]:
    return [Example(r.id, name_of(text), text.encode(), Kind.IAC) for r in rules for text in r.bad]


ROOMS = {
    "code": in_notebooks(list(code_rules().rules.values())),
    "dependencies": in_notebooks(list(dependency_rules().values())),
    "infrastructure": as_files(list(infrastructure_rules().rules.values())),
    "secrets": in_notebooks(list(built_in().rules.values())),
}
FIXED = {  # rules that must be mended by one step, whatever else is
    "code": {"LOAD-TORCH", "LOAD-NUMPY", "LOAD-YAML", "LOAD-KERAS", "CODE-TRUST-REMOTE-CODE", "CODE-TLS-OFF",
             "TEXT-BIDI", "TEXT-INVISIBLE"},
    "dependencies": set(),
    "infrastructure": {"IAC-K8S-PRIVILEGED", "IAC-K8S-ESCALATION", "IAC-K8S-WRITABLE-ROOT"},
    "secrets": {rule.id for rule in built_in().rules.values()} - {
        "SECRET-CONNECTION-STRING", "SECRET-DETECTED", "SECRET-KINGFISHER",  # told under other names, or by other engines
        "SECRET-KUBERNETES-SECRET",  # told in manifests, not in cells
    },
}  # fmt: skip


@functools.cache
def built(room: str) -> Scanner:
    found: Scanner = importlib.import_module(f"mlsec_nb.scanners.{room}.scanner").build(Settings())
    return found


def scanned(room: str, example: Example, data: bytes) -> list[Finding]:
    scanner = built(room)
    document = read_bytes(data, example.path, example.kind)
    return fixes.mended(document, [item for item in scanner.scan(document) if isinstance(item, Finding)])


def counted(findings: list[Finding]) -> collections.Counter[str]:
    return collections.Counter(finding.rule.id for finding in findings)


def mended(example: Example, finding: Finding) -> Iterator[tuple[str, bytes]]:
    """The example after each of the finding's fixes by itself."""
    for fix in finding.fixes:
        done = fixes.mend(example.path, example.data, example.kind, [replace(finding, fixes=(fix,))])
        assert done.done, f"{finding.rule.id}: {fix.title}: {done.left}"
        yield fix.title, done.after


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("room", ["code", "dependencies", "infrastructure"])
def test_what_is_mended_is_clean_and_comes_back_to_the_same_bytes(room: str, tmp_path: Path) -> None:
    assert _mended_rules(room, ROOMS[room], tmp_path) >= FIXED[room]


def test_a_secret_that_is_mended_is_gone(tmp_path: Path) -> None:
    """One in fifteen; the slow test takes all of them."""
    some = ROOMS["secrets"][::15]
    assert _mended_rules("secrets", some, tmp_path) >= {one.rule for one in some} & FIXED["secrets"]


@pytest.mark.slow
def test_every_kind_of_secret_that_is_mended_is_gone(tmp_path: Path) -> None:
    assert _mended_rules("secrets", ROOMS["secrets"], tmp_path) >= FIXED["secrets"]


def _mended_rules(room: str, examples: list[Example], folder: Path) -> set[str]:
    seen = set()
    for example in examples:
        before = scanned(room, example, example.data)
        for finding in before:
            if finding.rule.id != example.rule:
                continue
            for title, after in mended(example, finding):
                seen.add(example.rule)
                now = counted(scanned(room, example, after))
                assert now[example.rule] < counted(before)[example.rule], f"{example.rule}: {title}"
                assert not now - counted(before), f"{example.rule}: {title} brings {now - counted(before)}"
                _comes_back(folder / Path(example.path).name, example.data, after)
    return seen


def _comes_back(path: Path, before: bytes, after: bytes) -> None:
    path.write_bytes(before)
    fixes.remember({str(path): (before, after)})
    write_atomic(path, after)
    fixes.undo()
    assert path.read_bytes() == before
