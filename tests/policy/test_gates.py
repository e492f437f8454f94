import datetime as dt
import json

import pytest

from mlsec_nb.config import Config
from mlsec_nb.core import (
    Audited,
    CannotRead,
    Evidence,
    Finding,
    Gap,
    Judged,
    Location,
    Report,
    Rule,
    Severity,
    Status,
    UsageError,
    Verdict,
)  # fmt: skip
from mlsec_nb.policy import attest, gates, running, showing
from mlsec_nb.policy.attest.dsse import PAYLOAD_TYPE
from mlsec_nb.policy.attest.keys import write_pair
from mlsec_nb.policy.gates import State

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
KNOWN = ("secrets", "code", "models", "dependencies", "containers", "data")


def found(scanner, severity=Severity.HIGH, status=Status.NEW):
    rule = Rule(id="X-RULE", title="bad", severity=severity)
    return Judged(
        Finding(rule=rule, scanner=scanner, location=Location(path="a.py"), evidence=Evidence.fact("x")), status
    )


def gap(scanner, code="failed"):
    return Gap(location=Location(path="a.py"), scanner=scanner, reason="a reason", code=code)


def report(*judged, gaps=(), artifacts=()):
    return Report(findings=judged, gaps=tuple(gaps), artifacts=tuple(artifacts))


def config(tmp_path, **tables):
    return Config(root=tmp_path, tables={"gates": tables})


def run(cfg, name, audit=lambda *_: report(), known=KNOWN, now=NOW):
    return running.Run(gates.load(cfg)[name], cfg, known, audit, now)


def state(answer, check):
    return next(one.state for one in answer.outcomes if one.check == check)


def test_every_check_ran_and_found_nothing(tmp_path):
    answer = run(config(tmp_path), "pre-commit").report()
    assert answer.verdict == Verdict(True)
    assert state(answer, "secrets") is State.PASSED
    assert showing.tree(answer)["passed"] is True


def test_a_finding_stops_the_gate_and_names_the_check(tmp_path):
    answer = run(config(tmp_path), "pre-commit", lambda *_: report(found("code"))).report()
    assert answer.verdict.exit_code == 1
    assert state(answer, "code") is State.FAILED
    assert state(answer, "secrets") is State.PASSED
    assert answer.verdict.reasons == ("code: 1 new finding at or above medium: 1 high",)


def test_known_findings_and_those_below_the_threshold_do_not_stop(tmp_path):
    audit = lambda *_: report(found("code", status=Status.KNOWN), found("code", Severity.MEDIUM))  # noqa: E731
    assert (
        run(config(tmp_path, **{"pre-commit": {"fail-on": "high"}}), "pre-commit", audit).report().verdict.passed
        is True
    )


@pytest.mark.parametrize("who", ["code", "pipeline", "sources"])
def test_a_required_check_that_could_not_look_is_undecided(tmp_path, who):
    answer = run(config(tmp_path), "pre-commit", lambda *_: report(gaps=[gap(who)])).report()
    assert answer.verdict.exit_code == 2
    assert state(answer, "code") is State.UNDECIDED


def test_gaps_that_are_allowed(tmp_path):
    cfg = config(tmp_path, **{"pre-commit": {"allow-gaps": ["failed"]}})
    assert run(cfg, "pre-commit", lambda *_: report(gaps=[gap("code")])).report().verdict.passed is True
    cfg = config(tmp_path, **{"pre-commit": {"allow-gaps": []}})
    assert run(cfg, "pre-commit", lambda *_: report(gaps=[gap("code", "skipped")])).report().verdict.exit_code == 2


@pytest.mark.parametrize("missing", ["secrets", "code"])
def test_a_required_check_that_is_not_there_is_undecided(tmp_path, missing):
    answer = run(config(tmp_path), "pre-commit", known=[name for name in KNOWN if name != missing]).report()
    assert answer.verdict.exit_code == 2
    assert state(answer, missing) is State.NOT_RUN


def test_an_optional_check_that_is_not_there_is_said_and_allowed(tmp_path):
    answer = run(config(tmp_path), "pre-commit", known=("secrets", "code")).report()
    assert answer.verdict.passed is True
    assert state(answer, "models") is State.NOT_RUN
    assert next(one for one in answer.outcomes if one.check == "models").required is False


