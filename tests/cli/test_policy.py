import json
import re

import pytest

from mlsec_nb.cli import main

POLICY = """package main

deny contains msg if {
	some c in input.spec.containers
	c.privileged
	msg := sprintf("%s is privileged", [c.name])
}

test_denied if {
	count(deny) == 1 with input as {"spec": {"containers": [{"name": "a", "privileged": true}]}}
}
"""
BAD = {"spec": {"containers": [{"name": "c", "privileged": True}]}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.rego").write_text(POLICY)
    (tmp_path / "bad.json").write_text(json.dumps(BAD))
    (tmp_path / "good.yaml").write_text("spec: {containers: [{name: c}]}\n")
    return tmp_path


def say(capsys, *words):
    code = main([*words])
    out, err = capsys.readouterr()
    return code, out, err


def test_eval_decides(folder, capsys):
    code, out, _ = say(capsys, "policy", "eval", "p.rego", "-i", "bad.json", "--as", "conftest")
    assert code == 1
    assert "deny c is privileged" in out
    code, out, _ = say(capsys, "policy", "eval", "p.rego", "-i", "good.yaml", "--as", "conftest", "-f", "json")
    assert code == 0
    assert json.loads(out)["allowed"] is True
    assert say(capsys, "policy", "eval", "p.rego", "-i", "bad.json")[0] == 2  # no mlsec verdict: undecided


def test_eval_answers_queries(folder, capsys):
    code, out, _ = say(capsys, "policy", "eval", "p.rego", "-i", "bad.json", "--query", "data.main.deny")
    assert (code, json.loads(out)) == (0, ["c is privileged"])
    code, out, err = say(capsys, "policy", "eval", "p.rego", "--query", "data.main.nothing")
    assert (code, out, err.strip()) == (1, "", "undefined")
    code, out, _ = say(capsys, "policy", "eval", "p.rego", "--query", "x = 1; y = x + 1")
    assert json.loads(out) == [{"x": 1, "y": 2}]


def test_input_from_standard_input_and_more_data(folder, capsys, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO('{"a": 1}'))
    (folder / "more.yaml").write_text("limit: 3\n")
    words = ["policy", "eval", "p.rego", "-i", "-", "-d", "more.yaml", "--query", "[input.a, data.limit]"]
    assert json.loads(say(capsys, *words)[1]) == [1, 3]
    monkeypatch.setattr("sys.stdin", io.StringIO("{"))
    assert say(capsys, *words)[0] == 2


def test_explain_says_what_held(folder, capsys):
    code, out, _ = say(capsys, "policy", "explain", "p.rego", "-i", "bad.json", "--as", "conftest")
    assert code == 1
    assert '4: some c in input.spec.containers    [c = {"name": "c", "privileged": true}]' in out
    code, out, _ = say(capsys, "policy", "explain", "p.rego", "-i", "good.yaml", "--as", "conftest")
    assert code == 0
    assert "deny stopped at `c.privileged`" in out


def test_explain_reaches_through_a_variable(folder, capsys):
    code, out, _ = say(capsys, "policy", "explain", "--built-in")
    assert code == 1
    assert re.search(r"data\.mlsec\.deploy\.base_image\.deny = .*DEPLOY-IMAGE-UNKNOWN", out)


def test_tests_and_their_coverage(folder, capsys):
    code, out, err = say(capsys, "policy", "test", "p.rego", "--coverage")
    assert (code, out) == (0, "1 of 1 tests passed\n")
    assert "coverage: 100.0 %" in err
    (folder / "q_test.rego").write_text("package q_test\ntest_bad if 1 == 2\ntodo_test_x if true\n")
    code, out, _ = say(capsys, "policy", "test", ".", "-f", "json")
    assert code == 1
    assert {one["name"]: one["status"] for one in json.loads(out)}["data.q_test.test_bad"] == "fail"
    assert say(capsys, "policy", "test", "p.rego", "-r", "none")[0] == 2
    assert say(capsys, "policy", "test", "p.rego", "-r", "[")[0] == 2
    (folder / "u.rego").write_text("package u\nf(x) := 1 if x\ng := 2 if input.never\n")
    assert say(capsys, "policy", "test", ".", "-r", "denied", "--threshold", "90")[0] == 1


def test_lint(folder, capsys):
    code, out, _ = say(capsys, "policy", "lint", "p.rego", "-f", "json")
    assert code == 1
    assert [one["rule"] for one in json.loads(out)] == ["missing-metadata"]
    assert say(capsys, "policy", "lint", "--built-in")[0] == 0


@pytest.mark.parametrize(
    "words",
    [["eval"], ["eval", "none.rego"], ["eval", "p.rego", "-i", "none.json"], ["lint", "broken.rego"],
     ["eval", "broken.rego"], ["eval", "bad.json"], ["eval", "p.rego", "--query", "data["], ["eval", "p.rego", "-d", "list.json"]],
)  # fmt: skip
def test_a_mistake_is_one_line(folder, capsys, words):
    (folder / "broken.rego").write_text("package a\np := http.send({})\n")
    (folder / "list.json").write_text("[]")
    code, out, err = say(capsys, "policy", *words)
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
