"""Other tools, really run; and tools that lie, hang, flood or are missing."""

import json
import os
import shutil
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

import mlsec_nb
from mlsec_nb import importers
from mlsec_nb.advisories.updating import import_
from mlsec_nb.cli.entry import main
from mlsec_nb.config import Config, Limits
from mlsec_nb.core import CannotScan, Report, UsageError
from mlsec_nb.importers import environments, running
from tests.advisories.test_store import EXCERPT
from tests.sources.images import config_of, layer, written

WORKFLOW = "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n"
PICKLE = b"\x80\x04cposix\nsystem\n\x8c\x04true\x85R."
SECRET = "AK" + "IA" + "QYLPMN5HHHFPZAM2"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, the folder of the run, with the programs of the tests' own environment and those in `bin`."""
    project = tmp_path / "project"
    (project / "ci" / ".github" / "workflows").mkdir(parents=True)
    (project / "ci" / ".github" / "workflows" / "w.yml").write_text(WORKFLOW)
    (project / "src").mkdir()
    (project / "src" / "bad.py").write_text(f"import subprocess\nkey = '{SECRET}'\nsubprocess.call('ls', shell=True)\n")
    (project / "src" / "Dockerfile").write_text("FROM ubuntu\nRUN sudo true\n")
    (project / "src" / "m.pkl").write_bytes(PICKLE)
    (project / "src" / "requirements.txt").write_text("jinja2==2.10\n")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(tmp_path / "bin"), sysconfig.get_path("scripts"), "/usr/bin", "/bin"])
    )
    for name in (
        "COVERAGE_PROCESS_CONFIG",
        "COVERAGE_PROCESS_START",
    ):  # measured, pools of processes may hang at their end
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MLSEC_ADVISORIES", str(tmp_path / "store.sqlite"))
    monkeypatch.chdir(project)
    return tmp_path


def tool(here: Path, name: str, body: str) -> None:
    """A program of this name."""
    file = here / "bin" / name
    file.write_text(f"#!{sys.executable}\nimport sys, time, json\n" + textwrap.dedent(body))
    file.chmod(0o755)


def scan(tools: str, *targets: str, **options) -> Report:
    return mlsec_nb.scan(*(targets or (".",)), tools=tools.split(","), jobs=1, **options)


def theirs(report: Report) -> set[tuple[str, str, int | None]]:
    names = importers.tools()
    found = [one.finding for one in report.findings if one.finding.scanner in names]
    return {(one.rule.id, one.location.path, one.location.line) for one in found}


def test_real_tools_find_what_they_find_at_our_places() -> None:
    report = scan("detect-secrets,picklescan,hadolint,zizmor")
    assert theirs(report) >= {
        ("DETECT-SECRETS-AWS-ACCESS-KEY", "src/bad.py", 2),
        ("PICKLESCAN-DANGEROUS-IMPORT", "src/m.pkl", None),
        ("HADOLINT-DL3004", "src/Dockerfile", 2),
        ("ZIZMOR-TEMPLATE-INJECTION", "ci/.github/workflows/w.yml", 6),
    }
    assert not [gap for gap in report.gaps if gap.scanner in importers.tools()]


@pytest.mark.slow
def test_syft_and_gitleaks_are_read_whole(here: Path) -> None:
    """The real programs, which wheels carry: as many packages and leaks as they count themselves."""
    packages = {"": {"name": "a"}, "node_modules/lodash": {"version": "4.17.0"}}
    lock = here / "project/src/package-lock.json"
    lock.write_text(json.dumps({"name": "a", "lockfileVersion": 3, "packages": packages}))
    system = "Package: {}\nStatus: install ok installed\nVersion: 1-2\nArchitecture: all\n\n"
    tars = [layer({"etc/os-release": b'ID=debian\nVERSION_ID="12"\n',
                   "var/lib/dpkg/status": "".join(system.format(name) for name in ("one", "two", "three")).encode()})]  # fmt: skip
    written(here / "project", "docker", tars, config_of(tars))
    report = scan("syft,gitleaks")
    assert not [gap for gap in report.gaps if gap.scanner in importers.tools()]
    told = {(one.name, one.version) for one in report.components}
    assert told >= {("lodash", "4.17.0"), ("jinja2", "2.10"), ("one", "1-2"), ("two", "1-2"), ("three", "1-2")}
    (key,) = (one.finding for one in report.findings if one.finding.rule.id == "SECRET-AWS-ACCESS-KEY")
    assert key.details["also"] == ["gitleaks"]