@pytest.mark.parametrize("error", [UsageError("no such target"), CannotRead("gone")])
def test_an_audit_that_fails_is_undecided(tmp_path, error):
    def audit(*_):
        raise error

    answer = run(config(tmp_path), "pre-commit", audit).report()
    assert answer.verdict.exit_code == 2
    assert state(answer, "secrets") is State.NOT_RUN


def test_findings_win_over_what_is_unknown(tmp_path):
    answer = run(
        config(tmp_path), "ci", lambda *_: report(found("code"), gaps=[gap("secrets")]), known=("code", "secrets")
    ).report()
    assert answer.verdict.exit_code == 1
    assert any("secrets is undecided" in reason for reason in answer.verdict.reasons)
    assert any("data not run" in reason for reason in answer.verdict.reasons)


def test_skip_and_only_cannot_switch_a_required_check_off(tmp_path):
    asked = []
    cfg = Config(root=tmp_path, skip=("secrets",), only=("code",), tables={"gates": {}})
    run(cfg, "pre-commit", lambda names, chosen: asked.append((names, chosen)) or report()).report()
    assert "secrets" in asked[0][0]
    assert asked[0][1].skip == ()
    assert "secrets" in asked[0][1].only


def test_a_gate_without_anything_is_undecided(tmp_path):
    cfg = config(tmp_path, **{"pre-commit": {"checks": [], "optional": []}})
    assert run(cfg, "pre-commit").report().verdict.exit_code == 2


@pytest.mark.parametrize(
    "table",
    [{"other": {}}, {"ci": 1}, {"ci": {"cheks": []}}, {"ci": {"checks": "secrets"}}, {"ci": {"fail-on": "bad"}},
     {"ci": {"built-in": 1}}, {"ci": {"trust": 1}}, {"ci": {"max-age-hours": 0}}, {"ci": {"documents": []}},
     {"ci": {"documents": {"a": 1}}}, {"ci": {"data": 1}}, {"ci": {"requires": ["other"]}}, {"ci": {"checks": [1]}}],
)  # fmt: skip
def test_a_mistake_in_the_configuration_is_named(tmp_path, table):
    with pytest.raises(UsageError, match="gates"):
        gates.load(Config(root=tmp_path, tables={"gates": table}))


# policies


def policy_gate(tmp_path, text, **more):
    (tmp_path / "policies").mkdir(exist_ok=True)
    (tmp_path / "policies" / "p.rego").write_text(text)
    return config(tmp_path, **{"pre-commit": {"checks": ["secrets"], "policies": ["policies"], **more}})


def test_policies_see_findings_and_documents(tmp_path):
    (tmp_path / "d.yaml").write_text("replicas: 5\n")
    (tmp_path / "Dockerfile").write_text(
        "ARG BASE=python:3.12\nFROM ${BASE} AS build\nFROM --platform=x scratch\nFROM $NONE\n"
    )
    text = """package mlsec.gate
deny contains f.path if some f in input.findings
deny contains image if some image in input.docker.from
deny contains "too many" if input.deploy.app.replicas > data.mlsec.config.most
verdict := {"allow": count(deny) == 0, "deny": deny}
"""
    documents = {"deploy.app": "d.yaml", "docker": "Dockerfile"}
    cfg = policy_gate(tmp_path, text, documents=documents, data={"most": 3}, optional=[])
    answer = run(cfg, "pre-commit", lambda *_: report(found("secrets", Severity.LOW))).report()
    assert {one.text for one in answer.decision.denials} == {"a.py", "too many", "python:3.12", "scratch", "$NONE"}
    assert answer.verdict.exit_code == 1


def test_a_document_that_is_not_there_is_undecided(tmp_path):
    cfg = policy_gate(tmp_path, 'package mlsec.gate\nverdict := {"allow": true}\n', documents={"trivy": "none.json"})
    answer = run(cfg, "pre-commit").report()
    assert answer.verdict.exit_code == 2
    assert state(answer, "document trivy") is State.NOT_RUN


@pytest.mark.parametrize(
    "text", ["package a\nx := 1\n", "package a\np :=\n", "package a\np := http.send({})\n", "package a\np if y\n"]
)
def test_policies_that_decide_nothing_or_are_broken_are_undecided(tmp_path, text):
    answer = run(policy_gate(tmp_path, text), "pre-commit").report()
    assert answer.verdict.exit_code == 2
    assert "policy" in " ".join(answer.verdict.reasons)


