import json

import pytest

from mlsec_nb.cli import main

CONFIG = """
[gates.pre-commit]
checks = ["secrets"]
optional = []

[gates.ci]
checks = ["models"]
targets = ["models"]
subjects = ["models/m.pkl"]
allow-gaps = ["skipped", "unsupported"]

[gates.deploy]
built-in = false
policies = ["policies"]
requires = ["ci"]
subjects = ["models/m.pkl"]
trust = "trust.toml"
evidence = ["evidence"]
"""
POLICY = """package mlsec.gate
verdict := {"allow": count(input.evidence.attestations) == 1, "deny": []}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlsec.toml").write_text(CONFIG)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m.pkl").write_bytes(b"\x80\x04K\x01.")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "gate.rego").write_text(POLICY)
    (tmp_path / "evidence").mkdir()
    (tmp_path / "trust.toml").write_text('[[key]]\npublic = "ci.key.pub"\ngates = ["ci"]\n')
    return tmp_path


def say(capsys, *words):
    code = main([*words])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_gate_stops_at_a_planted_secret_and_passes_without(project, capsys):
    (project / "a.py").write_text("x = 1\n")
    code, out, _ = say(capsys, "gate", "pre-commit", "-q")
    assert code == 0, out
    assert "✔ secrets: passed" in out
    (project / "a.py").write_text(f'key = "AK{"IA"}Z7Q3W5E2R8T6Y4U9"\n')
    code, out, _ = say(capsys, "gate", "pre-commit", "-q", "-f", "json")
    assert code == 1
    tree = json.loads(out)
    assert tree["passed"] is False
    assert tree["checks"][0]["state"] == "failed"
    code, out, _ = say(capsys, "gate", "pre-commit", "-q", "-f", "sarif", "-o", "x.sarif")
    assert code == 1
    assert json.loads((project / "x.sarif").read_text())["runs"][0]["results"]


def test_from_the_keys_to_the_deployment(project, capsys):
    assert say(capsys, "attest", "keygen", "ci.key")[0] == 0
    assert say(capsys, "attest", "keygen", "ci.key")[0] == 2
    assert say(capsys, "gate", "deploy", "-q")[0] != 0  # nothing was signed yet
    code, out, _ = say(capsys, "gate", "ci", "-q", "--sign", "ci.key", "--evidence-out", "evidence/ci.json")
    assert code == 0, out
    verify = [
        "attest",
        "verify",
        "evidence/ci.json",
        "--trust",
        "trust.toml",
        "--gate",
        "ci",
        "--subject",
        "models/m.pkl",
    ]
    code, out, _ = say(capsys, *verify)
    assert code == 0
    assert json.loads(out)["checks"] == ["models"]
    code, out, _ = say(capsys, "gate", "deploy", "-q")
    assert code == 0, out
    assert say(capsys, "attest", "keygen", "second.key")[0] == 0
    assert say(capsys, "attest", "sign", "evidence/ci.json", "--key", "second.key")[0] == 0
    assert len(json.loads((project / "evidence" / "ci.json").read_text())["signatures"]) == 2
    assert say(capsys, *verify)[0] == 0
    (project / "models" / "m.pkl").write_bytes(b"\x80\x04K\x02.")
    code, out, _ = say(capsys, *verify)
    assert code == 1
    assert "other bytes" in out
    assert say(capsys, "gate", "deploy", "-q")[0] != 0


def test_all_gates_are_shown(project, capsys):
    (project / "mlsec.toml").write_text(CONFIG + '\n[gates.pre-deploy]\nchecks = ["no-such"]\noptional = []\n')
    code, out, _ = say(capsys, "gate", "all", "-q")
    assert code != 0
    for name in ("pre-commit", "ci", "pre-deploy", "deploy"):
        assert f"gate {name}" in out
    assert "no-such: not run" in out
    assert len(json.loads(say(capsys, "gate", "all", "-q", "-f", "json")[1])) == 4


@pytest.mark.parametrize(
    "words",
    [["gate", "other"], ["gate", "ci", "--sign", "ci.key"], ["attest", "sign", "x.json"], ["attest", "verify", "x.json"],
     ["gate", "deploy", "-f", "sarif"], ["attest", "sign", "trust.toml", "--key", "trust.toml"]],
)  # fmt: skip
def test_a_mistake_is_one_line(project, capsys, words):
    try:
        code = main(words)
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert capsys.readouterr().err


def test_a_locked_key(project, capsys, monkeypatch):
    monkeypatch.setenv("MLSEC_KEY_PASSWORD", "a password")
    assert "locked" in say(capsys, "attest", "keygen", "ci.key")[1]
    monkeypatch.delenv("MLSEC_KEY_PASSWORD")
    assert say(capsys, "gate", "ci", "-q", "--sign", "ci.key", "--evidence-out", "evidence/ci.json")[0] == 2
