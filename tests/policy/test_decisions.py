import pytest

from mlsec_nb.core import UsageError
from mlsec_nb.policy.bundles import Bundle, built_in, join, load, read_input
from mlsec_nb.policy.decisions import decide
from mlsec_nb.rego.lint import lint
from mlsec_nb.rego.parser import parse_module
from mlsec_nb.rego.testing import run_tests

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"},
       "spec": {"containers": [{"name": "c", "image": "x", "securityContext": {"privileged": True}}]}}  # fmt: skip


def policy(text, **data):
    return Bundle({"p.rego": text}, data).policy()


def test_the_policies_that_come_with_mlsec_pass_their_own_tests():
    outcomes = run_tests(built_in(tests=True).policy())
    assert len(outcomes) >= 30
    assert [one for one in outcomes if one.status != "pass"] == []


def test_the_policies_that_come_with_mlsec_have_no_remarks():
    remarks = lint([parse_module(text, file, "v1") for file, text in built_in().sources.items()])
    assert remarks == []


def test_nothing_known_is_denied():
    decision = decide(built_in().policy(), {"now_ns": 1}, now_ns=1)
    assert decision.allowed is False
    assert {one.id for one in decision.denials} == {
        "DEPLOY-MODEL-UNKNOWN", "DEPLOY-IMAGE-UNKNOWN", "DEPLOY-DATA-UNKNOWN", "DEPLOY-VULNERABILITIES-UNKNOWN",
    }  # fmt: skip


def test_an_undefined_verdict_is_undecided():
    decision = decide(policy("package other\nx := 1\n"), {})
    assert decision.allowed is None
    assert "undefined" in decision.reasons[0]


@pytest.mark.parametrize("verdict", ['{"allow": "yes"}', '{"deny": []}', "true", '{"allow": null}'])
def test_a_verdict_of_another_form_is_undecided(verdict):
    assert decide(policy(f"package mlsec.gate\nverdict := {verdict}\n"), {}).allowed is None


def test_allow_beside_denials_is_denied():
    assert decide(policy('package mlsec.gate\nverdict := {"allow": true, "deny": ["no"]}\n'), {}).allowed is False


def test_a_builtin_that_failed_leaves_a_pass_undecided():
    text = 'package mlsec.gate\nverdict := {"allow": true, "deny": {m | m := to_number(input.x)}}\n'
    decision = decide(policy(text), {"x": "none"})
    assert decision.allowed is None
    assert "to_number" in decision.reasons[0]
    assert decide(policy(text), {"x": "none"}, strict=False).allowed is True


def test_an_evaluation_that_fails_is_undecided():
    text = 'package mlsec.gate\nverdict := {"allow": true}\nverdict := {"allow": false}\n'
    assert decide(policy(text), {}).allowed is None


CONFTEST = """package main

deny[msg] {
	input.kind == "Pod"
	c := input.spec.containers[_]
	c.securityContext.privileged
	msg := sprintf("%s is privileged", [c.name])
}

deny_latest[{"msg": msg, "severity": "low"}] {
	image := input.spec.containers[_].image
	not contains(image, ":")
	msg := "no tag"
}

warn[msg] { not input.metadata.labels; msg := "no labels" }

violation[{"msg": "never"}] { input.never }

exception[rules] { rules := ["latest"]; input.excused }
"""


def test_conftest_policies_run_unchanged():
    decision = decide(policy(CONFTEST), POD, shape="conftest")
    assert decision.allowed is False
    assert {one.text for one in decision.denials} == {"c is privileged", "no tag"}
    assert [one.text for one in decision.warnings] == ["no labels"]
    assert set(decision.asked) == {"main.deny", "main.deny_latest", "main.warn", "main.violation"}
    excused = decide(policy(CONFTEST), {**POD, "excused": True}, shape="conftest")
    assert {one.text for one in excused.denials} == {"c is privileged"}


def test_warnings_alone_allow():
    assert decide(policy('package main\nwarn contains "w"\n'), {}, shape="conftest").allowed is True


def test_no_rule_that_could_deny_is_undecided():
    decision = decide(policy("package main\nallow := true\n"), {}, shape="conftest")
    assert decision.allowed is None
    assert decide(policy(CONFTEST), POD, shape="conftest", namespace="elsewhere").allowed is None


