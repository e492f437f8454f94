import re
from pathlib import Path

import pytest

from mlsec_nb.core import Evidence, Finding, Judged, Location, Related, Report, Verdict
from mlsec_nb.reporters import render
from tests.reporters import sample

ANSI = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")


def test_snapshot(report, snapshot):
    assert render(report, "terminal") == snapshot


def test_snapshot_verbose_and_narrow(report, snapshot):
    assert render(report, "terminal", verbose=True, width=60) == snapshot


def test_colour_and_links_only_on_request(report):
    assert "\x1b" not in render(report, "terminal")
    coloured = render(report, "terminal", color=True, links=True)
    assert ANSI.sub("", coloured) == render(report, "terminal")
    assert f"\x1b]8;;{Path('requirements.txt').absolute().as_uri()}\x1b\\" in coloured


@pytest.mark.parametrize("path", ["s3://bucket/x.ipynb", "a\0b"])
def test_what_is_no_file_here_gets_no_link(path):
    assert path == "a\0b" or "\x1b]8" not in render(sample.hostile(path), "terminal", links=True)


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_no_control_character_of_a_stranger_reaches_the_terminal(text):
    said = ANSI.sub("", render(sample.hostile(text), "terminal", color=True, links=True, verbose=True, width=9999))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]", said)
    tame = render(sample.hostile("x"), "terminal", verbose=True, width=9999)
    assert not text or said.count("\n") == tame.count("\n")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_are_no_wider_than_the_terminal(report, width):
    lines = render(report, "terminal", width=width, verbose=True).splitlines()
    assert max(map(len, lines)) <= width


def test_wide_characters_count_twice():
    said = render(sample.hostile("表" * 200), "terminal", width=80)
    (line,) = {line for line in said.splitlines() if "│" in line}
    assert 2 * line.count("表") + len(line) - line.count("表") <= 80
    assert line.endswith("…")


def test_known_and_suppressed_findings_are_counted_and_listed_when_asked(report):
    said = render(report, "terminal")
    assert "1 known" in said
    assert "SECRET-AWS-ACCESS-KEY" not in said
    assert "suppressed: mlsec: ignore on line 1: a documented example key" in render(report, "terminal", verbose=True)


def test_nothing_found_is_one_line():
    assert render(Report(verdict=Verdict(True)), "terminal") == "PASSED        0 new findings in 0 artifacts\n"


def test_undecided_says_the_exit_code():
    said = render(Report(gaps=sample.GAPS, verdict=Verdict(None, ("2 parts not looked at",))), "terminal")
    assert "UNDECIDED" in said
    assert "exit 2        2 parts not looked at" in said


def _one(path: str, **more) -> Report:
    place = Location(path=path, line=12, column=5)
    step = Related(place.with_(line=3, column=1), "written here")
    finding = Finding(rule=sample.TORCH, scanner="code", location=place, evidence=Evidence.fact(""), related=(step,))
    return Report(findings=(Judged(finding, **more),), verdict=Verdict(False))


def test_a_place_has_its_path_where_it_fits_and_the_line_alone_where_not():
    assert "LOAD-TORCH · src/a.py:12:5\n" in render(_one("src/a.py"), "terminal")
    assert "LOAD-TORCH · line 12:5\n" in render(_one("deep/" * 20 + "a.py"), "terminal")


def test_further_places_in_the_same_file_do_not_repeat_its_path():
    assert "└ line 3:1: written here" in render(_one("src/a.py"), "terminal")


def test_why_a_suppression_did_not_count_is_said():
    said = render(_one("a.py", reason="mlsec: ignore on line 12 expired on 2026-01-01"), "terminal")
    assert "note: mlsec: ignore on line 12 expired on 2026-01-01" in said
    assert "fix: Pass weights_only=True" in said


def test_equal_gaps_are_told_once_with_their_number(report):
    said = render(report, "terminal")
    assert "data/old.zip › inner.7z and 1 more place: it is encrypted" in said
    assert "data/new.zip" not in said
