import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlsec_nb.cli import COMMANDS

from .kernels import ROOT, Kernel

TOKEN = "hf_" + "qTzVbNkRwYxLmPdGhJsCfAeUiOqZtWvBnK"
MIME = "application/vnd.mlsec.report+json"


@pytest.fixture(scope="module", autouse=True)
def files(folder: Path) -> None:
    (folder / "leak.py").write_text(f'token = "{TOKEN}"\n', encoding="utf-8")
    (folder / "clean.py").write_text("x = 1\n", encoding="utf-8")


def test_a_scan_shows_and_returns_the_report(kernel: Kernel) -> None:
    ran = kernel.run("r = %mlsec scan leak.py\nr")
    assert ran.error == ""
    (html,) = ran.data("text/html")
    assert "<script" not in html
    assert "<style" not in html
    assert "failed" in html
    assert ran.data(MIME)[0]["verdict"]["passed"] is False
    assert TOKEN[6:] not in ran.everything
    assert kernel.run("print(len(r.new), list(r.to_pandas().severity), r.to_polars().height)").stream().startswith("1 ")


def test_the_session_itself_is_scanned(kernel: Kernel) -> None:
    kernel.run(f"api_token = '{TOKEN[::-1]}'; other = 'hf_' + 'x'; leaked = '{TOKEN}'")
    ran = kernel.run("%mlsec")
    report = ran.data(MIME)[0]
    assert any(f["location"]["path"] == "<this session>" for f in report["findings"])
    assert any("did not say which file" in gap["reason"] for gap in report["gaps"])
    history = kernel.run("%mlsec history").data(MIME)[0]
    assert any(f["location"]["path"].startswith("<") for f in history["findings"])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("%mlsec scna", "did you mean 'scan'?"),
        ("%mlsec zzz", "commands are scan, model"),
        ("%mlsec gate staging", "invalid choice: 'staging'"),
        ("%mlsec container nowhere.tar", "nowhere.tar"),
        ("%mlsec data leak.py --against nowhere.csv", "nowhere.csv"),
        ("%mlsec scan nowhere.ipynb", "nowhere.ipynb"),
        ("%mlsec scan . --only secretz", "no scanner is called 'secretz'"),
        ("%mlsec scan . --fail-on awful", "awful"),
        ("%mlsec scan 'open", "No closing quotation"),
        ("%mlsec guard on everything", "no part called 'everything'"),
    ],
)
def test_a_mistake_is_one_line(kernel: Kernel, line: str, says: str) -> None:
    ran = kernel.run(line)
    text = ran.error + ran.stream("stderr")
    assert says in text
    assert "Traceback" not in ran.everything


def test_fail_on_raises_so_that_runs_stop(kernel: Kernel) -> None:
    ran = kernel.run("%mlsec scan leak.py --fail-on low")
    assert ran.reply["content"]["status"] == "error"
    assert ran.data("text/html")
    assert kernel.run("%mlsec scan clean.py --fail-on low").reply["content"]["status"] == "ok"


def test_a_checked_cell_runs_only_when_it_passes(kernel: Kernel) -> None:
    ran = kernel.run("%%mlsec\nimport pickle\nran = True\nm = pickle.load(open('downloaded.pkl', 'rb'))")
    assert "does not run this cell" in ran.stream("stderr")
    assert "NameError" in kernel.run("ran").error
    ran = kernel.run("%%mlsec\n6 * 7")
    assert ran.data("text/plain") == ["42"]


def test_explain_and_help(kernel: Kernel) -> None:
    assert "How to mend it" in kernel.run("%mlsec explain LOAD-TORCH").stream()
    assert "usage: mlsec scan" in kernel.run("%mlsec scan --help").stream()


@pytest.mark.parametrize(
    ("text", "offered", "not_offered"),
    [
        ("%mlsec sc", "scan", "and"),
        ("%mlsec scan --fa", "--fail-on", "--format"),
        ("%mlsec scan . --fail-on h", "high", "low"),
        ("%mlsec explain LOAD-TO", "LOAD-TORCH", "LOAD-PICKLE"),
        ("%mlsec guard st", "status", "on"),
        ("%mlsec scan . --only se", "secrets", "code"),
        ("x = 1\n%mlsec ru", "rules", "run"),
        ("%mlsec gate pre", "pre-deploy", "deploy"),
        ("%mlsec container --ig", "--ignore-base", "--base"),
        ("%mlsec scan -f ma", "markdown", "json"),
        ("%mlsec guard on --mode st", "strict", "status"),
        ("%mlsec scan lea", "leak.py", "clean.py"),
        ("%%mlsec --fail-on hi", "high", "low"),
    ],
)
def test_completion_offers_what_fits(kernel: Kernel, text: str, offered: str, not_offered: str) -> None:
    found = kernel.complete(text)
    assert offered in found
    assert not_offered not in found


def test_other_lines_complete_as_ever(kernel: Kernel) -> None:
    assert any("print" in word for word in kernel.complete("prin"))


def test_the_report_compares(kernel: Kernel) -> None:
    code = "import mlsec_nb\na = mlsec_nb.scan('leak.py')\nprint(len(a.new), len(a.compare(a).new), len(a.compare(mlsec_nb.scan('clean.py')).new))"
    assert kernel.run(code).stream() == "1 0 1\n"