def test_a_policy_folder_that_is_gone_is_undecided(tmp_path):
    cfg = config(tmp_path, **{"pre-commit": {"policies": ["gone"]}})
    assert run(cfg, "pre-commit").report().verdict.exit_code == 2


# evidence


def project(tmp_path, **deploy):
    (tmp_path / "model.bin").write_bytes(b"weights")
    key = attest.generate()
    write_pair(key, tmp_path / "ci.key")
    (tmp_path / "trust.toml").write_text('[[key]]\npublic = "ci.key.pub"\ngates = ["ci"]\n')
    (tmp_path / "evidence").mkdir()
    deploy = {
        "checks": [], "requires": ["ci"], "subjects": ["model.bin"], "trust": "trust.toml", "evidence": ["evidence"],
        "built-in": False, **deploy,
    }  # fmt: skip
    return key, config(tmp_path, ci={"subjects": ["model.bin"], "checks": ["models"]}, deploy=deploy)


def sign(tmp_path, key, cfg, *judged, now=NOW, **changes):
    artifacts = [Audited(str(tmp_path / "model.bin"), "model", 7)]
    ci = run(cfg, "ci", lambda *_: report(*judged, artifacts=artifacts), now=now)
    evidence = running.evidence_of(ci, ci.report(), version="1")
    envelope = key.sign(attest.make_statement(evidence), PAYLOAD_TYPE)
    (tmp_path / "evidence" / "ci.json").write_text(envelope.text())
    return evidence


def test_the_deploy_gate_trusts_what_the_ci_gate_signed(tmp_path):
    key, cfg = project(tmp_path)
    assert sign(tmp_path, key, cfg).checks == ("models",)
    answer = run(cfg, "deploy").report()
    assert answer.verdict.passed is True
    assert state(answer, "evidence of ci") is State.PASSED
    assert json.loads((tmp_path / running.SEEN).read_text())["ci"]


def test_a_gate_that_was_stopped_stops_the_next(tmp_path):
    key, cfg = project(tmp_path)
    sign(tmp_path, key, cfg, found("models", Severity.CRITICAL))
    assert run(cfg, "deploy").report().verdict.exit_code == 1


