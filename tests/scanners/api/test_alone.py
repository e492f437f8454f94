"""One weakness alone is one rule: a server that has none, with each of them switched on."""

import contextlib
import gzip
import json
import ssl
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
import yaml

from mlsec_nb.core import Finding, Gap


class Model(BaseHTTPRequestHandler):
    """A model server; `weak` is the set of its weaknesses."""

    weak = frozenset()
    protocol_version = "HTTP/1.1"
    server_version = "model"
    sys_version = ""
    calls = 0
    dead = False

    def parse_request(self):
        """A server that died answers nothing more."""
        self.close_connection = True
        return not self.dead and super().parse_request()

    def _hang_up(self, *, die=False):
        type(self).dead = die
        self.close_connection = True

    def _say(self, status, tree, **headers):
        data = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
        self.send_response(status)
        fields = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "X-RateLimit-Limit": "9",
                  "Content-Length": str(len(data)), "Connection": "close", **self._cors(), **headers}  # fmt: skip
        for gone in {"headers": ["X-Content-Type-Options"], "rate": ["X-RateLimit-Limit"]}.get(self.only, []):
            del fields[gone]
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    @property
    def only(self):
        return next(iter(self.weak), "")

    def _cors(self):
        origin = self.headers.get("Origin")
        if not origin:
            return {}
        return {"cors": {"Access-Control-Allow-Origin": "*"}, "cors-null": {"Access-Control-Allow-Origin": "null"} if origin == "null" else {},
                "cors-named": {"Access-Control-Allow-Origin": origin},
                "cors-all": {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}}.get(self.only, {})  # fmt: skip

    def version_string(self):
        return "model/1.2.3" if self.only == "version" else "model"

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path in _PLACES.get(self.only, {}):
            return self._say(200, _PLACES[self.only][path])
        if self.only == "shy" and self.path != "/":
            return self._hang_up()
        if self.only == "paths" and "%" in self.path:
            return self._say(404, {"error": "no file /home/anna/www"})
        return self._say(404, {"error": "not found"})

    def do_OPTIONS(self):
        self._say(405, {"error": "no"})

    def do_TRACE(self):
        if self.only == "trace":
            return self._say(200, str(self.headers).encode())
        return self._say(405, {"error": "no"})

    def do_MLSEC(self):
        if self.only == "shy":
            return self._hang_up()
        return self._say(200 if self.only == "method" else 405, {"error": "no"})

    def do_POST(self):
        type(self).calls += 1
        length = int(self.headers.get("Content-Length", 0))
        if length > 1_000_000 and self.only in ("dies-long", "shy"):
            self.rfile.read(length)
            return self._hang_up(die=self.only == "dies-long")
        if length > 100_000 and self.only not in ("long", "nested", "batch", "dies-nested"):
            self.rfile.read(length)
            return self._say(413, {"error": "too long"})
        body = self.rfile.read(length)
        if self.path != "/predict":
            return self._say(404, {"error": "not found"})
        if self.only == "busy" and self.calls % 20 == 19:
            return self._say(429, {"error": "wait"}, **{"Retry-After": "0"})
        if self.headers.get("X-Key") != "k" and self.only != "open":
            return self._say(401, {"error": "who"})
        return self._judged(body)

    def _judged(self, body):
        kind = self.headers.get("Content-Type")
        if self.only == "dies-nested" and body.startswith(b"[[["):
            return self._hang_up(die=True)
        if self.only == "mute-nan" and b"NaN" in body:
            return self._hang_up()
        if self.headers.get("Content-Encoding"):
            if self.only != "gzip":
                return self._say(415, {"error": "packed"})
            body = gzip.decompress(body)
        if kind != "application/json":
            return self._other(kind, body)
        try:
            return self._answer(
                json.loads(body, parse_constant=None if self.only in ("nan", "nan-crash") else self._refuse)
            )
        except RecursionError:
            return self._say(500 if self.only == "nested" else 400, {"error": "nested"})
        except (ValueError, TypeError, KeyError, AssertionError, OverflowError) as error:
            if self.only == "hangs-up" and isinstance(error, AssertionError):
                return self._hang_up()
            if self.only == "secret":
                return self._say(422, {"error": "no postgresql://model:" + "geheim7@db/x"})
            if self.only == "traceback":
                return self._say(422, {"detail": 'Traceback (most recent call last):\n  File "m.py", line 1'})
            if self.only == "crash" and isinstance(error, AssertionError):
                return self._say(500, {"error": "internal"})
            return self._say(422, {"error": "invalid"})

    @staticmethod
    def _refuse(_):
        raise ValueError

    def _other(self, kind, body):
        if self.only == "pickle" and kind == "application/x-pickle":
            return self._say(*((200, {"label": 1}) if body[:1] == b"\x80" else (400, {"error": "no"})))
        if self.only == "pickle-error" and kind == "application/octet-stream":
            return self._say(400, {"error": "invalid load key, 'm'."})
        if self.only == "yaml" and kind == "application/x-yaml":
            try:
                yaml.load(body, Loader=yaml.FullLoader)
            except yaml.YAMLError:
                return self._say(400, {"error": "no"})
            return self._say(200, {"label": 1})
        return self._say(415, {"error": f"{kind} is not supported"})

    def _answer(self, tree):
        if self.only == "ssrf" and "url" in tree:
            urllib.request.urlopen(tree["url"], timeout=2).close()
        rows = tree["instances"]
        assert 0 < len(rows) <= (10**9 if self.only == "batch" else 10)
        for row in rows:
            assert len(row) == 4
            for one in row:
                assert type(one) in (int, float)
                if self.only == "nan-crash" and one != one:
                    return self._say(500, {"error": "internal"})
                assert abs(one) < 1e9 or self.only == "nan"
        labels = [int(sum(row) > 2) if sum(row) == sum(row) else 0 for row in rows]
        if self.only == "confidence":
            return self._say(200, {"scores": [[0.123456789012, 0.876543210988] for _ in rows]})
        return self._say(200, {"labels": labels})

    def log_message(self, *_):
        pass


