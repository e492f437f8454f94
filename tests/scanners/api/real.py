"""Servers as people run them, from an environment of their own (`make servers`): weak, and hardened.

`MLSEC_SERVERS` is the folder of their programs.
"""

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from mlsec_nb.core import Component, Finding, Gap

SERVERS = Path(os.environ["MLSEC_SERVERS"])
PASSWORD = "made-up-and-long-0123"  # noqa: S105 - of a server that lives for a test
GRADIO = """
import sys
import gradio as gr, uvicorn
from fastapi import FastAPI, Response
demo = gr.Interface(lambda text: text[:50], gr.Textbox(max_length=50), "text")
if sys.argv[1] == "weak":
    demo.launch(server_name="127.0.0.1", server_port=int(sys.argv[2]), quiet=True)
else:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    @app.middleware("http")
    async def guard(request, call_next):
        answer = Response(status_code=404) if "openapi" in request.url.path else await call_next(request)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
        return answer
    app = gr.mount_gradio_app(app, demo, path="/", auth=("model", sys.argv[3]))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="critical", server_header=False)
"""
MODEL = """
import sys
import mlflow.pyfunc
class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [0.123456789] * len(model_input)
mlflow.pyfunc.save_model(sys.argv[1], python_model=Model(), pip_requirements=[])
"""
QUIET = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "GRADIO_ANALYTICS_ENABLED": "False"}


@contextlib.contextmanager
def running(folder, *words, health="/health", **environment):
    """The address of a server, once it answers; `{port}` in its words is a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [str(SERVERS / words[0]), *(word.format(port=port) for word in words[1:])]
    settings = {**os.environ, **QUIET, **environment, "HOME": str(folder), "PATH": f"{SERVERS}:{os.environ['PATH']}"}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(argv, cwd=folder, env=settings, stdout=log, stderr=log) as server,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                if server.poll() is not None or _answers(url + health):
                    break
                time.sleep(0.2)
            assert _answers(url + health), (folder / "log").read_text()[-3000:]
            yield url
        finally:
            server.terminate()


def _answers(url):
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
        return error.code in (401, 403)
    except OSError:
        return False
    return True


def told(found):
    rules = {one.rule.id for one in found if isinstance(one, Finding)}
    names = {one.name for one in found if isinstance(one, Component)}
    return rules, names, {one.code for one in found if isinstance(one, Gap)}


def tracking(folder, *more, **environment):
    words = ("mlflow", "server", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1",
             "--backend-store-uri", f"sqlite:///{folder}/runs.db", "--default-artifact-root", str(folder / "artifacts"))  # fmt: skip
    return running(folder, *words, *more, **environment)


def test_a_weak_mlflow_tracking_server(ask, tmp_path):
    with tracking(tmp_path) as url:
        assert told(ask(url)) == ({"API-CONTROL-OPEN"}, {"MLflow tracking"}, {"skipped"})


def test_a_hardened_mlflow_tracking_server(ask, tmp_path):
    secrets = {"MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD, "MLFLOW_FLASK_SERVER_SECRET_KEY": "made-up"}
    with tracking(tmp_path, "--app-name", "basic-auth", **secrets) as url:
        assert told(ask(url)) == (set(), {"MLflow tracking"}, {"skipped"})


def test_an_mlflow_model_server(ask, tmp_path):
    model = tmp_path / "model"
    subprocess.run([SERVERS / "python", "-c", MODEL, model], check=True, env={**os.environ, **QUIET}, cwd=tmp_path)
    words = ("mlflow", "models", "serve", "-m", str(model), "--env-manager", "local", "-p", "{port}", "-h", "127.0.0.1")
    with running(tmp_path, *words, health="/ping") as url:
        rules, names, gaps = told(ask(url))
    assert "MLflow model server" in names
    assert {"API-PREDICT-OPEN", "API-NO-RATE-LIMIT", "API-BATCH-UNBOUNDED"} <= rules
    assert gaps == {"skipped"}


@pytest.mark.parametrize(
    ("kind", "expected"), [("weak", {"API-PREDICT-OPEN", "API-DOCS-OPEN", "API-HEADERS"}), ("hardened", set())]
)
def test_gradio(ask, tmp_path, kind, expected):
    (tmp_path / "app.py").write_text(GRADIO)
    with running(tmp_path, "python", "app.py", kind, "{port}", PASSWORD, health="/config") as url:
        rules, names, gaps = told(ask(url))
    assert "Gradio" in names
    assert {rule for rule in rules if not rule.startswith("API-SPEC")} == expected
    assert rules == expected or kind == "weak"
    assert gaps == {"skipped"}


def test_schemathesis_asks_too(weak, ask, monkeypatch):
    monkeypatch.setenv("PATH", f"{SERVERS}:{os.environ['PATH']}")
    monkeypatch.setattr("mlsec_nb.scanners.api.scanner.CHECKS", {})
    found = ask(weak, engine="schemathesis")
    assert {one.location.part for one in found if isinstance(one, Finding) and one.rule.id == "API-SCHEMATHESIS"} == {
        "POST /predict", "POST /predict_raw"}  # fmt: skip
    assert all(one.code == "skipped" for one in found if isinstance(one, Gap))