def test_bandit_is_told_once_where_our_own_scanner_says_the_same() -> None:
    report = scan("bandit", "src/bad.py", only=("code",))
    assert not [one for one in theirs(report) if one[0] == "BANDIT-B602"]
    (ours,) = (one.finding for one in report.findings if one.finding.rule.id == "CODE-SHELL-TRUE")
    assert ours.details["also"] == ["bandit"]
    same = [one.finding for one in report.findings if one.finding.rule.id == "BANDIT-B404"]
    assert [(one.scanner, one.details.get("also")) for one in same] in ([("code", ["bandit"])], [("bandit", None)])


def test_pip_audit_works_offline_from_our_own_advisories(here: Path) -> None:
    assert [gap.code for gap in scan("pip-audit", only=("dependencies",)).gaps if gap.scanner == "pip-audit"] == [
        "no-advisories"
    ]
    import_(here / "store.sqlite", [EXCERPT])
    report = scan("pip-audit", only=("dependencies",))
    told = [one.finding for one in report.findings if "advisory" in one.finding.details]
    assert told
    assert {one.scanner for one in told} == {"dependencies"}  # the same as ours, told once
    assert all(one.details["also"] == ["pip-audit"] for one in told)


def test_a_tool_that_is_missing_is_a_gap_that_says_how_to_get_it(capfd: pytest.CaptureFixture[str]) -> None:
    report = scan("trivy")
    (gap,) = {(one.code, one.reason) for one in report.gaps if one.scanner == "trivy"}
    assert gap == ("tool-missing", "trivy is not installed (https://trivy.dev/latest/getting-started/installation/)")
    assert report.verdict.passed is not True
    assert main(["scan", "--with", "trivvy"]) == 2
    assert "no tool is called 'trivvy'" in capfd.readouterr().err
    with pytest.raises(UsageError, match="no tool is called"):
        importers.check(["x"])


TRIVY = {"SchemaVersion": 2, "ArtifactName": "x", "ArtifactType": "filesystem", "Results": [
    {"Target": "src/main.tf", "Class": "config", "Type": "terraform", "Misconfigurations": [
        {"ID": "AVD-AWS-0086", "Title": "t", "Severity": "HIGH", "Status": "FAIL", "CauseMetadata": {"StartLine": 3}}]}]}  # fmt: skip


def test_paths_of_a_report_into_a_file_begin_at_the_target(here: Path) -> None:
    tool(here, "trivy", f"""
        out = sys.argv[sys.argv.index("--output") + 1]
        assert sys.argv[-1].startswith("/") and "--skip-check-update" in sys.argv
        open(out, "w").write({json.dumps(TRIVY)!r})
    """)  # fmt: skip
    (here / "project" / "src" / "main.tf").write_text('resource "x" "y" {}\n')
    assert theirs(scan("trivy", only=("infrastructure",))) == {("TRIVY-AVD-AWS-0086", "src/main.tf", 3)}
    assert theirs(scan("trivy", str(here / "project"), only=("infrastructure",))) == {
        ("TRIVY-AVD-AWS-0086", f"{here}/project/src/main.tf", 3)
    }


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        ("print('hello')", "failed", "gitleaks ended with code 0 and gave no report"),
        ("sys.stderr.write('boom\\n'); sys.exit(9)", "failed", "gitleaks ended with code 9 and gave no report: boom"),
        ("open(sys.argv[-2], 'w').write('[' * 1000)", "failed", "gitleaks ended with code 0 and gave no report"),
        ("open(sys.argv[-2], 'wb').write(b'\\xff' * 9)", "failed", "gitleaks ended with code 0 and gave no report"),
        ("open(sys.argv[-2], 'w').write('[]' + ' ' * 3000)", "too-big", "more than 2000 bytes"),
        ("while True: print('x' * 1000)", "too-big", "gitleaks gave more than 2,000 bytes, the limit"),
        ("time.sleep(60)", "timeout", "gitleaks did not end within 1 seconds"),
    ],
)  # fmt: skip
def test_a_tool_that_does_not_answer_is_a_gap(here: Path, body: str, code: str, reason: str) -> None:
    tool(here, "gitleaks", body)
    config = Config(only=("secrets",), limits=Limits(text_bytes=2000, seconds=1))
    report = running.run("gitleaks", ["src"], [], config)
    (gap,) = report.gaps
    assert (gap.code, gap.location.path) == (code, "src")
    assert reason.replace(",", "") in gap.reason.replace(",", "")