_PLACES = {
    "docs": {"/docs": b"<html><title>swagger-ui</title><div id=swagger-ui></div></html>"},
    "metrics": {"/metrics": b"# HELP a b\n# TYPE a counter\na 1\n"},
    "admin": {"/admin": {"users": ["anna"]}},
    "files": {"/.env": b"# mine\nKEY=value\n"},
    "control": {"/api/2.0/mlflow/experiments/search": {"experiments": []}},
}


@contextlib.contextmanager
def serving(*weak, context=None):
    handler = type("Handler", (Model,), {"weak": frozenset(weak), "calls": 0, "dead": False})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http{'s' if context else ''}://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def told(ask, tmp_path, monkeypatch):
    monkeypatch.setenv("MODEL_KEY", "k")
    monkeypatch.setattr("mlsec_nb.scanners.api.checks.reach._PATIENCE", 0.05)
    body = tmp_path / "body.json"
    body.write_text('{"instances": [[1, 2, 3, 4]]}')

    def asked(*weak, context=None):
        with serving(*weak, context=context) as url:
            found = ask(url, predict="/predict", body=str(body), ends=True, credentials={"X-Key": "MODEL_KEY"})
        return {one.rule.id for one in found if isinstance(one, Finding)}, [
            one for one in found if isinstance(one, Gap)
        ]

    return asked


@pytest.mark.parametrize(("weak", "rule"), [
    (None, None), ("busy", None), ("open", "API-PREDICT-OPEN"), ("headers", "API-HEADERS"), ("rate", "API-NO-RATE-LIMIT"),
    ("cors", "API-CORS"), ("cors-null", "API-CORS"), ("cors-named", "API-CORS"), ("cors-all", "API-CORS"),
    ("version", "API-VERSION-SHOWN"), ("trace", "API-METHODS"), ("method", "API-METHODS"), ("paths", "API-PATHS"),
    ("long", "API-BODY-UNBOUNDED"), ("nested", "API-NESTED"), ("gzip", "API-GZIP-BOMB"), ("batch", "API-BATCH-UNBOUNDED"),
    ("nan", "API-NAN"), ("nan-crash", "API-INPUT-CRASH"), ("crash", "API-INPUT-CRASH"), ("traceback", "API-TRACEBACK"),
    ("pickle", "API-PICKLE"), ("pickle-error", "API-PICKLE"), ("yaml", "API-YAML"), ("confidence", "API-CONFIDENCE"),
    ("dies-long", "API-BODY-UNBOUNDED"), ("dies-nested", "API-NESTED"), ("hangs-up", "API-INPUT-CRASH"), ("mute-nan", "API-INPUT-CRASH"), ("secret", "API-SECRET-SHOWN"),
    ("ssrf", "API-SSRF"), ("docs", "API-DOCS-OPEN"), ("metrics", "API-METRICS-OPEN"), ("admin", "API-ADMIN-OPEN"), ("files", "API-FILES-SERVED"),
    ("control", "API-CONTROL-OPEN"),
])  # fmt: skip
def test_one_weakness_is_one_rule(told, weak, rule):
    found, gaps = told(*([weak] if weak else []))
    more = {"API-BODY-UNBOUNDED"} if weak in ("nested", "batch", "dies-nested") else set()
    assert found - more == ({rule} if rule else set())
    reasons = [one.reason for one in gaps if one.code != "skipped"]
    assert [text for text in reasons if "answers nothing more" not in text] == []
    assert bool(reasons) is (weak or "").startswith("dies")


def test_a_server_that_hangs_up_gives_gaps(told):
    found, gaps = told("shy")
    assert found == set()
    assert ["about other origins was not answered" in one.reason for one in gaps if one.code != "skipped"] == [True]


def test_a_certificate_that_nobody_trusts(told):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    assert told(context=context)[0] == {"API-TLS-CERTIFICATE", "API-HEADERS"}
