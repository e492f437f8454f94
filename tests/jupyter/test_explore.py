import json
from pathlib import Path

import pytest

import mlsec_nb
from mlsec_nb.core import Severity
from mlsec_nb.jupyter.explore import explore
from mlsec_nb.jupyter.explore.widget import BASELINE, Decisions
from mlsec_nb.jupyter.view import ROWS, TREE_ROWS, Report, html, tree

TOKEN = "hf_" + "qTzVbNkRwYxLmPdGhJsCfAeUiOqZtWvBnK"


@pytest.fixture(autouse=True)
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(f'token = "{TOKEN}"\n', encoding="utf-8")
    return mlsec_nb.scan("a.py")


def test_the_widget_holds_the_masked_report_and_our_code_alone(report: Report) -> None:
    widget = explore(report)
    assert json.loads(widget.report)["findings"][0]["rule"].startswith("SECRET-")
    assert TOKEN[6:] not in widget.report
    assert "http" not in widget._esm.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
    assert "innerHTML" not in widget._esm


def test_what_is_accepted_stands_in_the_baseline(report: Report, tmp_path: Path) -> None:
    said = Decisions(report).answer({"action": "accept", "fingerprints": [report.new[0].fingerprint]})
    assert said["status"] == "known"
    assert mlsec_nb.scan("a.py", baseline=str(tmp_path / BASELINE)).verdict.passed is True
    assert (
        Decisions(report).answer({"action": "accept", "fingerprints": [report.new[0].fingerprint]})["status"] == "known"
    )


def test_a_suppression_needs_a_reason_and_gives_the_line_to_write(report: Report) -> None:
    decide = Decisions(report)
    wanted = {"action": "suppress", "fingerprints": [report.new[0].fingerprint]}
    assert "needs a reason" in decide.answer(wanted)["error"]
    said = decide.answer({**wanted, "reason": "made up"})
    (Path.cwd() / "a.py").write_text(f'token = "{TOKEN}"  {said["copy"]}\n', encoding="utf-8")
    assert mlsec_nb.scan("a.py").verdict.passed is True


def test_a_finding_is_mended_in_its_file_and_once(report: Report, tmp_path: Path) -> None:
    decide = Decisions(report)
    wanted = {"action": "fix", "fingerprints": [report.new[0].fingerprint]}
    said = decide.answer(wanted)
    assert said["status"] == "mended"
    assert TOKEN not in (tmp_path / "a.py").read_text()
    assert decide.answer(wanted)["error"] == "it does not stand there any more"


def test_the_trend_since_an_older_report_is_handed_over(report: Report) -> None:
    Path("a.py").write_text("x = 1\n", encoding="utf-8")
    later = mlsec_nb.scan("a.py")
    assert json.loads(later.explore(report).before) == {**{str(grade): 0 for grade in Severity}, "critical": 1}
    assert json.loads(later.explore().before) is None


@pytest.mark.parametrize(
    "content",
    [{}, {"action": "accept"}, {"action": "rm", "fingerprints": ["x"]}, {"action": "accept", "fingerprints": ["x"]}],
)
def test_what_is_not_understood_is_said(report: Report, content: dict[str, object]) -> None:
    assert "error" in Decisions(report).answer(content)


def many(count: int) -> Report:
    lines = "".join(
        f'token_{n} = "hf_{"".join(chr(97 + (n * 7 + k * k * 5 + n // 26) % 26) for k in range(34))}"\n'
        for n in range(count)
    )
    Path("many.py").write_text(lines, encoding="utf-8")
    return mlsec_nb.scan("many.py")


def test_a_finding_costs_few_bytes_and_very_many_are_cut_honestly() -> None:
    found = many(TREE_ROWS + 50)
    count = len(found.new)
    assert count > TREE_ROWS
    page = html(found)
    assert len(page) / ROWS < 400
    assert f"{count - ROWS} more" in page
    assert tree(found)["truncated"] == count
    assert len(tree(found)["findings"]) == TREE_ROWS


def test_what_strangers_write_is_text(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>.py"
    (tmp_path / name).write_text(f'token = "{TOKEN}"\n', encoding="utf-8")
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    page = html(mlsec_nb.scan("."))
    assert "<img" not in page
    assert "&lt;img" in page
    assert "not looked at" in page


def test_known_findings_are_told_apart(report: Report) -> None:
    page = html(report.compare(report))
    assert "1 known or suppressed" in page
    assert "stands in the older report" in page


def test_tables(report: Report) -> None:
    assert list(report.to_pandas()["rule"]) == [f.rule.id for f in report.new]
    assert report.to_polars().height == len(report.new)
