"""`mlsec api` and the gate before deployment, as they are typed."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mlsec_nb.cli import main


class Safe(BaseHTTPRequestHandler):
    """A server that predicts for those who have the key, and says nothing else."""

    server_version = "model"
    sys_version = ""
    open = False

    def _answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length) if length < 100_000 else b""
        status, text = 404, {"error": "not found"}
        if self.path == "/predict" and self.command == "POST":
            status, text = self._predicted(body, length)
        data = json.dumps(text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-RateLimit-Limit", "10")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _predicted(self, body, length):
        if not self.open and self.headers.get("X-Key") != "a-key-of-a-test":
            return 401, {"error": "who are you"}
        if length >= 100_000 or self.headers.get("Content-Type") != "application/json":
            return 413, {"error": "no"}
        try:
            features = json.loads(body, parse_constant=lambda _: None)["features"]
            assert len(features) == 4
            assert all(type(one) in (int, float) and abs(one) < 1e6 for one in features)
        except (ValueError, TypeError, KeyError, AssertionError, RecursionError):
            return 422, {"error": "invalid"}
        return 200, {"label": "cat"}

    do_GET = do_POST = do_OPTIONS = _answer

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    handler = type("Handler", (Safe,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}", handler
        serving.shutdown()
        thread.join()


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODEL_KEY", "a-key-of-a-test")
    return tmp_path


def gate(capsys, *more):
    capsys.readouterr()
    code = main(["gate", "pre-deploy", "-q", "-f", "json", *more])
    tree = json.loads(capsys.readouterr().out)
    return code, {one["check"]: (one["state"], " ".join(one["reasons"])) for one in tree["checks"]}


def test_a_server_that_is_well_served_passes(server, here, capsys):
    url, _ = server
    assert main(["api", url, "--credential", "X-Key=MODEL_KEY"]) == 0
    assert "PASSED" in capsys.readouterr().out
    assert main(["api", url]) == 2
    assert "--credential HEADER=VARIABLE" in " ".join(capsys.readouterr().out.split())


def test_an_open_server_fails(server, here, capsys):
    url, handler = server
    handler.open = True
    assert main(["api", url]) == 1
    out = capsys.readouterr().out
    assert "POST /predict predicts for a caller that shows no credential" in out


def test_a_description_is_read(here, capsys):
    (here / "openapi.json").write_text('{"openapi": "3.1.0", "paths": {"/predict": {"post": {}}}}')
    assert main(["api", "openapi.json"]) == 1
    assert "openapi.json:1:22" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "said"), [
    ([], "no target: give an address"),
    (["http://models.example.com"], "say --i-own-this models.example.com if you may test it"),
    (["http://u:geheim@127.0.0.1:1"], "holds a user or password"),
    (["gopher://127.0.0.1"], "gopher://127.0.0.1 cannot be a target"),
    (["http://models.example.com", "--i-own-this", "models.example.com", "--offline"], "is on the network, and this run is offline"),
    (["http://127.0.0.1:1", "--credential", "X-Key"], "--credential is written HEADER=VARIABLE"),
    (["http://127.0.0.1:1", "--credential", "X-Key=NOT_THERE"], "the variable NOT_THERE holds nothing"),
    (["http://127.0.0.1:1", "--requests", "0"], "api.requests must be a number above 0"),
])  # fmt: skip
def test_a_wrong_call_is_one_line(here, capsys, words, said):
    assert main(["api", *words]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "geheim" not in told.err
    assert told.err.count("\n") == 1


def test_a_closed_network_is_closed_to_owned_hosts_and_this_machine_is_none(here, capsys):
    (here / "mlsec.toml").write_text('offline = true\n[api]\nown = ["models.example.com"]\n')
    assert main(["api", "http://models.example.com"]) == 2
    assert "is on the network, and this run is offline" in capsys.readouterr().err
    assert main(["api", "http://127.0.0.1:1"]) == 2
    assert "127.0.0.1 cannot be reached" in capsys.readouterr().out


@pytest.mark.parametrize("table", ["wrong = 1", "own = 1", 'requests = "x"', "predict = 1", "credentials = 1", 'engine = "zap"', "timeout = true",
                                   "targets = 1"])  # fmt: skip
def test_a_wrong_table_is_one_line(here, capsys, table):
    (here / "mlsec.toml").write_text(f"[api]\n{table}\n")
    assert main(["api", "http://127.0.0.1:1"]) == 2
    assert capsys.readouterr().err.startswith("mlsec: ")


def test_nobody_there_is_undecided(here, capsys):
    assert main(["api", "http://127.0.0.1:1"]) == 2
    assert "cannot be reached" in capsys.readouterr().out


def test_a_gate_without_a_server_is_undecided(here, capsys):
    code, checks = gate(capsys)
    assert code == 2
    assert checks["api"][0] == "not run"
    assert "[tool.mlsec.api]" in checks["api"][1]
    (here / "openapi.json").write_text(
        '{"openapi": "3.1.0", "paths": {}}'
    )  # one that merely lies there decides nothing
    assert gate(capsys)[1]["api"][0] == "not run"


def test_a_gate_with_a_server_decides(server, here, capsys):
    url, handler = server
    config = f'[api]\ntargets = ["{url}"]\n'
    (here / "mlsec.toml").write_text(config)
    code, checks = gate(capsys)
    assert (code, checks["api"][0]) == (2, "undecided")  # no credential
    (here / "mlsec.toml").write_text(config + '[api.credentials]\nX-Key = "MODEL_KEY"\n')
    assert gate(capsys) == (0, {"infrastructure": ("passed", ""), "api": ("passed", "")})
    handler.open = True
    code, checks = gate(capsys)
    assert (code, checks["api"][0]) == (1, "failed")


def test_a_server_in_the_table_of_the_gate(server, here, capsys):
    url, _ = server
    (here / "mlsec.toml").write_text(
        f'[gates.pre-deploy]\ntargets = [".", "{url}"]\n[api.credentials]\nX-Key = "MODEL_KEY"\n'
    )
    assert gate(capsys)[0] == 0


@pytest.mark.parametrize("target", ["http://127.0.0.1:1", "http://models.example.com", "https://u:p@127.0.0.1"])
def test_a_gate_whose_server_cannot_be_asked_is_undecided(here, capsys, target):
    (here / "mlsec.toml").write_text(f'[api]\ntargets = ["{target}"]\n')
    code, checks = gate(capsys)
    assert (code, checks["api"][0], checks["infrastructure"][0]) == (2, "undecided", "passed")


def test_a_gate_with_a_description_that_is_named(here, capsys):
    (here / "mlsec.toml").write_text('[api]\ntargets = ["gone.json"]\n')
    assert gate(capsys)[0] == 2
    (here / "gone.json").write_text('{"openapi": "3.1.0", "paths": {}}')
    assert gate(capsys)[0] == 0
