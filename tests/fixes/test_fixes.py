import builtins
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlsec_nb
from mlsec_nb import fixes
from mlsec_nb.cli import main
from mlsec_nb.core import Edit, Evidence, Finding, Fix, Kind, Location, Rule, Severity
from mlsec_nb.notebooks import read_bytes

TOKEN = "hf_" + "qTzVbNkRwYxLmPdGhJsCfAeUiOqZtWvBnK"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


def notebook(source: str, *outputs: dict[str, object], indent: int | None = 1) -> str:
    cell = {"cell_type": "code", "id": "a", "execution_count": 3, "metadata": {}, "source": source.splitlines(keepends=True),
            "outputs": list(outputs)}  # fmt: skip
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell], "nbformat_minor": 5}, indent=indent) + "\n"


def stream(text: str) -> dict[str, object]:
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


@pytest.fixture
def leak(here: Path) -> Path:
    path = here / "a.ipynb"
    path.write_text(
        notebook(f"import torch\nm = torch.load('m.pt', weights_only=False)\nprint('{TOKEN}')", stream(f"{TOKEN}\n"))
    )
    return path


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_what_was_fixed_scans_clean_and_comes_back_to_the_byte(
    here: Path, indent: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = here / "a.ipynb"
    source = f"import torch\nm = torch.load('m.pt', weights_only=False)\ntoken = '{TOKEN}'  # é"
    path.write_text(notebook(source, stream(f"x\n{TOKEN} y\n"), indent=indent), encoding="utf-8")
    before = path.read_bytes()
    assert main(["fix", "a.ipynb"]) == 1
    assert path.read_bytes() == before
    assert main(["fix", "a.ipynb", "--write"]) == 0
    assert mlsec_nb.scan("a.ipynb").verdict.passed is True
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after["cells"][0]["execution_count"] == 3
    assert list(after) == ["nbformat", "metadata", "cells", "nbformat_minor"]
    assert "weights_only=True" in "".join(after["cells"][0]["source"])
    assert main(["fix", "--undo"]) == 0
    assert path.read_bytes() == before
    said = capsys.readouterr()
    assert not any(TOKEN[i : i + 6] in said.out + said.err for i in range(3, len(TOKEN) - 5))
    assert "huggingface.co" in said.out


def test_only_the_lines_of_the_finding_change(leak: Path) -> None:
    before = leak.read_text().splitlines()
    main(["fix", "a.ipynb", "--write"])
    after = leak.read_text().splitlines()
    assert all(TOKEN in line or "weights_only" in line for line in before if line not in after)
    added = [line for line in after if line not in before]
    assert [line.strip() for line in added if "environ" not in line and "weights_only" not in line] == [
        '"import os\\n",', '"[redacted-by-mlsec]\\n"',
    ]  # fmt: skip


def test_rules_can_be_chosen_and_lengths_kept(leak: Path) -> None:
    assert main(["fix", "a.ipynb", "--write", "--rule", "LOAD-*"]) == 0
    assert TOKEN in leak.read_text()
    assert main(["fix", "a.ipynb", "--write", "--rule", "secret-*", "--keep-length"]) == 0
    assert "*" * len(TOKEN) in leak.read_text() or "environ" in leak.read_text()
    assert TOKEN not in leak.read_text()


def test_the_kept_original_is_for_the_user_alone(leak: Path, tmp_path: Path) -> None:
    main(["fix", "a.ipynb", "--write"])
    (kept,) = (tmp_path / "state" / "mlsec" / "undo").glob("*.json")
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.parent.stat().st_mode & 0o077 == 0


def test_undo_does_not_overwrite_later_work(leak: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", "--undo"]) == 2
    main(["fix", "a.ipynb", "--write"])
    leak.write_text(leak.read_text() + "\n")
    assert main(["fix", "--undo"]) == 2
    assert "was changed after" in capsys.readouterr().err


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []

    def ask(_prompt: str = "") -> str:
        if not said:
            raise EOFError
        return said.pop(0)

    monkeypatch.setattr(builtins, "input", ask)
    return said


def test_findings_are_decided_one_by_one(here: Path, answers: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path = here / "a.py"
    path.write_text(f"import torch\nm = torch.load('m.pt', weights_only=False)\nx_token = '{TOKEN}'\n")
    answers += ["x", "i", "our own file", "f", "1"]
    assert main(["fix", "a.py", "-i"]) == 0
    text = path.read_text()
    assert "weights_only=False)  # mlsec: ignore[LOAD-TORCH] our own file\n" in text
    assert TOKEN not in text
    assert mlsec_nb.scan("a.py").verdict.passed is True
    path.write_text("import torch\nm = torch.load('m.pt', weights_only=False)\n")
    answers += ["b"]
    assert main(["fix", "a.py", "-i"]) == 0
    assert mlsec_nb.scan("a.py", baseline=".mlsec-baseline.json").verdict.passed is True
    answers += ["f", "7", "i", "", "q"]
    assert main(["fix", "a.py", "-i"]) == 0
    assert TOKEN[3:] not in capsys.readouterr().out


def findings_at(place: Location, replacement: str, action: str = "replace") -> Finding:
    rule = Rule(id="TEST-RULE", title="t", severity=Severity.LOW)
    fix = Fix(title="t", action=action, edits=(Edit(place, replacement),))
    return Finding(rule=rule, scanner="t", location=place, evidence=Evidence.fact("x"), fixes=(fix,))


def at(data: bytes, kind: Kind, path: str, text: str, part: str | None = None) -> Location:
    """The place of a text in a file, as a scanner would give it."""
    for segment in read_bytes(data, path, kind).segments:
        if part in (None, segment.place.part) and text in segment.text:
            start = segment.text.index(text)
            return segment.at(start, start + len(text))
    raise AssertionError(text)


def test_a_fix_that_would_break_the_code_is_left_out() -> None:
    data = b"x = f(1)\ny = g(2)\n"
    broken = findings_at(at(data, Kind.SOURCE, "a.py", "1)"), "(")
    good = findings_at(at(data, Kind.SOURCE, "a.py", "2"), "3")
    gone = findings_at(Location(path="a.py", cell=9, line=1, column=1, end_line=1, end_column=2), "")
    mended = fixes.mend("a.py", data, Kind.SOURCE, [broken, good, gone])
    assert mended.after == b"x = f(1)\ny = g(3)\n"
    assert len(mended.left) == 2
    assert "break" in mended.left[0][1]


def test_outputs_can_be_cleared() -> None:
    data = notebook("show()", stream("secret\n")).encode()
    place = at(data, Kind.NOTEBOOK, "a.ipynb", "secret")
    clear, inside = findings_at(place, "", "clear-output"), findings_at(place, "no")
    mended = fixes.mend("a.ipynb", data, Kind.NOTEBOOK, [clear, inside])
    assert json.loads(mended.after)["cells"][0]["outputs"] == []


def test_steps_name_the_vendor_or_say_what_to_do() -> None:
    def secret(rule: str) -> Finding:
        made = Rule(id=rule, title="t", severity=Severity.HIGH)
        return Finding(rule=made, scanner="secrets", location=Location(path="a b.py"), evidence=Evidence.fact("x"))

    steps = fixes.steps([secret("SECRET-AWS-ACCESS-KEY"), secret("SECRET-SOMETHING-NEW")])
    assert "CloudTrail" in steps[1]
    assert "where it was issued" in steps[2]
    assert "--path 'a b.py'" in steps[-1]
    assert fixes.steps([]) == []


lines = st.text(alphabet="ab= ()'\"\\é😀#", max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lines, max_size=4), st.lists(lines, max_size=4), st.sampled_from([None, 1, 2]), st.booleans())
def test_redaction_touches_nothing_else(
    before: list[str], after: list[str], indent: int | None, ascii_only: bool
) -> None:
    text = "\n".join([*before, f"{TOKEN}", *after])
    cells = [{"cell_type": "raw", "id": "a", "metadata": {}, "source": text}]
    data = json.dumps(
        {"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}, indent=indent, ensure_ascii=ascii_only
    ).encode()
    finding = findings_at(at(data, Kind.NOTEBOOK, "a.ipynb", TOKEN), "")
    mended = fixes.mend("a.ipynb", data, Kind.NOTEBOOK, [finding])
    assert mended.left == ()
    assert mended.after == data.replace(TOKEN.encode(), b"")
