"""What holds for every format."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.core import Report, UsageError
from mlsec_nb.reporters import FORMATS, render
from mlsec_nb.reporters.references import link
from tests.reporters import sample

INVENTORIES = {"cyclonedx", "spdx"}  # lists of what there is, not of what is wrong with it


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_shows_a_planted_secret(name, report):
    said = render(report, name, verbose=True)
    assert not any(secret in said or secret[::-1] in said for secret in sample.SECRETS)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", sample.HOSTILE)
def test_every_format_survives_strangers_and_can_be_written(name, text):
    said = render(sample.hostile(text), name, verbose=True)
    said.encode("utf-8")
    assert not set("\x00\x08\x1b\x7f\x9b\u202e\u2066\ufeff") & set(said)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_report_gives_the_same_bytes_and_ends_in_a_newline(name, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")  # SPDX wants a time
    said = render(sample.report(), name)
    assert said == render(sample.report(), name)
    assert said.endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_findings_and_gaps(name, report):
    said = render(report, name)
    assert ("LOAD-TORCH" in said) != (name in INVENTORIES)
    assert "it is encrypted" in said


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_tell_nothing(name):
    assert render(Report(), name).endswith("\n")


def test_an_unknown_format_is_said_with_the_nearest_one(report):
    with pytest.raises(UsageError, match="did you mean json"):
        render(report, "jsn")
    with pytest.raises(UsageError, match="formats are terminal, json"):
        render(report, "?")


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("CWE-502", "https://cwe.mitre.org/data/definitions/502.html"),
        ("AML.T0010.001", "https://atlas.mitre.org/techniques/AML.T0010.001"),
        ("CVE-2025-32434", "https://www.cve.org/CVERecord?id=CVE-2025-32434"),
        ("GHSA-53q9-r3pm-6pq6", "https://github.com/advisories/GHSA-53q9-r3pm-6pq6"),
        ("https://example.com/a(b)?c=d#e", "https://example.com/a(b)?c=d#e"),
        ("LLM02:2025", None),
        ("javascript:alert(1)", None),
        ('https://example.com/"><script>', None),
        ("https://a b", None),
    ],
)
def test_references_become_links_where_they_have_a_home(reference, address):
    assert link(reference) == address


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80))
def test_no_text_breaks_any_format_or_hides_in_it(text):
    for name in FORMATS:
        said = render(sample.hostile(text), name, verbose=True)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", said), name
        if name in {"json", "sarif", "gitlab", "cyclonedx", "spdx"}:
            json.loads(said)
