import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlsec_nb.cli import main
from mlsec_nb.cli.entry import COMMANDS

TOKEN = "hf_" + "qTzVbNkRwYxLmPdGhJsCfAeUiOqZtWvBnK"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def leak(here: Path) -> Path:
    path = here / "leak.py"
    path.write_text(f'token = "{TOKEN}"\n', encoding="utf-8")
    return path


def notebook(*cells: dict[str, object]) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}, indent=1)


def code(source: str, *outputs: dict[str, object]) -> dict[str, object]:
    return {"cell_type": "code", "id": f"c{abs(hash(source)) % 997}", "execution_count": 1, "metadata": {},
            "source": source, "outputs": list(outputs)}  # fmt: skip


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "mlsec_nb", *words], capture_output=True, text=True, env=env,
                          check=False, timeout=60, **options)  # fmt: skip


def test_findings_fail_and_name_the_place(leak: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", leak.name]) == 1
    out = capsys.readouterr().out
    assert "leak.py" in out
    assert TOKEN[5:] not in out
    assert "\x1b" not in out


def test_nothing_found_passes(here: Path) -> None:
    (here / "a.py").write_text("x = 1\n", encoding="utf-8")
    assert main(["scan", "a.py"]) == 0


def test_the_format_follows_the_suffix_of_the_output(leak: Path, here: Path) -> None:
    assert main(["scan", leak.name, "-o", "r.sarif"]) == 1
    assert json.loads((here / "r.sarif").read_text())["version"] == "2.1.0"
    assert main(["scan", leak.name, "-o", "r.json"]) == 1
    assert main(["report", "r.json", "-o", "again.json"]) == 1
    assert (here / "r.json").read_text() == (here / "again.json").read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["scna"], "did you mean 'scan'?"),
        (["scan", "nowhere"], "nowhere"),
        (["scan", ".", "--only", "secretz"], "no scanner is called 'secretz'"),
        (["scan", ".", "-f", "pdf"], "no format is called 'pdf'"),
        (["scan", ".", "-j", "0"], "--jobs must be 1 or more"),
        (["scan", ".", "--baseline", "none.json"], "none.json"),
        (["scan", ".", "--config", "none.toml"], "none.toml"),
        (["explain", "LOAD-TROCH"], "did you mean"),
        (["report", "none.json"], "none.json"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.startswith("mlsec: ")
    assert err.count("\n") == 1


def test_a_report_that_cannot_be_written_leaves_nothing_behind(leak: Path, here: Path) -> None:
    assert main(["scan", leak.name, "-o", "missing/r.json"]) == 2
    assert not list(here.glob("**/*.json*"))
    if Path("/dev/full").exists():
        with Path("/dev/full").open("w") as full:
            done = subprocess.run([sys.executable, "-m", "mlsec_nb", "scan", str(leak)], stdout=full, text=True,
                                  stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)  # fmt: skip
        assert done.returncode == 2
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr


def test_help_of_every_command_has_words(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as stop:
            main([name, "--help"])
        assert stop.value.code == 0
        assert len(capsys.readouterr().out) > 200
    assert main([]) == 0
    assert "exit codes" in capsys.readouterr().out


def test_the_baseline_makes_findings_known(leak: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "create", "."]) == 0
    text = (here / ".mlsec-baseline.json").read_text()
    assert TOKEN[5:] not in text
    assert main(["scan", leak.name, "--baseline", ".mlsec-baseline.json"]) == 0
    leak.write_text(
        "\n\n" + leak.read_text() + 'other = "' + TOKEN[::-1][:-3] + '"\n' + 'x = "' + "hf_" + TOKEN[:2:-1] + '"\n'
    )
    assert main(["scan", leak.name, "--baseline", ".mlsec-baseline.json"]) == 1
    assert main(["baseline", "update", "."]) == 0
    assert main(["scan", leak.name, "--baseline", ".mlsec-baseline.json"]) == 0
    capsys.readouterr()
    assert main(["baseline", "show"]) == 0
    assert "leak.py" in capsys.readouterr().out


def test_standard_input_is_scanned_as_what_it_is_called(leak: Path) -> None:
    done = run("scan", "-", "--stdin-filename", "x.py", input=leak.read_text())
    assert done.returncode == 1
    assert "x.py" in done.stdout


def test_rules_and_explain_tell(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "torch"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed
    assert main(["explain", listed[0].split()[0].lower()]) == 0
    assert "How to mend it" in capsys.readouterr().out
    assert main(["rules", "-f", "json"]) == 0
    assert all("bad" not in rule for rule in json.loads(capsys.readouterr().out))


def test_doctor_tells_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "scanners" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_offers_commands_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    ask = script + "COMP_WORDS=(mlsec scan --fo); COMP_CWORD=2; _mlsec; echo ${COMPREPLY[@]}"
    ask += "; COMP_WORDS=(mlsec sc); COMP_CWORD=1; _mlsec; echo ${COMPREPLY[@]}"
    if shell == "bash":
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["--format", "scan"]


def test_completion_for_fish_is_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fish"]) == 0
    assert "-a scan" in capsys.readouterr().out


def _until_it_reads(pid: int, count: int) -> None:
    """Wait until a process is in the middle of its files: its imports alone read less."""
    for _ in range(600):
        rows = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
        if int(rows["rchar"]) > count:
            return
        time.sleep(0.02)


def test_ctrl_c_ends_with_130_and_no_half_written_file(here: Path) -> None:
    for number in range(400):
        (here / f"{number}.py").write_text("x = 1\n" * 20_000, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", "mlsec_nb", "scan", ".", "-j", "1", "-o", "r.json"],
                               stderr=subprocess.PIPE, text=True, env=env)  # fmt: skip
    _until_it_reads(process.pid, 12_000_000)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not (here / "r.json").exists()


def test_a_reader_that_goes_away_is_no_error(leak: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", f"{sys.executable} -m mlsec_nb scan {leak} | head -0"], env=env,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert "Traceback" not in done.stderr


def test_a_terminal_gets_colours_and_no_color_takes_them_away(leak: Path) -> None:
    def seen(**more: str) -> bytes:
        parent, child = pty.openpty()
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **more}
        process = subprocess.Popen(
            [sys.executable, "-m", "mlsec_nb", "scan", str(leak)], stdout=child, stderr=child, env=env
        )
        os.close(child)
        chunks = []
        while True:
            try:
                chunks.append(os.read(parent, 65536))
            except OSError:
                break
            if not chunks[-1]:
                break
        process.wait(timeout=60)
        os.close(parent)
        return b"".join(chunks)

    assert b"\x1b[3" in seen() or b"\x1b[1" in seen()
    assert b"\x1b[3" not in seen(NO_COLOR="1")


class TestNbqa:
    @pytest.fixture
    def seven(self, here: Path) -> Path:
        """Seven planted secrets, of which nbqa alone shows a tool one."""
        tokens = [f"hf_{chr(97 + n)}" + TOKEN[4:] for n in range(7)]
        out = {"output_type": "stream", "name": "stdout", "text": [f"{tokens[6]}\n"]}
        cells = [
            {"cell_type": "markdown", "id": "m", "metadata": {}, "source": f"token: {tokens[0]}"},
            code(f"%matplotlib inline\ntoken = '{tokens[1]}'"),
            code(f"!pip install x --extra-index-url https://user:{tokens[2]}@host.example.org/simple"),
            code(f"%%bash\nexport HF_TOKEN={tokens[3]}"),
            code(f"%env HF_TOKEN={tokens[4]}"),
            code(f"broken = (\ntoken = '{tokens[5]}'"),
            code("show()", out),
        ]
        path = here / "seven.ipynb"
        path.write_text(notebook(*cells), encoding="utf-8")
        return path

    @pytest.mark.parametrize("command", ["mlsec_nb", "mlsec_nb scan"])
    def test_all_seven_are_told_in_nbqas_own_form(self, seven: Path, command: str) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-m", "nbqa", command, seven.name, "--only=secrets"], env=env,
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 1, done.stderr
        places = {line.split(": ")[0] for line in done.stdout.splitlines() if "SECRET-" in line}
        for place in ("markdown_1:1", "cell_1:2", "cell_2:1", "cell_3:2", "cell_4:1", "cell_5:2", "cell_6:output"):
            assert any(f":{place}" in found for found in places), (place, done.stdout)
        assert not any(TOKEN[6:] in text for text in (done.stdout, done.stderr))


def test_version_is_quick_to_say() -> None:
    done = run("--version")
    assert done.stdout.startswith("mlsec ")
    # Without the measuring of coverage, which imports things of its own.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-X", "importtime", "-m", "mlsec_nb", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, env={**env, "PYTHONPATH": str(ROOT)}, check=True)
    heavy = ("nbformat", "pandas", "IPython", "tornado", "detect_secrets", "mlsec_nb.scanners", "multiprocessing")
    assert not [name for name in heavy if f" {name}\n" in done.stderr]
