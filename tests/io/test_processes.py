import os
import sys
import time

import pytest

from mlsec_nb.core import CannotScan
from mlsec_nb.io import processes
from mlsec_nb.io.processes import available, run

PY = sys.executable


def python(code, *args, **options):
    return run([PY, "-c", code, *args], **options)


def test_output_code_and_input():
    ran = python("import sys; print(sys.stdin.read().upper(), end=''); sys.exit(3)", input=b"hello")
    assert (ran.code, ran.output) == (3, b"HELLO")


def test_no_shell_reads_the_arguments():
    assert python("import sys; print(sys.argv[1])", "$(id); `id` && x").output == b"$(id); `id` && x\n"


def test_much_input_and_much_output_at_once():
    data = os.urandom(3 << 20)
    assert (
        python("import sys, shutil; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)", input=data).output == data
    )


def test_input_that_is_not_read_is_no_error():
    assert python("print(1)", input=bytes(1 << 20)).output == b"1\n"


def test_a_missing_tool_is_said(tmp_path, monkeypatch):
    with pytest.raises(CannotScan, match="no-such-tool is not installed") as caught:
        run(["no-such-tool"])
    assert caught.value.code == "tool-missing"
    assert not available("no-such-tool")
    assert available(PY)
    (tmp_path / "planted").write_text("#!/bin/sh\necho planted\n")
    (tmp_path / "planted").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    with pytest.raises(CannotScan, match="not installed"):
        run(["planted"])
    (tmp_path / "planted").write_text("no program")
    with pytest.raises(CannotScan, match="cannot be started"):
        run([str(tmp_path / "planted")])
    with pytest.raises(CannotScan, match="cannot be started"):
        run([PY, "a\0b"])


def test_a_tool_that_takes_too_long_is_ended_with_all_it_started(tmp_path):
    mark = tmp_path / "mark"
    child = "import sys, time; time.sleep(2); open(sys.argv[1], 'w')"
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}, sys.argv[1]]); time.sleep(60)"
    began = time.monotonic()
    with pytest.raises(CannotScan, match=r"did not end within 0\.8 seconds") as caught:
        python(code, str(mark), timeout=0.8)
    assert caught.value.code == "timeout"
    assert time.monotonic() - began < 10
    time.sleep(2)
    assert not mark.exists()


def test_a_tool_that_says_too_much_is_ended():
    with pytest.raises(CannotScan, match="more than 1,000 bytes") as caught:
        python("while True: print('x' * 1000)", limit=1000)
    assert caught.value.code == "too-big"


def test_complaints_are_masked_and_bounded():
    secret = "gh" + "p_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    ran = python(f"import sys; sys.stderr.write('x' * 300000 + '\\nfatal: token={secret}\\n'); sys.exit(1)")
    assert ran.code == 1
    assert ran.complaint.startswith("fatal")
    assert secret not in ran.complaint
    assert python("").complaint == ""


def test_folder_and_environment(tmp_path):
    ran = python("import os; print(os.getcwd(), os.environ['X'])", folder=str(tmp_path), environment={"X": "y"})
    assert ran.output.decode().split() == [str(tmp_path), "y"]


def test_an_interrupt_ends_the_tool(monkeypatch):
    ended = []
    real = processes._end
    monkeypatch.setattr(processes, "_end", lambda process: (ended.append(process), real(process)))

    def interrupted(self, timeout=None):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(processes.subprocess.Popen, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        python("import time; time.sleep(60)")


def test_where_there_are_no_process_groups_the_tool_itself_is_ended(monkeypatch):
    monkeypatch.delattr(os, "killpg")
    with pytest.raises(CannotScan, match="did not end"):
        python("import time; time.sleep(60)", timeout=0.3)
