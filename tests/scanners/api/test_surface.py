"""What there is to ask: bodies that a description or an error asks for, and servers that end or limit the asking."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mlsec_nb.core import Finding, Gap
from mlsec_nb.io.exchanges import Exchange
from mlsec_nb.scanners.api import surface
from mlsec_nb.scanners.api.description import example


@contextlib.contextmanager
def answering(answer):
    """A server whose answers a function gives: (status, tree) for (method, path, body, headers), or None to hang up."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.close_connection = True
            told = answer(self.command, self.path.partition("?")[0], body, self.headers)
            if told is None:
                return
            status, tree, *more = told
            data = json.dumps(tree).encode()
            self.send_response(status)
            for name, value in {
                "Content-Length": str(len(data)),
                "Connection": "close",
                **(more[0] if more else {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_OPTIONS = do_TRACE = do_MLSEC = _do

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def gaps(told):
    return [one for one in told if isinstance(one, Gap) and one.code != "skipped"]


def rules(told):
    return {one.rule.id for one in told if isinstance(one, Finding)}


@pytest.mark.parametrize(("schema", "expected"), [
    ({"example": {"a": 1}}, {"a": 1}), ({"enum": ["x", "y"]}, "x"), ({"examples": [7]}, 7), ({"type": "boolean"}, True),
    ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "text"), ({"type": ["null", "integer"]}, 1),
    ({"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"type": "object", "properties": {"b": {"const": 2}}}]}, {"a": 1, "b": 2}),
    ({"type": "number", "minimum": 2, "maximum": 4}, 3), ({"type": "integer", "minimum": 2}, 3), ({"type": "number", "maximum": 0.25}, 0.25),
    ({"type": "array", "minItems": 2, "items": {"type": "number"}}, [0.5] * 4), ({"type": "array", "maxItems": 1, "items": {"type": "number"}}, [0.5]),
    ({"type": "array", "prefixItems": [{"type": "string"}]}, ["text"] * 4),
])  # fmt: skip
def test_examples_are_what_a_schema_asks_for(schema, expected):
    assert example({}, schema) == expected


def learned(detail, body):
    return surface._learned(Exchange(422, (), json.dumps({"detail": detail}).encode()), body)


@pytest.mark.parametrize(("error", "body", "expected"), [
    ({"loc": ["body", "features"], "type": "missing"}, {}, {"features": [0.5] * 4}),
    ({"loc": ["body", "rows"], "type": "too_short", "ctx": {"min_length": 2}}, {"rows": []}, {"rows": [0.5] * 2}),
    ({"loc": ["body", "rows"], "type": "list_type", "ctx": {"min_length": "x"}}, {}, {"rows": [0.5] * 4}),
    ({"loc": ["body", "rows", 0, "name"], "type": "missing"}, {"rows": [{}]}, {"rows": [{"name": "text"}]}),
    ({"loc": ["body", "rows", 5], "type": "int_type"}, {"rows": [1]}, None),
    ({"loc": ["body", "n"], "type": "int_parsing"}, {"n": "a"}, {"n": 1}), ({"loc": ["body", "b"], "type": "bool_type"}, {}, {"b": True}),
    ({"loc": ["body", "o"], "type": "model_attributes_type"}, {}, {"o": {}}), ({"loc": ["body"], "type": "dict_type"}, [], {}),
    ({"loc": ["query", "x"], "type": "missing"}, {}, None), ({"loc": "body", "type": "missing"}, {}, None), (7, {}, None),
])  # fmt: skip
def test_errors_that_ask_for_something_are_followed(error, body, expected):
    assert learned([error], body) == ([] if expected is None else [expected])


def test_a_server_that_hangs_up_on_every_post_has_no_operation(ask):
    with answering(lambda method, path, body, headers: (404, {}) if method == "GET" else None) as url:
        told = ask(url)
    assert any("no operation that predicts was found" in gap.reason for gap in gaps(told))


def test_a_description_behind_a_credential_is_read_with_it(ask, monkeypatch):
    paths = {"/score": {"post": {"requestBody": {"content": {"application/json": {"schema": {
        "type": "object", "required": ["x"], "properties": {"x": {"type": "number"}}}}}}}}}  # fmt: skip

    def answer(method, path, body, headers):
        if headers.get("X-Key") != "k":
            return 401, {}
        if path == "/openapi.json":
            return 200, {"openapi": "3.1.0", "paths": paths}
        return (200, {"label": 1}) if (method, path) == ("POST", "/score") and body.strip()[:1] == b"{" else (404, {})

    monkeypatch.setenv("MODEL_KEY", "k")
    with answering(answer) as url:
        told = ask(url, credentials={"X-Key": "MODEL_KEY"})
    assert gaps(told) == []
    assert any(one.location.part == "POST /score" for one in told if isinstance(one, Finding))


def predicts(method, path, body, headers):
    if (method, path) != ("POST", "/predict"):
        return 404, {}
    try:
        return 200, {"label": len(json.loads(body)["features"])}
    except (ValueError, TypeError, KeyError, RecursionError):
        return 422, {}


def test_a_budget_too_small_for_the_question_about_limits_is_said(ask):
    with answering(predicts) as url:
        told = ask(url, ends=True, requests=_counted(ask, url) - 1)
    assert any("the budget" in gap.reason or "of the budget are left" in gap.reason for gap in gaps(told))


def _counted(ask, url):
    """How many requests a whole run needs."""
    asked = []
    from mlsec_nb.scanners.api.asking import Asker

    with pytest.MonkeyPatch.context() as patch:
        real = Asker._check
        patch.setattr(Asker, "_check", lambda self, size: (asked.append(1), real(self, size)))
        ask(url)
    return len(asked)


@pytest.mark.parametrize("limit", [{"Retry-After": "1"}, {"X-RateLimit-Remaining": "3"}])
def test_a_limit_that_shows_only_when_asked_fast_is_a_limit(ask, limit):
    fast = 0

    def answer(method, path, body, headers):
        nonlocal fast
        status, tree = predicts(method, path, body, headers)
        fast = fast + 1 if status == 200 and body == b'{"features": [0.5, 0.5, 0.5, 0.5]}' else 0
        if fast > 5 and "Retry-After" in limit:
            return 429, {}, {**limit, "Retry-After": "0"}
        return status, tree, limit if fast > 5 else {}

    with answering(answer) as url:
        told = ask(url, ends=True)
    assert "API-NO-RATE-LIMIT" not in rules(told)


def test_a_server_that_asks_to_wait_for_long_is_left(ask):
    with answering(lambda *_: (429, {}, {"Retry-After": "3600"})) as url:
        told = ask(url, ends=True)
    assert [gap.code for gap in gaps(told)] == ["timeout"]
    assert "its limit of requests" in gaps(told)[0].reason


def test_other_operations_that_hang_up_are_gaps(ask):
    body = {
        "requestBody": {
            "content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"type": "number"}}}}}
        }
    }
    document = {"openapi": "3.1.0", "paths": {"/predict": {"post": body}, "/predict/more": {"post": body}}}

    def answer(method, path, body, headers):
        if path == "/openapi.json":
            return 200, document
        if path == "/predict/more":
            return None
        return (200, {"label": 1}) if path == "/predict" and method == "POST" else (404, {})

    with answering(answer) as url:
        told = ask(url, ends=True)
    assert "POST /predict/more" in {gap.location.part for gap in gaps(told)}
