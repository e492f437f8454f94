"""Scanners that misbehave: what they do to themselves must not happen to the audit."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlsec_nb import executors, scanners
from mlsec_nb.config import Config, Limits
from mlsec_nb.core import (
    Artifact,
    CannotScan,
    Component,
    Document,
    Evidence,
    Finding,
    Gap,
    Kind,
    Rule,
    Severity,
)
from mlsec_nb.executors import local
from mlsec_nb.executors.examine import Scanned
from mlsec_nb.io.files import LocalFile, Memory

NOTEBOOK = json.dumps({
    "cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "SOURCE"}],
    "metadata": {}, "nbformat": 4, "nbformat_minor": 4,
})  # fmt: skip
RULE = Rule(id="TEST-WORD", title="a word", severity=Severity.HIGH)


class Words:
    """Finds every line; then does what the word on the line says."""

    name = "words"
    rules = (RULE,)

    def wants(self, artifact: Artifact) -> bool:
        return artifact.is_text

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        for segment in document.segments:
            for line in segment.text.splitlines():
                place = segment.at(0, len(line))
                yield Finding(rule=RULE, scanner=self.name, location=place, evidence=Evidence.fact(line))
                self.obey(line)

    def obey(self, word: str) -> None:
        if word == "crash":
            raise ZeroDivisionError("the secret is hunter22")
        if word == "give up":
            raise CannotScan("had enough", "encrypted")
        if word == "sleep":
            time.sleep(30)
        if word == "die":
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanners, "BUILT_IN", {"words": lambda _settings: Words()})


@pytest.fixture
def tiny_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "POOL_BYTES", 0)


def artifact(path: str, text: str) -> Artifact:
    return Artifact(path, Kind.TEXT, Memory(text.encode()))


def shown(scanned: Scanned) -> list[str]:
    return [judged.finding.evidence.shown for judged in scanned.judged]


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize(("word", "code"), [("crash", "failed"), ("give up", "encrypted")])
def test_what_a_failing_scanner_had_found_is_kept_and_the_rest_is_a_gap(word: str, code: str) -> None:
    (result,) = executors.run([artifact("a.txt", f"one\n{word}\ntwo")], Config(jobs=1))
    assert shown(result) == ["one", word]
    assert [(gap.scanner, gap.code) for gap in result.gaps] == [("words", code)]
    assert "hunter22" not in result.gaps[0].reason


@pytest.mark.usefixtures("words")
def test_a_scanner_that_takes_too_long_is_stopped() -> None:
    started = time.monotonic()
    (result,) = executors.run([artifact("a.txt", "sleep")], Config(jobs=1, limits=Limits(seconds=0.2)))
    assert time.monotonic() - started < 10
    assert shown(result) == ["sleep"]
    assert [gap.code for gap in result.gaps] == ["timeout"]


@pytest.mark.usefixtures("words", "tiny_pool")
def test_the_same_comes_out_whatever_the_number_of_processes() -> None:
    artifacts = [artifact(f"{n}.txt", f"word {n}\n" * (n % 7 + 1)) for n in range(100)]
    alone = executors.run(artifacts, Config(jobs=1))
    together = executors.run(artifacts, Config(jobs=3))
    assert alone == together
    assert [result.artifact.path for result in together] == [a.path for a in artifacts]


@pytest.mark.usefixtures("words", "tiny_pool")
def test_a_process_that_dies_costs_only_the_artifact_that_killed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "CHUNK_FILES", 2)
    artifacts = [artifact(f"{n}.txt", "die" if n == 3 else f"word {n}") for n in range(8)]
    told: list[str] = []
    results = executors.run(artifacts, Config(jobs=2), lambda scanned: told.append(scanned.artifact.path))
    assert [shown(result) for result in results] == [[] if n == 3 else [f"word {n}"] for n in range(8)]
    assert [(gap.scanner, gap.code) for gap in results[3].gaps] == [("executor", "failed")]
    assert sorted(told) == sorted(a.path for a in artifacts)


@pytest.mark.usefixtures("words")
def test_only_and_skip_choose() -> None:
    one = [artifact("a.txt", "word")]
    assert executors.run(one, Config(jobs=1, skip=("words",)))[0].scanners == ()
    assert executors.run(one, Config(jobs=1, only=("words",)))[0].scanners == ("words",)


@pytest.mark.usefixtures("words")
def test_an_unreadable_file_is_a_gap(tmp_path: Path) -> None:
    gone = Artifact("gone.txt", Kind.TEXT, LocalFile(str(tmp_path / "gone.txt")))
    (result,) = executors.run([gone], Config(jobs=1))
    assert [gap.code for gap in result.gaps] == ["unreadable"]


@pytest.mark.usefixtures("words")
def test_a_file_over_the_limit_is_a_gap() -> None:
    (result,) = executors.run([artifact("a.txt", "x" * 100)], Config(jobs=1, limits=replace(Limits(), text_bytes=10)))
    assert [gap.code for gap in result.gaps] == ["too-big"]


def test_a_scanner_is_not_imported_for_a_notebook_in_which_nothing_of_its_own_stands(tmp_path):
    """What is not imported cannot slow down a check before a commit; written in another way it is seen all the same."""
    plain = tmp_path / "a.ipynb"
    plain.write_text(NOTEBOOK.replace("SOURCE", "x = 1"))
    program = (
        "import sys; from mlsec_nb import pipeline; from mlsec_nb.config import Config;"
        "report = pipeline.audit(sys.argv[1:], Config(jobs=1));"
        "print(len(report.findings), 'mlsec_nb.scanners.infrastructure' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(plain)], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["0", "False"]
    hidden = tmp_path / "b.ipynb"
    hidden.write_text(NOTEBOOK.replace("SOURCE", "\\u0025%writefile Dockerfile\\nFROM x:latest\\nUSER root\\n"))
    ran = subprocess.run([sys.executable, "-c", program, str(hidden)], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[1] == "True"
    assert ran.stdout.split()[0] != "0"
