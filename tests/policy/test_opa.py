import json
import threading
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest

from mlsec_nb.io import serving
from mlsec_nb.policy import opa
from mlsec_nb.policy.bundles import Bundle

POLICY = Bundle({"p.rego": """package mlsec.gate
default allow := false
allow if input.good
deny contains "bad" if not input.good
verdict := {"allow": allow, "deny": deny}
twice := x if some x in [1, 2]
"""}).policy()  # fmt: skip


@contextmanager
def served(respond=None, **options):
    with serving.server(respond or opa.DataApi(POLICY).respond, 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def ask(port, method, path, body=None, **headers):
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, json.loads(data)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "answer"),
    [
        ("POST", "/v1/data/mlsec/gate/allow", '{"input": {"good": true}}', 200, {"result": True}),
        ("POST", "/v1/data/mlsec/gate/allow", "{}", 200, {"result": False}),
        ("GET", "/v1/data/mlsec/gate/allow", None, 200, {"result": False}),
        ("POST", "/v1/data/mlsec/gate/none", "{}", 200, {}),
        ("POST", "/v0/data/mlsec/gate/deny", '{"good": false}', 200, ["bad"]),
        ("GET", "/health", None, 200, {}),
    ],
)
def test_it_speaks_the_data_api(method, path, body, status, answer):
    assert opa.DataApi(POLICY).respond(method, path, (body or "").encode()) == (status, json.dumps(answer).encode())


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/data/mlsec/gate/allow", "{", 400), ("POST", "/v1/data/mlsec/gate/allow", "[]", 400),
        ("POST", "/v1/data/mlsec/gate/twice", "{}", 500), ("POST", "/v0/data/mlsec/gate/none", "{}", 404),
        ("POST", "/v0/data/mlsec/gate/twice", "{}", 500), ("PUT", "/v1/data/mlsec/gate/allow", "{}", 405),
        ("PUT", "/v1/policies/x", "package x", 404), ("GET", "/", None, 404), ("GET", "/v0/data/mlsec", None, 405),
        ("POST", "/v1/data/a%22%5D/b", "{}", 200), ("POST", "/v1/data/mlsec/gate/allow", "[" * 200_000, 400),
    ],
)  # fmt: skip
def test_whatever_is_wrong_is_said_and_changes_nothing(method, path, body, status):
    assert opa.DataApi(POLICY).respond(method, path, (body or "").encode())[0] == status


def test_only_programs_of_this_machine_are_answered():
    with served() as port:
        path = "/v1/data/mlsec/gate/allow"
        assert ask(port, "POST", path, '{"input": {"good": true}}') == (200, {"result": True})
        assert ask(port, "POST", path, "{}", Host="evil.example:80")[0] == 403
        assert ask(port, "POST", path, "{}", Origin="http://evil.example")[0] == 403
        assert ask(port, "GET", "/health", Host=f"localhost:{port}")[0] == 200


def test_a_token_and_a_limit():
    with served(token="made-up", limit=10) as port:
        assert ask(port, "GET", "/health")[0] == 401
        assert ask(port, "GET", "/health", Authorization="Bearer wrong")[0] == 401
        assert ask(port, "GET", "/health", Authorization="Bearer made-up")[0] == 200
        assert ask(port, "POST", "/v1/data", "x" * 11, Authorization="Bearer made-up")[0] == 413
        odd = {"Authorization": "Bearer made-up", "Content-Length": "x"}
        assert ask(port, "POST", "/v1/data", None, **odd)[0] == 411


def test_a_port_that_is_taken():
    from mlsec_nb.core import UsageError

    with served() as port, pytest.raises(UsageError, match="cannot be had"):
        serving.server(lambda *_: (200, b""), port)


def test_an_opa_server_is_the_authority():
    with served() as port:
        url = f"http://127.0.0.1:{port}/v1/data/mlsec/gate"
        assert opa.ask_server(f"{url}/verdict", {"good": True}, offline=False).allowed is True
        denied = opa.ask_server(f"{url}/verdict", {}, offline=False)
        assert denied.allowed is False
        assert [one.text for one in denied.denials] == ["bad"]
        assert opa.ask_server(f"{url}/none", {"good": True}, offline=False).allowed is False
        assert opa.ask_server(f"{url}/twice", {"good": True}, offline=False).allowed is None
        assert opa.ask_server(f"{url}/verdict", {"good": True}, offline=True).allowed is None
    assert opa.ask_server(f"{url}/verdict", {"good": True}, offline=False).allowed is None


def test_a_server_that_answers_nonsense():
    for body in (b"[]", b"<html>", b""):
        with served(lambda *_, body=body: (200, body)) as port:
            assert opa.ask_server(f"http://127.0.0.1:{port}/", {}, offline=False).allowed is None


@pytest.mark.parametrize(
    ("result", "allowed"),
    [({}, False), ({"result": True}, True), ({"result": False}, False), ({"result": []}, True), ({"result": ["x"]}, False),
     ({"result": {"allow": True}}, True), ({"result": {"allow": True, "deny": [{"msg": "m"}]}}, False),
     ({"result": {"allow": "yes"}}, None), ({"result": {"deny": []}}, None), ({"result": 1}, None), ({"result": None}, None)],
)  # fmt: skip
def test_what_an_answer_of_opa_means(result, allowed):
    assert opa.of_result(result, "q").allowed is allowed


PROGRAM = """#!/bin/sh
[ "$1" = eval ] || exit 9
cat > /dev/null
printf '%s' '{answer}'
exit {code}
"""


@pytest.mark.parametrize(
    ("answer", "code", "allowed"),
    [('{"result": [{"expressions": [{"value": {"allow": true, "deny": []}}]}]}', 0, True), ("{}", 0, False),
     ('{"errors": [{"message": "m"}]}', 2, None), ("nonsense", 0, None), ('{"result": [{}]}', 0, None), ("{}", 1, None)],
)  # fmt: skip
def test_the_opa_program_is_the_authority(tmp_path, monkeypatch, answer, code, allowed):
    program = tmp_path / "opa"
    program.write_text(PROGRAM.replace("{answer}", answer).replace("{code}", str(code)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert opa.ask_program(["policies"], {"a": 1}).allowed is allowed


def test_no_opa_program(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert opa.ask_program(["policies"], {}).allowed is None