def test_what_a_failing_tool_has_found_is_not_lost(here: Path) -> None:
    leak = [{"RuleID": "aws", "StartLine": 2, "Secret": SECRET, "File": str(here / "project" / "src" / "bad.py")}]
    tool(here, "gitleaks", f"open(sys.argv[-2], 'w').write({json.dumps(leak)!r}); sys.exit(3)")
    report = running.run("gitleaks", ["src"], [], Config())
    assert [str(one.finding.location) for one in report.findings] == ["src/bad.py:2"]
    assert [gap.reason for gap in report.gaps] == ["gitleaks ended with code 3: it does not say why"]
    assert SECRET not in repr(report)


def test_silence_is_only_clean_from_a_tool_that_writes_lines(here: Path) -> None:
    tool(here, "trufflehog", "assert '--no-verification' in sys.argv")
    tool(here, "gitleaks", "open(sys.argv[-2], 'w').write('[]')")
    assert not running.run("trufflehog", ["src"], [], Config()).gaps
    assert not running.run("gitleaks", ["src"], [], Config()).gaps
    tool(here, "grype", "pass")
    assert [gap.code for gap in running.run("grype", ["src"], [], Config()).gaps] == ["failed"]


def test_a_tool_never_runs_on_a_folder_that_would_make_it_run_code(here: Path) -> None:
    tool(here, "checkov", "raise SystemExit('must not run')")
    (here / "project" / ".checkov.yaml").write_text("external-checks-dir: [evil]\n")
    (gap,) = running.run("checkov", ["."], [], Config()).gaps
    assert (gap.code, gap.reason) == ("unsupported", ".checkov.yaml could make checkov run code of this folder")


def test_what_asks_the_network_does_not_run_offline(here: Path) -> None:
    tool(here, "safety", "raise SystemExit('must not run')")
    report = scan("safety", only=("dependencies",))
    assert [gap.code for gap in report.gaps if gap.scanner == "safety"] == ["offline"]


def test_no_file_that_closes_the_network_is_overruled_by_a_tool(here: Path) -> None:
    tool(here, "safety", "raise SystemExit('must not run')")
    Path("mlsec.toml").write_text("offline = true\n")
    main(["deps", ".", "--with", "safety", "-f", "json", "-o", "report.json"])
    gaps = json.loads(Path("report.json").read_text())["gaps"]
    assert [gap["code"] for gap in gaps if gap["scanner"] == "safety"] == ["offline"]


def test_nothing_to_look_at_is_said() -> None:
    report = running.run("hadolint", ["src"], [], Config())
    assert [(gap.code, gap.reason) for gap in report.gaps] == [("skipped", "hadolint looks at nothing of what is here")]
    report = running.run("gitleaks", ["no/such/*.py"], [], Config())
    assert "unsupported" in {gap.code for gap in report.gaps}


def test_an_environment_of_its_own_is_made_once_and_never_offline(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    code = 0

    class Ran:
        complaint = "no such package"

        @property
        def code(self) -> int:
            return code

    def run(argv: list[str], **_: object) -> Ran:
        ran.append(argv)
        (here / "cache/mlsec/tools/checkov/bin").mkdir(parents=True, exist_ok=True)
        return Ran()

    monkeypatch.setattr(environments.processes, "run", run)
    with pytest.raises(CannotScan, match="this run is offline"):
        environments.program("checkov", "checkov", offline=True)
    code = 1
    with pytest.raises(CannotScan, match="could not be installed: no such package"):
        environments.program("checkov", "checkov", offline=False)
    code = 0
    ran.clear()
    for _ in range(2):
        made = environments.program("checkov", "checkov", offline=False)
    assert made == str(here / "cache/mlsec/tools/checkov/bin/checkov")
    assert [argv[1:3] for argv in ran] == [["-m", "venv"], ["-m", "pip"]]


def test_every_tool_has_a_format_that_can_be_read_and_a_program() -> None:
    for name, one in importers.tools().items():
        assert name in importers.FORMATS
        assert one.install
        assert all(way.argv[0] == name for way in one.ways)
    assert shutil.which("zizmor")
