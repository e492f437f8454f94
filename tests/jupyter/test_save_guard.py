"""The save guard of the server: every road to the disk."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.web import HTTPError

from mlsec_nb.core import Confidence, Evidence, Finding, Location, Report, Rule, Severity
from mlsec_nb.core.report import Judged
from mlsec_nb.jupyter import audits, save_guard
from mlsec_nb.jupyter.save_guard import content, hook

from .conftest import Server, run_server

MARK = "planted-" + "secret"
RULE = Rule(id="SECRET-TEST", title="A test secret", severity=Severity.HIGH, confidence=Confidence.HIGH)


def notebook(source: str) -> dict[str, Any]:
    cell = {"id": "c1", "cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan that finds one thing: the hook is under test here, not the detectors."""

    def live(data: bytes, place: Path, **_: Any) -> Report:
        found = Finding(
            rule=RULE, scanner="secrets", location=Location(path=str(place), cell=1), evidence=Evidence("…", "0")
        )
        return Report(findings=(Judged(found),) if MARK.encode() in data else ())

    monkeypatch.setattr(audits, "live", live)


@pytest.fixture(scope="module")
def guarded(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from run_server(tmp_path_factory.mktemp("guarded"), home, MlsecServer={"save_guard": "block"})


@pytest.mark.usefixtures("_planted")
def test_rest_cannot_save_a_live_secret_and_the_file_stays_as_it_was(guarded: Server) -> None:
    clean = {"type": "notebook", "format": "json", "content": notebook("x = 1")}
    assert guarded.ask("PUT", "/api/contents/a.ipynb", clean).status == 201
    before = (guarded.root / "a.ipynb").read_bytes()
    dirty = {**clean, "content": notebook(f"x = '{MARK}'")}
    answer = guarded.ask("PUT", "/api/contents/a.ipynb", dirty)
    assert answer.status == 400
    assert "1 live secret in a.ipynb (cell 1, A test secret)" in answer.text
    assert MARK not in answer.text
    assert (guarded.root / "a.ipynb").read_bytes() == before
    assert guarded.get("status").json["save_guard"] == "block"


@pytest.mark.usefixtures("_planted")
def test_dragging_a_notebook_in_is_no_way_around(guarded: Server) -> None:
    raw = base64.b64encode(json.dumps(notebook(MARK)).encode()).decode()
    upload = {"type": "file", "format": "base64", "content": raw, "chunk": 1}
    assert guarded.ask("PUT", "/api/contents/b.ipynb", upload).status == 400
    text = {"type": "file", "format": "text", "content": f"key = '{MARK}'"}
    assert guarded.ask("PUT", "/api/contents/b.py", text).status == 400
    assert not [path for path in guarded.root.iterdir() if path.name.startswith("b.")]


@pytest.mark.usefixtures("_planted")
def test_whoever_listens_to_the_server_hears_of_it(guarded: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []

    async def listen(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        heard.append(data)

    guarded.app.event_logger.add_listener(schema_id=save_guard.EVENT, listener=listen)
    dirty = {"type": "notebook", "format": "json", "content": notebook(MARK)}
    guarded.ask("PUT", "/api/contents/c.ipynb", dirty)
    guarded.get("status")
    assert [(told["path"], told["blocked"]) for told in heard] == [("c.ipynb", True)]


@pytest.mark.usefixtures("_planted")
def test_warn_lets_it_through_and_says_so() -> None:
    told: list[Any] = []
    run = hook("warn", Path, told.append)
    run(model={"type": "notebook", "content": notebook(MARK)}, path="a.ipynb")
    assert [(one["blocked"], MARK in one["message"]) for one in told] == [(False, False)]
    run(model={"type": "notebook", "content": notebook("x")}, path="a.ipynb")
    assert len(told) == 1


def test_a_scan_that_cannot_be_made_never_costs_the_users_text(tmp_path: Path) -> None:
    (tmp_path / "mlsec.toml").write_text("jobs = -1\n")
    told: list[Any] = []
    hook("block", lambda path: tmp_path / path, told.append)(
        model={"type": "notebook", "content": notebook(MARK)}, path="a.ipynb"
    )
    assert "could not look" in told[0]["message"]


@pytest.mark.usefixtures("_planted")
def test_many_findings_are_named_briefly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one = audits.live(MARK.encode(), tmp_path).findings[0]
    monkeypatch.setattr(audits, "live", lambda *_, **__: Report(findings=(one,) * 5))
    with pytest.raises(HTTPError) as refused:
        hook("block", lambda path: tmp_path / path, lambda told: None)(
            model={"type": "file", "format": "text", "content": MARK}, path="a.py"
        )
    assert "5 live secrets" in str(refused.value)
    assert "and 2 more" in str(refused.value)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({"type": "directory"}, None),
        ({"type": "file", "content": None}, None),
        ({"type": "file", "format": "base64", "content": "abcde"}, None),
        ({"type": "file", "format": "text", "content": "é"}, "é".encode()),
        ({"type": "file", "format": "text", "content": "\ud800"}, b"\xed\xa0\x80"),
    ],
)
def test_what_is_about_to_be_written(model: dict[str, Any], expected: bytes | None) -> None:
    assert content(model) == expected
