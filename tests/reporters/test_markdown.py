import dataclasses
import re

import pytest

from mlsec_nb.core import Judged, Location, Report, Verdict
from mlsec_nb.reporters import render
from tests.reporters import sample

UNESCAPED = r"(?<!\\)(?:\\\\)*"


def many(count: int, width: int) -> Report:
    base = sample.findings()[2].finding
    judged = [
        Judged(dataclasses.replace(base, location=Location(path=f"{'d' * width}/{number}.ipynb", cell=1), message="m" * width))
        for number in range(count)
    ]  # fmt: skip
    gaps = tuple(dataclasses.replace(sample.GAPS[0], reason="r" * width) for _ in range(count))
    known = [dataclasses.replace(one, status=sample.Status.KNOWN, reason="w" * width) for one in judged]
    return Report(findings=(*judged, *known), gaps=gaps, verdict=Verdict(False, ("v" * width,) * count))


def test_snapshot(report, snapshot):
    assert render(report, "markdown") == snapshot


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_nothing_of_a_stranger_is_markup(text):
    said = render(sample.hostile(text), "markdown")
    spans_out = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", said)
    tags = set(re.findall(UNESCAPED + "<[^>]*>", spans_out))
    assert tags <= {"<details>", "<summary>", "</summary>", "</details>", "<br>"} | {
        t for t in tags if "cwe.mitre" in t
    }
    assert not re.search(UNESCAPED + r"\[x", spans_out)
    assert "::error" not in said or "\n::" not in said


@pytest.mark.parametrize("text", ["a | b", "`", "``x`` |", "x`"])
def test_a_row_of_the_table_keeps_its_four_cells(text):
    said = render(sample.hostile(text), "markdown")
    (row,) = [line for line in said.splitlines() if line.startswith("| high")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5


@pytest.mark.parametrize(("count", "width"), [(10_000, 60), (2_000, 3_000)])
def test_a_summary_stays_below_a_megabyte_and_says_what_it_leaves_out(count, width):
    said = render(many(count, width), "markdown")
    assert len(said.encode()) < 1_000_000
    shown = sum(line.startswith("| high") for line in said.splitlines())
    assert f"{count - shown:,} less severe findings are not listed here" in said
    assert re.search(r"… and [\d,]+ more", said)


def test_nothing_found():
    assert (
        render(Report(verdict=Verdict(True)), "markdown")
        == "## mlsec: ✅ Passed\n\n**0 new findings in 0 artifacts**\n"
    )
