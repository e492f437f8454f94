"""The requests of the panel, against a real server."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from mlsec_nb.jupyter.routes import ROUTES

from .conftest import Server

UNSAFE = "import torch\nmodel = torch.load('weights.pt')\n"


def cell(name: str, source: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "cell_type": "code", "source": source, "metadata": {}, "outputs": [], **more}


def live(session: str, *cells: dict[str, Any], base: int | None = None, **more: Any) -> dict[str, Any]:
    order = {"order": [one["id"] for one in cells]} if base is None else {}
    return {
        "session": session, "path": "open.ipynb", "base": base, "language": "python", "cells": list(cells), **order,
        **more,
    }  # fmt: skip


ASKED = {
    "live": ("POST", "live"), "text": ("POST", "text"), "workspace": ("POST", "workspace"),
    r"jobs/([0-9a-f]{32})": ("GET", "jobs/" + "0" * 32), "report": ("POST", "report"),
    r"gates/([a-z-]+)": ("POST", "gates/ci"), r"rules/([A-Z0-9-]+)": ("GET", "rules/LOAD-TORCH"), "baseline": ("POST", "baseline"), "status": ("GET", "status"),
}  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_refuses_who_has_no_token_and_says_nothing(server: Server, route: str) -> None:
    method, path = ASKED[route]
    for token in (None, "wrong"):
        answer = server.ask(method, f"/mlsec/{path}", {} if method == "POST" else None, token)
        assert answer.status == 403
        assert "finding" not in answer.text


@pytest.mark.parametrize("route", ROUTES)
def test_every_method_of_a_route_is_decorated_for_authentication(route: str) -> None:
    kind = ROUTES[route]
    methods = [getattr(kind, name) for name in ("get", "post", "delete") if name in vars(kind)]
    assert methods
    for method in methods:
        assert hasattr(method, "__wrapped__"), f"{kind.__name__}.{method.__name__} lets anybody in"


def test_a_user_who_may_not_read_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    authorizer = server.app.authorizer
    monkeypatch.setattr(
        type(authorizer), "is_authorized", lambda self, handler, user, action, resource: resource != "contents"
    )
    assert server.get("status").status == 403


def test_an_open_notebook_is_scanned_and_answers_are_not_cached(server: Server) -> None:
    answer = server.post("live", live("a", cell("c1", "x = 1"), cell("c2", UNSAFE)))
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    (found,) = answer.json["findings"]
    assert (found["rule"], found["location"]["cell_id"], found["location"]["line"]) == ("LOAD-TORCH", "c2", 2)
    assert found["location"]["path"] == "open.ipynb"
    assert answer.json["rules"][found["rule"]]["why"]


def test_only_what_changed_is_sent_and_the_other_cells_still_count(server: Server) -> None:
    first = server.post("live", live("b", cell("c1", "import torch"), cell("c2", "x = 1"))).json
    assert first["findings"] == []
    second = server.post("live", live("b", cell("c2", "torch.load(p)"), base=first["revision"])).json
    assert [found["location"]["cell"] for found in second["findings"]] == [2]
    third = server.post("live", live("b", base=second["revision"], order=["c1"])).json
    assert third["findings"] == []


def test_changes_to_what_the_server_has_forgotten_ask_for_everything(server: Server) -> None:
    assert server.post("live", live("never-seen", cell("c1", "x"), base=3)).status == 409
    assert server.ask("DELETE", "/mlsec/live?session=b").status == 204
    assert server.post("live", live("b", base=3, order=["c1"])).status == 409


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"{", b"\xff\xfe", {"session": "s"}, {"path": 1}, live("", cell("c", "x")),
        live("s", {"id": "c"}), live("s", {"id": "c", "cell_type": "code", "source": ["x"]}),
        live("s", cell("c", "x"), cell("c", "y")), live("s", cell("c", "x", metadata=[])), live("s") | {"cells": {}},
        live("s") | {"order": [1]},
    ],
)  # fmt: skip
def test_a_malformed_request_is_one_clear_line(server: Server, body: Any) -> None:
    answer = server.post("live", body)
    assert answer.status == 400
    assert answer.json["message"]
    assert "Traceback" not in answer.text


def test_what_was_not_sent_is_a_gap(server: Server) -> None:
    answer = server.post("live", live("c", cell("c1", "x"), omitted=3)).json
    assert any("3 outputs" in gap["reason"] for gap in answer["gaps"])


def test_an_open_file_is_scanned(server: Server) -> None:
    answer = server.post("text", {"path": "code/load.py", "text": UNSAFE}).json
    assert [found["location"]["path"] for found in answer["findings"]] == ["code/load.py"]


@pytest.mark.parametrize("path", ["../outside.py", "a/../../outside.py", "/../outside.py", "nul\0.py"])
@pytest.mark.parametrize("route", ["text", "workspace", "report"])
def test_nothing_outside_the_root_is_touched(server: Server, route: str, path: str) -> None:
    (server.root.parent / "outside.py").write_text(UNSAFE)
    answer = server.post(route, {"path": path, "text": "x"})
    assert answer.status == 404
    assert "LOAD" not in answer.text


def test_a_link_does_not_lead_out_of_the_root(server: Server, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (server.root / "way-out").symlink_to(tmp_path)
    try:
        assert server.post("report", {"path": "way-out/secret.json"}).status == 404
        assert server.post("workspace", {"path": "way-out"}).status == 404
    finally:
        (server.root / "way-out").unlink()


def test_a_hidden_folder_is_not_scanned_when_the_server_hides_it(server: Server) -> None:
    (server.root / ".hidden").mkdir(exist_ok=True)
    assert server.post("workspace", {"path": ".hidden"}).status == 404


def finished(server: Server, job: dict[str, Any]) -> dict[str, Any]:
    end = time.monotonic() + 30
    while job["state"] == "running" and time.monotonic() < end:
        time.sleep(0.05)
        job = server.get(f"jobs/{job['id']}").json
    return job


def test_a_folder_is_scanned_in_a_process_of_its_own(server: Server) -> None:
    folder = server.root / "work"
    folder.mkdir()
    notebook = {"cells": [cell("c1", UNSAFE, execution_count=None)], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "a.ipynb").write_text(json.dumps(notebook))
    job = finished(server, server.post("workspace", {"path": "work"}).json)
    assert job["state"] == "done", job
    assert job["done"] == job["total"] == 1
    assert [found["location"]["path"] for found in job["report"]["findings"]] == ["work/a.ipynb"]
    assert str(server.root) not in json.dumps(job)


def test_a_running_scan_can_be_stopped(server: Server) -> None:
    folder = server.root / "much"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number}.py").write_text(UNSAFE * 50)
    job = server.post("workspace", {"path": "much"}).json
    stopped = server.ask("DELETE", f"/mlsec/jobs/{job['id']}").json
    assert stopped["state"] == "cancelled"
    assert finished(server, stopped)["state"] == "cancelled"
    assert server.ask("DELETE", "/mlsec/jobs/" + "f" * 32).status == 404
    assert server.get("jobs/" + "f" * 32).status == 404


def test_no_more_scans_at_once_than_the_machine_can_bear(server: Server) -> None:
    jobs = [server.post("workspace", {"path": "much"}) for _ in range(3)]
    assert [one.status for one in jobs] == [200, 200, 429]
    for one in jobs[:2]:
        server.ask("DELETE", f"/mlsec/jobs/{one.json['id']}")


def test_a_saved_report_is_opened(server: Server) -> None:
    job = finished(server, server.post("workspace", {"path": "work"}).json)
    (server.root / "report.json").write_text(json.dumps(job["report"]))
    assert server.post("report", {"path": "report.json"}).json == job["report"]
    (server.root / "no.json").write_text("{}")
    answer = server.post("report", {"path": "no.json"})
    assert answer.status == 400
    assert "none of the reports" in answer.json["message"]
    assert str(server.root) not in answer.json["message"]
    (server.root / "theirs.json").write_text(
        '[{"code": "DL3006", "file": "Dockerfile", "level": "warning", "line": 1}]'
    )
    theirs = server.post("report", {"path": "theirs.json"}).json
    assert [one["rule"] for one in theirs["findings"]] == ["HADOLINT-DL3006"]
    assert [one["path"] for one in theirs["artifacts"]] == ["theirs.json"]
    assert server.post("report", {"path": "work"}).status == 400
    assert server.post("report", {"path": "missing.json"}).status == 404


def test_a_rule_explains_itself_without_its_examples(server: Server) -> None:
    rule = server.get("rules/LOAD-TORCH").json
    assert rule["why"]
    assert "bad" not in rule
    assert server.get("rules/NO-SUCH").status == 404


def test_the_status_names_what_is_there(server: Server) -> None:
    status = server.get("status").json
    assert status["save_guard"] == "off"
    assert status["baseline"] is False


def test_findings_are_accepted_into_the_baseline_of_the_config(server: Server) -> None:
    folder = server.root / "accepting"
    folder.mkdir()
    (folder / "mlsec.toml").write_text('baseline = ".mlsec-baseline.json"\n')
    (folder / ".mlsec-baseline.json").write_text('{"schema": "mlsec-baseline/1", "key": "00", "entries": []}')
    (folder / ".mlsec-baseline.json").unlink()
    request = {"path": "accepting/load.py", "text": UNSAFE}
    refused = server.post("text", request)
    assert refused.status == 400, "a baseline that is named and missing is a mistake that is said"
    from mlsec_nb import triage

    triage.write_baseline(folder / ".mlsec-baseline.json", triage.new_baseline(folder))
    (found,) = server.post("text", request).json["findings"]
    assert found["status"] == "new"
    answer = server.post("baseline", {"path": request["path"], "fingerprints": [found["fingerprint"]]})
    assert answer.json == {"accepted": 1}
    (again,) = server.post("text", request).json["findings"]
    assert again["status"] == "known"
    assert server.post("baseline", {"path": "x.py", "fingerprints": "all"}).status == 400


def test_a_broken_config_is_said(server: Server) -> None:
    folder = server.root / "broken"
    folder.mkdir()
    (folder / "mlsec.toml").write_text("fail_on = 3\n")
    answer = server.post("live", live("d", cell("c1", "x")) | {"path": "broken/x.ipynb"})
    assert answer.status == 400
    assert "fail_on" in answer.json["message"]
    assert finished(server, server.post("workspace", {"path": "broken"}).json)["state"] == "failed"


def test_a_notebook_that_is_too_big_to_be_scanned_while_open_is_a_gap(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlsec_nb.jupyter import audits, routes

    monkeypatch.setattr(audits, "LIVE_BYTES", 1000)
    answer = server.post("live", live("big", cell("c1", "x = 1\n" * 1000))).json
    assert [gap["code"] for gap in answer["gaps"]] == ["too-big"]
    monkeypatch.setattr(routes, "BODY_BYTES", 100)
    assert server.post("live", live("big", cell("c1", "x = 1\n" * 1000))).status == 413


def test_a_contents_manager_without_files_is_told_apart(server: Server) -> None:
    from tornado.web import HTTPError

    from mlsec_nb.jupyter.routes import place_of

    with pytest.raises(HTTPError) as refused:
        place_of(object(), "a.ipynb")
    assert refused.value.status_code == 501


def test_a_gate_is_run_and_says_what_became_of_each_check(server: Server) -> None:
    (server.root / "mlsec.toml").write_text('[gates.pre-commit]\ntargets = ["work"]\n')
    try:
        job = finished(server, server.post("gates/pre-commit", {}).json)
        assert job["state"] == "done", job
        assert job["report"]["verdict"]["passed"] is False
        assert {"secrets": "passed", "code": "failed"}.items() <= {
            c["check"]: c["state"] for c in job["checks"]
        }.items()
        assert [found["location"]["path"] for found in job["report"]["findings"]] == ["work/a.ipynb"]
        assert server.post("gates/none", {}).status == 404
        assert [gate["name"] for gate in server.get("status").json["gates"]] == [
            "pre-commit",
            "ci",
            "pre-deploy",
            "deploy",
        ]
    finally:
        (server.root / "mlsec.toml").unlink()
