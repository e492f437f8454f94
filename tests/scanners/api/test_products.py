"""Each product is known by answers that only it gives, and what it leaves open is told."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mlsec_nb.core import Component, Finding, Gap

MODEL = {"name": "iris", "versions": ["1"], "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 4]}]}
ROUTES = {
    "MLflow tracking": ({"GET /api/2.0/mlflow/experiments/search": {"experiments": []}}, {"API-CONTROL-OPEN"}),
    "MLflow model server": ({"GET /version": "2.9.1", "GET /ping": "\n", "POST /invocations": {"predictions": [1]}}, {"API-PREDICT-OPEN"}),
    "KServe / Triton": ({
        "GET /v2": {"name": "triton", "version": "2.4", "extensions": ["classification", "model_repository"]},
        "GET /v2/models": {"models": ["iris"]}, "GET /v2/models/iris": MODEL,
        "POST /v2/models/iris/infer": {"outputs": [{"name": "y", "shape": [1, 1], "datatype": "INT64", "data": [1]}]},
    }, {"API-CONTROL-OPEN", "API-PREDICT-OPEN"}),
    "TensorFlow Serving": ({"GET /monitoring/prometheus/metrics": "# TYPE :tensorflow:core x\n:tensorflow:core 1"}, {"API-METRICS-OPEN"}),
    "TorchServe": ({"GET /models": {"models": [{"modelName": "iris", "modelUrl": "iris.mar"}]}, "POST /predictions/iris": {"label": 1}},
                   {"API-CONTROL-OPEN", "API-PREDICT-OPEN"}),
    "BentoML": ({"GET /docs.json": {"openapi": "3.0.2", "info": {"title": "a_bento"}, "paths": {}}}, {"API-DOCS-OPEN"}),
    "Ray dashboard": ({"GET /api/version": {"version": "4", "ray_version": "2.9"}, "GET /api/jobs/": []}, {"API-CONTROL-OPEN"}),
    "Ray Serve": ({"GET /-/healthz": "success", "GET /-/routes": {"/": "app"}}, {"API-DOCS-OPEN"}),
    "Gradio": ({"GET /config": {"version": "6", "mode": "interface", "components": []}}, {"API-PREDICT-OPEN"}),
    "Streamlit": ({"GET /_stcore/host-config": {"allowedOrigins": []}}, {"API-PREDICT-OPEN"}),
    "OpenAI-compatible (vLLM, llama.cpp, LiteLLM …)": ({"GET /v1/models": {"object": "list", "data": []}}, {"API-PREDICT-OPEN"}),
    "Ollama": ({"GET /api/tags": {"models": []}}, {"API-CONTROL-OPEN"}),
    "TensorBoard": ({"GET /data/environment": {"data_location": "/logs"}}, {"API-CONTROL-OPEN"}),
    "Jupyter server": ({"GET /api/status": {"started": "", "kernels": 0}, "GET /api/kernels": []}, {"API-CONTROL-OPEN"}),
}  # fmt: skip
ACCESS = {
    "API-CONTROL-OPEN",
    "API-PREDICT-OPEN",
    "API-METRICS-OPEN",
    "API-DOCS-OPEN",
    "API-ADMIN-OPEN",
    "API-FILES-SERVED",
}


class Server:
    """Answers what a table says, 404 to everything else; `status` replaces the 404."""

    def __init__(self, routes, status=404):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                found = routes.get(f"{self.command} {self.path.partition('?')[0]}")
                status, found = (server.status, {"error": "no"}) if found is None else (200, found)
                data = (found if isinstance(found, str) else json.dumps(found)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_OPTIONS = do_TRACE = _answer

            def log_message(self, *_):
                pass

        self.status = status
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()
        return f"http://127.0.0.1:{self.http.server_port}"

    def __exit__(self, *_):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


def told(ask, routes, status=404, **options):
    with Server(routes, status) as url:
        found = ask(url, **options)
    rules = {one.rule.id for one in found if isinstance(one, Finding)} & ACCESS
    return (
        rules,
        {one.name for one in found if isinstance(one, Component)},
        [one for one in found if isinstance(one, Gap)],
    )


@pytest.mark.parametrize("name", ROUTES)
def test_what_serves_there_is_known_and_what_is_open_is_told(ask, name):
    routes, rules = ROUTES[name]
    found, names, _ = told(ask, routes)
    assert name in names
    assert found == rules


def test_a_tracking_server_that_tells_its_version_is_no_model_server(ask):
    routes = {"GET /api/2.0/mlflow/experiments/search": {"experiments": []}, "GET /version": "3.1.0"}
    assert told(ask, routes)[1] == {"MLflow tracking"}


@pytest.mark.parametrize("status", [401, 403])
def test_what_is_closed_is_not_told(ask, status):
    rules, _, gaps = told(ask, {}, status)
    assert rules == set()
    assert any("everything asks for a credential" in gap.reason for gap in gaps)


def test_a_page_that_answers_every_path_is_no_administration(ask):
    class Everything(dict):
        def get(self, key, default=None):
            return "<html><body>one page</body></html>" if key.startswith("GET") else default

    rules, names, gaps = told(ask, Everything())
    assert (rules, names) == (set(), set())
    assert any("no operation that predicts was found" in gap.reason for gap in gaps)


def test_a_login_is_no_open_administration(ask):
    rules, *_ = told(ask, {"GET /admin": '<form><input type="password"></form>'})
    assert rules == set()
    rules, *_ = told(ask, {"GET /admin": "users: 3"})
    assert rules == {"API-ADMIN-OPEN"}


def test_administration_that_the_description_names(ask):
    paths = dict.fromkeys(["/users", "/config/", "/system", "/user", "/internal/login", "/admin/reload"], {"get": {}})
    routes = {
        "GET /openapi.json": {"openapi": "3.1.0", "paths": paths}, "GET /users": ["anna"], "GET /config/": {"a": 1},
        "GET /system": None, "GET /user": "x", "GET /internal/login": "<form>log in</form>", "GET /admin/reload": "done",
    }  # fmt: skip
    with Server(routes) as url:
        found = ask(url)
    where = {one.location.part for one in found if isinstance(one, Finding) and one.rule.id == "API-ADMIN-OPEN"}
    assert where == {"GET /users", "GET /config/"}
    assert any("GET /admin/reload" in one.reason for one in found if isinstance(one, Gap))


def test_files_that_are_served(ask):
    rules, *_ = told(ask, {"GET /.env": "# mine\nKEY=value\n", "GET /.git/HEAD": "ref: refs/heads/main\n"})
    assert rules == {"API-FILES-SERVED"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "rules"), [(["--IdentityProvider.token="], {"API-CONTROL-OPEN", "API-METRICS-OPEN"}), ([], set())]
)
def test_a_real_jupyter_server(ask, tmp_path, options, rules):
    argv = [
        sys.executable,
        "-m",
        "jupyter_server",
        "--no-browser",
        "--allow-root",
        "--port=0",
        f"--ServerApp.root_dir={tmp_path}",
        "--ServerApp.jpserver_extensions={}",
        *options,
    ]
    folders = {name: str(tmp_path / name) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    with subprocess.Popen(argv, env={**os.environ, **folders, "JUPYTER_TOKEN": "" if options else "t0ken"},
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # fmt: skip
        try:
            url = started(tmp_path / "JUPYTER_RUNTIME_DIR")
            found = ask(url)
        finally:
            server.terminate()
    assert {one.name for one in found if isinstance(one, Component)} == {"Jupyter server"}
    assert {one.rule.id for one in found if isinstance(one, Finding) and one.severity != "info"} == rules
    assert {one.code for one in found if isinstance(one, Gap)} == {"skipped"}


def started(folder):
    """The address of a Jupyter server, when it answers: on a busy machine that takes a while."""
    for _ in range(1200):
        for file in folder.glob("jpserver-*.json"):
            port = json.loads(file.read_text() or "{}").get("port")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5).close()
            except (OSError, ValueError):
                continue
            return f"http://127.0.0.1:{port}"
        time.sleep(0.1)
    raise AssertionError("the server did not start")