def test_a_saved_report_is_written(kernel: Kernel, folder: Path) -> None:
    kernel.run("%mlsec scan leak.py -o r.json --quiet")
    assert json.loads((folder / "r.json").read_text())["schema"].startswith("mlsec-report/")


def test_the_last_report_comes_back(kernel: Kernel) -> None:
    kernel.run("%mlsec scan leak.py --quiet")
    assert kernel.run("%mlsec report").data(MIME)


def test_the_cell_guard_refuses_and_lets_go(kernel: Kernel) -> None:
    kernel.run("%mlsec guard on cell")
    ran = kernel.run(
        "import pickle, urllib.request as u\nran_it = True\npickle.load(u.urlopen('http://get.example.org/m.pkl'))"
    )
    assert "does not run this cell" in ran.everything
    assert "NameError" in kernel.run("ran_it").error
    assert kernel.run("1 + 1").data("text/plain") == ["2"]
    kernel.run("%mlsec guard off cell")


def test_connections_and_processes_are_noted(kernel: Kernel) -> None:
    kernel.run("%mlsec guard on events")
    kernel.run("import subprocess; _ = subprocess.run(['true', '--password=hunter22'])")
    ran = kernel.run("%mlsec guard report")
    assert "GUARD-PROCESS" in ran.data("text/plain")[0]
    assert "hunter22" not in ran.everything
    kernel.run("%mlsec guard off")


GATES = """
[gates.pre-commit]
checks = ["secrets"]
optional = []
targets = ["leak.py"]
[gates.ci]
checks = ["code"]
targets = ["clean.py"]
[gates.pre-deploy]
checks = ["nobody-knows"]
targets = ["clean.py"]
"""


def test_the_gates_stand_in_one_view(kernel: Kernel, folder: Path) -> None:
    (folder / "mlsec.toml").write_text(GATES, encoding="utf-8")
    ran = kernel.run("g = %mlsec gate\ng")
    assert ran.error == ""
    (page,) = ran.data("text/html")
    for word in ("pre-commit", "pre-deploy", "✘ stopped", "✔ passed", "? undecided", "not run", "leak.py"):
        assert word in page
    assert "<script" not in page
    assert "<style" not in page
    assert "┌" in ran.data("text/plain")[0]
    assert ran.data(MIME)[0]["verdict"]["passed"] is False
    assert TOKEN[6:] not in ran.everything
    assert kernel.run("print(g.passed, [s.name for s in g.stages][:2])").stream() == "False ['pre-commit', 'ci']\n"
    assert "stopped" not in kernel.run("%mlsec gate ci").data("text/html")[0]
    assert "secrets: 1 new finding" in kernel.run("%mlsec gate pre-commit --fail-on low").stream("stderr")
    assert not kernel.run("%mlsec gate ci -q -o gates.html").data("text/html")
    assert 'class="gates"' in (folder / "gates.html").read_text()
    (folder / "mlsec.toml").unlink()


def test_every_command_of_the_command_line_is_there(kernel: Kernel, folder: Path) -> None:
    assert "mended" in kernel.run("%mlsec fix leak.py").stream()
    assert "SECRET-HUGGINGFACE" in kernel.run("%mlsec scan leak.py -f csv").stream()
    kernel.run("%mlsec scan leak.py -q -o saved.json")
    assert kernel.run("%mlsec report saved.json").data(MIME)[0]["findings"]
    assert kernel.run("%mlsec iac clean.py").data(MIME)[0]["findings"] == []
    assert kernel.run("%mlsec deps clean.py --offline").error == ""
    assert "python" in kernel.run("%mlsec doctor").stream().lower()
    for command in COMMANDS:
        ran = kernel.run(f"%mlsec {command} --help")
        assert f"usage: mlsec {command}" in ran.stream()
        assert ran.reply["content"]["status"] == "ok"


def test_a_git_history_is_a_history_too(kernel: Kernel, folder: Path) -> None:
    setup = "import subprocess as s; s.run('git init -q g && cd g && cp ../leak.py . && git add . && git -c user.name=a -c user.email=a@example.org commit -qm x', shell=True, check=True)"
    assert kernel.run(setup).error == ""
    report = kernel.run("%mlsec history g").data(MIME)[0]
    assert report["findings"][0]["details"]["in_head"] is True


def test_tables_of_the_session_are_data(kernel: Kernel) -> None:
    kernel.run(
        "import pandas as pd, numpy as np\n"
        "old = pd.DataFrame({'x': np.arange(2000) % 97 * 1.0})\nnew = pd.DataFrame({'x': np.arange(2000) % 97 * 1000.0})"
    )
    ran = kernel.run("%mlsec data new --against old")
    assert ran.error + ran.stream("stderr") == ""
    report = ran.data(MIME)[0]
    assert [f["rule"] for f in report["findings"]] == ["DATA-DRIFT"]
    assert "neither a path" in kernel.run("x = 3\n%mlsec data x").stream("stderr")


def test_loading_the_extension_waits_for_nothing_heavy(folder: Path) -> None:
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance();"
        "s.run_line_magic('load_ext', 'mlsec_nb'); print(sorted(n for n in sys.modules if n.startswith('mlsec_nb')))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / ".other")}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    loaded = ["", "._version", ".jupyter", ".jupyter.completion", ".jupyter.magics"]
    assert ran.stdout.strip() == str([f"mlsec_nb{name}" for name in loaded])
