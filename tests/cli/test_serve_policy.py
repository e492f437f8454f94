import json
import subprocess
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

from mlsec_nb.cli import main


def test_a_deployment_tool_can_ask():
    words = [sys.executable, "-m", "mlsec_nb", "serve-policy", "--built-in", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = urlsplit(server.stdout.readline().strip())
            connection = HTTPConnection(address.hostname, address.port, timeout=10)
            connection.request("POST", f"{address.path}/mlsec/gate/verdict", body='{"input": {}}')
            answer = json.loads(connection.getresponse().read())
            connection.close()
        finally:
            server.terminate()
    assert answer["result"]["allow"] is False
    assert "DEPLOY-NO-CLOCK" in {one["id"] for one in answer["result"]["deny"]}


def test_mistakes_are_one_line(capsys, tmp_path):
    assert main(["serve-policy"]) == 2
    (tmp_path / "p.rego").write_text("package a\np := http.send({})\n")
    assert main(["serve-policy", str(tmp_path / "p.rego"), "--port", "0"]) == 2
    assert "switched off" in capsys.readouterr().err