GATEKEEPER = """package k8sprivileged

violation[{"msg": msg, "details": {}}] {
	c := input.review.object.spec.containers[_]
	c.securityContext.privileged
	msg := sprintf("Privileged container is not allowed: %v", [c.name])
}
"""


def test_gatekeeper_policies_run_unchanged():
    decision = decide(policy(GATEKEEPER), POD, shape="gatekeeper")
    assert [one.text for one in decision.denials] == ["Privileged container is not allowed: c"]
    review = {"review": {"object": {"spec": {"containers": []}}}}
    assert decide(policy(GATEKEEPER), review, shape="gatekeeper").allowed is True


def test_admission_policies_run_unchanged():
    text = """package kubernetes.admission
deny[msg] { input.request.kind.kind == "Pod"; input.request.object.spec.containers[_].image == "x"; msg := "bad image" }
"""
    assert [one.text for one in decide(policy(text), POD, shape="admission").denials] == ["bad image"]


def test_spinnaker_policies_run_unchanged():
    text = """package opa.pipelines
deny["manual judgement is missing"] { not has_judgement }
has_judgement { input.pipeline.stages[_].type == "manualJudgment" }
"""
    assert decide(policy(text), {"stages": []}, shape="spinnaker").allowed is False
    assert decide(policy(text), {"stages": [{"type": "manualJudgment"}]}, shape="spinnaker").allowed is True


@pytest.mark.parametrize(
    ("rule", "texts"),
    [('deny := "one" if true', ["one"]), ("deny if true", ["main.deny"]), ('deny := ["a", "b"]', ["a", "b"]),
     ('deny[x] := true if x := "k"', ["k"]), ("deny contains 3", ["3"]), ("deny := false", [])],
)  # fmt: skip
def test_denials_of_every_form_count(rule, texts):
    decision = decide(policy(f"package main\n{rule}\n"), {}, shape="conftest")
    assert [one.text for one in decision.denials] == texts
    assert decision.allowed is (not texts)


def test_no_such_shape():
    with pytest.raises(UsageError, match="no input shape"):
        decide(policy("package a\n"), {}, shape="other")


def test_bundles_from_files(tmp_path):
    (tmp_path / "a.rego").write_text("package a\np := data.limits.low\n")
    (tmp_path / "a_test.rego").write_text("package a_test\n")
    (tmp_path / "data.yaml").write_text("limits: {low: 1, high: 2}\n")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "b.rego").write_text("not rego")
    more = tmp_path / "more.json"
    more.write_text('{"limits": {"low": 5}}')
    bundle = load([tmp_path])
    assert len(bundle.sources) == 1
    assert len(load([tmp_path], tests=True).sources) == 2
    assert bundle.policy().eval("data.a.p").value == 1
    both = join(bundle, load([more]))
    assert both.policy().eval("data.a.p").value == 5
    assert both.data["limits"] == {"low": 5, "high": 2}
    assert both.digest != bundle.digest == load([tmp_path]).digest


@pytest.mark.parametrize(
    ("name", "text"),
    [("x.json", "{"), ("x.yaml", "a: [1"), ("x.toml", "a ="), ("x.json", "[" * 100_000), ("x.json", b"\xff")],
)
def test_a_document_that_cannot_be_read(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError):
        read_input(path)
    with pytest.raises(UsageError):
        read_input(tmp_path / "none.json")


def test_several_yaml_documents_are_a_list(tmp_path):
    (tmp_path / "k.yaml").write_text("a: 1\n---\nb: 2025-01-01\n")
    assert read_input(tmp_path / "k.yaml") == [{"a": 1}, {"b": "2025-01-01"}]


def test_folders_and_files_without_policies(tmp_path):
    with pytest.raises(UsageError, match="no policy"):
        load([tmp_path])
    with pytest.raises(UsageError, match="no such file"):
        load([tmp_path / "none"])
    (tmp_path / "data.json").write_text("[]")
    with pytest.raises(UsageError, match="mapping"):
        load([tmp_path])


def test_a_broken_policy_is_one_clear_line():
    with pytest.raises(UsageError, match=r"p\.rego:2:6: rego_unsafe_var_error: var x is unsafe"):
        policy("package a\np if x > 1\n")
