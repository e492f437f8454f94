import dataclasses
import json

import pytest

from mlsec_nb.core import Report
from mlsec_nb.reporters import render
from tests.reporters import sample


def test_snapshot(report, snapshot):
    assert render(report, "gitlab") == snapshot


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_every_entry_has_what_the_format_wants(text):
    entries = json.loads(render(sample.hostile(text), "gitlab"))
    assert len(entries) == 2
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["location"]["lines"]["begin"] >= 1
        assert entry["description"].isprintable() or "\u3000" in entry["description"]


def test_fingerprints_are_unique(report):
    twice = dataclasses.replace(report, findings=report.findings * 2, gaps=report.gaps * 2)
    prints = [entry["fingerprint"] for entry in json.loads(render(twice, "gitlab"))]
    assert len(prints) == len(set(prints)) == 2 * 6 + 2 * 3


def test_nothing_found_is_an_empty_list():
    assert json.loads(render(Report(), "gitlab")) == []