FAULTS = {
    "no evidence": lambda path, key: None,
    "evidence of a stranger": lambda path, key: None,
    "the model has changed": lambda path, key: (path / "model.bin").write_bytes(b"other"),
    "the model is gone": lambda path, key: (path / "model.bin").unlink(),
    "the trust file is gone": lambda path, key: (path / "trust.toml").unlink(),
    "the trust file is broken": lambda path, key: (path / "trust.toml").write_text("["),
    "the key is gone": lambda path, key: (path / "ci.key.pub").unlink(),
    "the key is another": lambda path, key: (path / "ci.key.pub").write_text(attest.generate().public.pem()),
    "the key is revoked": lambda path, key: (path / "trust.toml").write_text('[[key]]\npublic = "ci.key.pub"\ngates = ["ci"]\nrevoked = true\n'),
    "the key is for another gate": lambda path, key: (path / "trust.toml").write_text('[[key]]\npublic = "ci.key.pub"\ngates = ["deploy"]\n'),
    "two keys are needed": lambda path, key: (path / "trust.toml").write_text('[[key]]\npublic = "ci.key.pub"\ngates = ["ci"]\n[threshold]\nci = 2\n'),
    "the envelope is cut": lambda path, key: (path / "evidence" / "ci.json").write_text((path / "evidence" / "ci.json").read_text()[:-40]),
    "the envelope is empty": lambda path, key: (path / "evidence" / "ci.json").write_text(""),
    "the record of what was seen is broken": lambda path, key: (path / running.SEEN).write_text("{"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_evidence_never_passes(tmp_path, fault):
    key, cfg = project(tmp_path)
    if fault == "evidence of a stranger":
        sign(tmp_path, attest.generate(), cfg)
    elif fault != "no evidence":
        sign(tmp_path, key, cfg)
    FAULTS[fault](tmp_path, key)
    answer = run(cfg, "deploy").report()
    assert answer.verdict.exit_code == 2, answer


@pytest.mark.parametrize("days", [-1, 8])
def test_evidence_that_is_too_old_or_from_the_future(tmp_path, days):
    key, cfg = project(tmp_path)
    sign(tmp_path, key, cfg, now=NOW - dt.timedelta(days=days))
    assert run(cfg, "deploy").report().verdict.exit_code == 2


def test_evidence_under_another_policy_does_not_count(tmp_path):
    key, cfg = project(tmp_path)
    lax = config(
        tmp_path,
        ci={"subjects": ["model.bin"], "checks": ["models"], "fail-on": "critical"},
        deploy=cfg.tables["gates"]["deploy"],
    )
    sign(tmp_path, key, lax)
    assert run(lax, "deploy").report().verdict.passed is True
    (tmp_path / running.SEEN).unlink()
    assert run(cfg, "deploy").report().verdict.exit_code == 2


def test_an_old_pass_after_a_newer_one_was_seen_is_a_rollback(tmp_path):
    key, cfg = project(tmp_path)
    sign(tmp_path, key, cfg)
    old = (tmp_path / "evidence" / "ci.json").read_text()
    sign(tmp_path, key, cfg, now=NOW + dt.timedelta(minutes=1))
    assert run(cfg, "deploy").report().verdict.passed is True
    (tmp_path / "evidence" / "ci.json").write_text(old)
    assert run(cfg, "deploy").report().verdict.exit_code == 2


@pytest.mark.parametrize("changes", [{"subjects": []}, {"trust": ""}, {"evidence": ["gone.json"]}])
def test_a_deploy_gate_that_lacks_what_it_needs_is_undecided(tmp_path, changes):
    key, cfg = project(tmp_path, **changes)
    sign(tmp_path, key, cfg)
    assert run(cfg, "deploy").report().verdict.exit_code == 2


def test_nobody_signs_for_bytes_that_no_check_looked_at(tmp_path):
    _, cfg = project(tmp_path)
    answer = run(cfg, "ci").report()
    assert answer.verdict.exit_code == 2
    assert state(answer, "subject model.bin") is State.NOT_RUN


def test_bytes_that_change_while_the_gate_runs_are_not_signed(tmp_path):
    _, cfg = project(tmp_path)
    ci = run(cfg, "ci", lambda *_: report(artifacts=[Audited(str(tmp_path / "model.bin"), "model", 7)]))
    answer = ci.report()
    (tmp_path / "model.bin").write_bytes(b"changed")
    with pytest.raises(UsageError, match="has changed"):
        running.evidence_of(ci, answer, version="1")


def test_an_undecided_gate_is_signed_as_a_failure(tmp_path):
    key, cfg = project(tmp_path)
    ci = run(cfg, "ci")
    assert running.evidence_of(ci, ci.report(), version="1").result == "FAILED"


def test_a_claim_in_the_input_is_no_evidence(tmp_path):
    text = """package mlsec.gate
verdict := {"allow": count(input.evidence.attestations) > 0, "model": input.model.sha256}
"""
    (tmp_path / "claims.json").write_text(
        json.dumps({"evidence": {"attestations": [{"gate": "ci"}]}, "model": {"sha256": "forged"}})
    )
    (tmp_path / "m.bin").write_bytes(b"x")
    cfg = policy_gate(tmp_path, text, documents={".": "claims.json"}, subjects=["m.bin"], optional=[])
    artifacts = [Audited(str(tmp_path / "m.bin"), "model", 1)]
    answer = run(cfg, "pre-commit", lambda *_: report(artifacts=artifacts)).report()
    assert answer.decision.allowed is False
    assert answer.decision.value["model"] == running.sha256_of(tmp_path / "m.bin")


def test_all_gates_as_one():
    def one(passed):
        return gates.GateReport(gate="ci", outcomes=(), verdict=Verdict(passed, ("r",)))

    assert running.verdict_of_all([one(True), one(True)]).passed is True
    assert running.verdict_of_all([one(True), one(None)]).exit_code == 2
    assert running.verdict_of_all([one(None), one(False)]).exit_code == 1
    assert running.verdict_of_all([]).exit_code == 2


def test_another_authority_decides_and_its_silence_is_undecided(tmp_path, monkeypatch):
    cfg = policy_gate(tmp_path, 'package mlsec.gate\nverdict := {"allow": true}\n', opa="opa", optional=[])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(cfg, "pre-commit").report().verdict.exit_code == 2
    program = tmp_path / "opa"
    program.write_text(
        '#!/bin/sh\nwhile read x; do :; done\nprintf \'{"result": [{"expressions": [{"value": {"allow": false, "deny": ["no"]}}]}]}\'\n'
    )
    program.chmod(0o755)
    assert run(cfg, "pre-commit").report().verdict.exit_code == 1
    cfg = policy_gate(tmp_path, "package a\n", opa="http://127.0.0.1:9/v1/data/x", optional=[])
    assert run(cfg, "pre-commit").report().verdict.exit_code == 2


CODES = (
    "too-big",
    "unreadable",
    "encrypted",
    "malformed",
    "unsupported",
    "tool-missing",
    "offline",
    "stale",
    "timeout",
    "failed",
)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", ["pre-commit", "ci"])
def test_no_kind_of_gap_in_a_required_check_ever_passes(tmp_path, name, code):
    cfg = config(tmp_path)
    for check in gates.load(cfg)[name].checks:
        answer = run(cfg, name, lambda *_, check=check: report(gaps=[gap(check, code)])).report()
        assert answer.verdict.exit_code == 2, (check, code)


# checks that ran elsewhere


def saved_gate(tmp_path, **more):
    from mlsec_nb.reporters.json import load as load_ours

    def load(file, _tool):
        return load_ours(file.read_text())

    table = {"checks": ["secrets", "api"], "optional": [], "reports": {"api": "api.json"}, **more}
    cfg = config(tmp_path, **{"pre-deploy": table})
    return running.Run(gates.load(cfg)["pre-deploy"], cfg, KNOWN, lambda *_: report(), NOW, load)


def save(tmp_path, one, age=0.0):
    import os

    from mlsec_nb.reporters.json import dump

    (tmp_path / "api.json").write_text(dump(one))
    when = NOW.timestamp() - age * 3600
    os.utime(tmp_path / "api.json", (when, when))


def test_a_saved_report_is_a_check(tmp_path):
    assert saved_gate(tmp_path).report().verdict.exit_code == 2  # there is none
    save(tmp_path, report())
    assert saved_gate(tmp_path).report().verdict.passed is True
    save(tmp_path, report(found("zap", Severity.CRITICAL)))
    answer = saved_gate(tmp_path).report()
    assert answer.verdict.exit_code == 1
    assert state(answer, "api") is State.FAILED
    save(tmp_path, report(gaps=[gap("zap", "timeout")]))
    assert saved_gate(tmp_path).report().verdict.exit_code == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "mlsec-report/99"}'])
def test_a_saved_report_that_is_none_is_undecided(tmp_path, text):
    save(tmp_path, report())
    (tmp_path / "api.json").write_text(text)
    assert saved_gate(tmp_path, **{"max-age-hours": 900000}).report().verdict.exit_code == 2


def test_a_saved_report_that_is_too_old_is_undecided(tmp_path):
    save(tmp_path, report(), age=200)
    answer = saved_gate(tmp_path).report()
    assert answer.verdict.exit_code == 2
    assert "hours old" in " ".join(answer.verdict.reasons)
    assert saved_gate(tmp_path, **{"max-age-hours": 300}).report().verdict.passed is True


def test_a_report_for_no_check_is_a_mistake(tmp_path):
    with pytest.raises(UsageError, match="none of the gate's checks"):
        saved_gate(tmp_path, checks=["secrets"])


def test_dates_of_toml_are_texts_for_policies(tmp_path):
    text = """package mlsec.gate
deny contains w.expires if some w in data.mlsec.config.waivers
verdict := {"allow": true, "deny": deny}
"""
    cfg = policy_gate(tmp_path, text, data={"waivers": [{"expires": dt.date(2026, 12, 31)}]}, optional=[])
    assert [one.text for one in run(cfg, "pre-commit").report().decision.denials] == ["2026-12-31"]


@pytest.mark.parametrize(
    ("name", "text"), [("d.yaml", ""), ("d.yaml", "---\n"), ("d.yaml", "text"), ("d.json", "{}"), ("d.json", "[]"), ("d.json", "3"),
                       ("Dockerfile", ""), ("Dockerfile", "RUN x\n"), ("d.yaml", "a: 1\n---\n")]
)  # fmt: skip
def test_a_document_that_holds_nothing_is_undecided(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    cfg = policy_gate(tmp_path, 'package mlsec.gate\nverdict := {"allow": true}\n', documents={"a": name}, optional=[])
    assert run(cfg, "pre-commit").report().verdict.exit_code == 2
