import dataclasses
import re

import pytest

from mlsec_nb.core import Judged, Location, Report, Severity, Verdict
from mlsec_nb.reporters import render
from tests.reporters import sample

COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-zA-Z]+=[^,:\r\n]*,?)+)::[^\r\n]*\Z")


def test_snapshot(report, snapshot):
    assert render(report, "github") == snapshot


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_every_line_is_one_command_of_ours(text):
    lines = render(sample.hostile(text), "github").split("\n")
    assert lines.pop() == ""
    assert all(COMMAND.match(line) for line in lines)
    assert len(lines) == 3


def test_the_worst_come_first_and_point_to_the_raw_line(report):
    backwards = dataclasses.replace(report, findings=report.findings[::-1])
    lines = render(backwards, "github").splitlines()
    assert lines[1].startswith(
        "::error file=notebooks/train.ipynb,line=41,col=19,title=SECRET-HUGGINGFACE (critical)::cell 3, line 2: "
    )
    assert [line.split(" ")[0] for line in lines[1:7]] == ["::error"] * 3 + ["::warning"] + ["::notice"] * 2


def test_percent_colon_and_comma_are_escaped():
    said = render(sample.hostile("50%,a:b"), "github").splitlines()[1]
    assert "file=50%25%2Ca%3Ab,title=" in said
    assert said.endswith("50%25,a:b")


def test_columns_are_given_only_within_one_line():
    place = Location(path="a.py", line=1, column=5, end_line=3, end_column=2)
    one = dataclasses.replace(sample.findings()[2].finding, location=place)
    assert "file=a.py,line=1,endLine=3,title" in render(Report(findings=(Judged(one),)), "github")


def test_what_github_will_not_show_is_said_in_the_first_line():
    one = dataclasses.replace(sample.findings()[2].finding, severity=Severity.HIGH)
    said = render(Report(findings=(Judged(one),) * 25, verdict=Verdict(False)), "github").splitlines()
    assert len(said) == 26
    assert "15 annotations more than GitHub shows" in said[0]


def test_paths_are_those_of_the_repository():
    place = Location(path="./a/b.py", line=1)
    one = dataclasses.replace(sample.findings()[2].finding, location=place)
    assert "file=a/b.py,line=1,title" in render(Report(findings=(Judged(one),)), "github")
