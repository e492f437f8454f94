"""Reports of other tools through the one door: command line, gates and policies."""

import json
from pathlib import Path

import pytest

from mlsec_nb import pipeline
from mlsec_nb.cli.entry import main
from mlsec_nb.config import Config
from mlsec_nb.core import UsageError

HADOLINT = [{"code": "DL3004", "column": 1, "file": "Dockerfile", "level": "error", "line": 2, "message": "no sudo"}]
PIP_AUDIT = {"dependencies": [{"name": "jinja2", "version": "2.10", "vulns": [
    {"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"], "aliases": ["CVE-2019-10906"], "description": "An escape."}]}],
    "fixes": []}  # fmt: skip
TRIVY = {"SchemaVersion": 2, "ArtifactName": ".", "ArtifactType": "filesystem", "Results": [
    {"Target": "requirements.txt", "Class": "lang-pkgs", "Type": "pip", "Vulnerabilities": [
        {"VulnerabilityID": "CVE-2019-10906", "PkgName": "Jinja2", "InstalledVersion": "2.10", "Severity": "HIGH"}]}]}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, value in {"hadolint": HADOLINT, "pip-audit": PIP_AUDIT, "trivy": TRIVY, "empty": []}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    return tmp_path


def test_several_reports_become_one_and_tell_the_same_thing_once(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "hadolint.json", "pip-audit.json", "trivy.json", "-f", "json"]) == 1
    report = json.loads(capfd.readouterr().out)
    assert sorted(one["rule"] for one in report["findings"]) == ["HADOLINT-DL3004", "PIP-AUDIT-VULNERABLE"]
    (known,) = (one for one in report["findings"] if "details" in one and "advisory" in one["details"])
    assert (known["severity"], known["details"]["also"]) == ("high", ["trivy"])
    assert report["verdict"]["reasons"][0] == "hadolint.json: 1 new finding at or above medium: 1 high"
    assert len(report["artifacts"]) == 3


def test_the_config_judges_what_other_tools_say(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "mlsec.toml").write_text('[[ignore]]\nrules = ["HADOLINT-*"]\nreason = "a demo"\n')
    assert main(["report", "hadolint.json"]) == 0
    assert main(["report", "hadolint.json", "--config", "no.toml"]) == 2
    capfd.readouterr()
    assert main(["report", "pip-audit.json", "--fail-on", "high"]) == 0
    capfd.readouterr()
    assert main(["report", "pip-audit.json", "-f", "cyclonedx"]) == 1
    bill = json.loads(capfd.readouterr().out)
    assert [one["id"] for one in bill["vulnerabilities"]] == ["PYSEC-2019-217"]


def test_an_empty_list_passes_only_when_it_is_said_whose_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "empty.json"]) == 2
    assert main(["report", "gitleaks:empty.json"]) == 0
    assert main(["report", "no-such-tool:empty.json"]) == 2
    assert "no tool is called 'no-such-tool'" in capfd.readouterr().err


def test_a_gate_takes_a_report_for_a_check(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gate = '[gates.pre-deploy]\nchecks = ["infrastructure"]\n[gates.pre-deploy.reports]\ninfrastructure = "{}"\n'
    for file, code in (("hadolint.json", 1), ("hadolint:empty.json", 0), ("empty.json", 2), ("none.json", 2)):
        (here / "mlsec.toml").write_text(gate.format(file))
        assert main(["gate", "pre-deploy"]) == code, capfd.readouterr()


def test_a_gate_shows_and_asks_policies_about_what_a_report_found(here: Path) -> None:
    (here / "p.rego").write_text('package mlsec.gate\nverdict := {"allow": count(deny) == 0, "deny": deny}\n'
                                 'deny contains {"id": f.rule, "msg": sprintf("no %s", [f.rule])} if some f in input.findings\n')  # fmt: skip
    (here / "mlsec.toml").write_text(
        '[gates.pre-deploy]\nchecks = ["infrastructure"]\npolicies = ["p.rego"]\nfail-on = "critical"\n'
        '[gates.pre-deploy.reports]\ninfrastructure = "hadolint.json"\n'
    )
    assert main(["gate", "pre-deploy", "--report", "all.json"]) == 1
    told = json.loads((here / "all.json").read_text())
    assert [one["rule"] for one in told["findings"]] == ["HADOLINT-DL3004"]
    assert "policy: no HADOLINT-DL3004" in " ".join(told["verdict"]["reasons"])


def test_policies_see_what_a_report_found(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "p.rego").write_text(
        'package shop\ndeny contains f.rule if { some f in input.findings; f.severity == "high" }\n'
    )
    assert main(["policy", "eval", "p.rego", "--report", "trivy.json", "--query", "data.shop.deny"]) == 0
    assert json.loads(capfd.readouterr().out) == ["TRIVY-VULNERABLE"]


def test_a_report_that_is_too_big_or_broken_is_one_clear_line(here: Path) -> None:
    limits = Config().limits
    small = Config(limits=type(limits)(text_bytes=10))
    with pytest.raises(UsageError, match="trivy.json: "):
        pipeline.read(here / "trivy.json", None, small)
    (here / "bad.json").write_text('{"schema": "mlsec-report/1", "findings": 3}')
    with pytest.raises(UsageError, match="bad.json: "):
        pipeline.read(here / "bad.json", None, Config())


def test_vex_and_ignore_files_reach_reports_of_other_tools(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "vex.json").write_text(json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "statements": [
        {"vulnerability": {"name": "CVE-2019-10906"}, "status": "not_affected", "products": ["pkg:pypi/jinja2"]}]}))  # fmt: skip
    assert main(["report", "pip-audit.json"]) == 1
    assert main(["report", "pip-audit.json", "--vex", "vex.json"]) == 0
    (here / "mlsec.toml").write_text('vex = ["vex.json"]\n')
    assert main(["report", "pip-audit.json"]) == 0
    (here / "mlsec.toml").write_text("")
    (here / ".trivyignore").write_text("CVE-2019-10906\n")
    assert main(["report", "trivy.json", "-v"]) == 0
    assert "ignored by .trivyignore" in capfd.readouterr().out
