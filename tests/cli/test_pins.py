"""`mlsec fix --pin`: what is taken under a name that can change, pinned to what the name means today."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlsec_nb.cli import main
from tests.sources.images import digest
from tests.sources.registry import Registry, serving

COMMIT = "0123456789abcdef" * 2 + "01234567"
MANIFEST = b'{"schemaVersion": 2}'
ANSWERS = {
    "/repos/foo/lint/commits/v4": COMMIT,
    "/repos/foo/bar/commits/main": COMMIT,
    "/api/models/a/b/revision/main": COMMIT,
    "/api/datasets/x/y/revision/main": COMMIT,
    "/api/models/odd/one/revision/main": "main",
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str | None]]]:
    """What the forge and the hub, both on the loopback interface, were asked."""
    seen: list[tuple[str, str | None]] = []

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers.get("Authorization")))
            found = ANSWERS.get(self.path)
            body = json.dumps({"sha": found}).encode() if found else b"{}"
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        for name in ("GITHUB_API_URL", "HF_ENDPOINT"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("GITHUB_TOKEN", "not-over-http")
        yield seen
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@contextlib.contextmanager
def images() -> Iterator[str]:
    """A registry that has `team/app:latest`."""
    registry = Registry(blobs={digest(MANIFEST): MANIFEST}, tags={"latest": digest(MANIFEST)})
    with serving(registry) as host:
        yield host


WORKFLOW = """\
on: push
permissions: {}
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - uses: foo/lint@v4
      - uses: 'foo/bar/sub@main'  # ours
      - uses: foo/gone@v1
"""


def test_actions_get_their_commit_and_keep_their_name(here: Path, asked: list[Any], capsys: Any) -> None:
    file = here / ".github/workflows/ci.yml"
    file.parent.mkdir(parents=True)
    file.write_text(WORKFLOW)
    main(["fix", "--pin", "--write", "."])
    text = file.read_text()
    assert f"      - uses: foo/lint@{COMMIT} # v4\n" in text
    assert f"      - uses: 'foo/bar/sub@{COMMIT}'  # ours\n" in text
    assert "      - uses: foo/gone@v1\n" in text
    assert "answered with status 404" in capsys.readouterr().err
    assert {said for _, said in asked} == {None}
    assert len(asked) == 3
    main(["scan", "."])
    said = capsys.readouterr().out
    assert said.count("IAC-ACTIONS-TAG") == 1
    assert "IAC-ACTIONS-BRANCH" not in said
    assert main(["fix", "--undo"]) == 0
    assert file.read_text() == WORKFLOW


def test_images_get_their_digest(here: Path, capsys: Any) -> None:
    with images() as host:
        (here / "Dockerfile").write_text(f"FROM {host}/team/app:latest AS base\nFROM python\nFROM $BASE\n")
        main(["fix", "--pin", "--write", "."])
        first, second, third = (here / "Dockerfile").read_text().splitlines()
        assert first == f"FROM {host}/team/app:latest@{digest(MANIFEST)} AS base"
        assert second == "FROM python"
        assert third == "FROM $BASE"
        assert "--registry HOST says which one is meant" in capsys.readouterr().err


def test_an_image_without_a_host_is_looked_for_where_it_is_said(here: Path) -> None:
    with images() as host:
        (here / "Dockerfile").write_text("FROM team/app\n")
        main(["fix", "--pin", "--registry", host, "--write", "."])
    assert (here / "Dockerfile").read_text() == f"FROM team/app@{digest(MANIFEST)}\n"


CELL = """\
from transformers import AutoModel
from datasets import load_dataset
from huggingface_hub import hf_hub_download
AutoModel.from_pretrained('a/b')
load_dataset(
    "x/y",
    split="train",
)
hf_hub_download(repo_id="x/y", filename="d.csv", repo_type="dataset")
AutoModel.from_pretrained(name)
AutoModel.from_pretrained('odd/one')
"""


def test_hub_downloads_get_the_commit_of_today(here: Path, asked: list[Any], capsys: Any) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "id": "c", "source": CELL}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (here / "n.ipynb").write_text(json.dumps(book))
    main(["fix", "--pin", "--write", "."])
    source = json.loads((here / "n.ipynb").read_text())["cells"][0]["source"]
    assert f"AutoModel.from_pretrained('a/b', revision=\"{COMMIT}\")" in source
    assert f'    split="train", revision="{COMMIT}"\n)' in source
    assert f'repo_type="dataset", revision="{COMMIT}")' in source
    assert "AutoModel.from_pretrained(name)" in source
    assert "did not answer with a commit" in capsys.readouterr().err
    assert len(asked) == 3


@pytest.mark.parametrize("how", [["--offline"], []])
def test_nothing_is_asked_offline(here: Path, how: list[str], asked: list[Any], capsys: Any) -> None:
    if not how:
        (here / "pyproject.toml").write_text("[tool.mlsec]\noffline = true\n")
    assert main(["fix", "--pin", *how, "."]) == 2
    assert "this run is offline" in capsys.readouterr().err
    assert not asked
