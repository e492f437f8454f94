import dataclasses
import re
import xml.etree.ElementTree as ET

import pytest

from mlsec_nb.core import Report, Verdict
from mlsec_nb.reporters import render
from tests.reporters import sample

# The elements and attributes of the schema that CI servers share (junit-10.xsd of Jenkins' xUnit plugin).
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase", "properties", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
}
ATTRIBUTES = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "time", "timestamp", "file"}),
    "testcase": ({"name"}, {"time", "classname", "group"}),
    **dict.fromkeys(("failure", "error", "skipped"), (set(), {"type", "message"})),
    "system-out": (set(), set()),
}


def parsed(report: Report) -> ET.Element:
    root = ET.fromstring(render(report, "junit"))
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        required, optional = ATTRIBUTES[element.tag]
        assert required <= set(element.attrib) <= required | optional
    for element in (root, *root):
        for tag, attribute in (("testcase", "tests"), ("failure", "failures"), ("error", "errors")):
            assert element.get(attribute) == str(len(element.findall(f".//{tag}")))
    return root


def test_snapshot(report, snapshot):
    assert render(report, "junit") == snapshot


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_well_formed_and_valid_whatever_strangers_write(text):
    root = parsed(sample.hostile(text))
    assert (root.get("tests"), root.get("failures")) == ("4", "1")
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]", render(sample.hostile(text), "junit")
    )


def test_a_file_in_which_nothing_was_found_is_seen_to_have_passed(report):
    clean = dataclasses.replace(report, findings=(), gaps=(), verdict=Verdict(True))
    root = parsed(clean)
    assert [case.get("name") for case in root.iter("testcase")] == ["nothing found"] * 5
    assert root.get("failures") == "0"


def test_findings_below_the_threshold_do_not_fail_what_passed(report):
    root = parsed(dataclasses.replace(report, verdict=Verdict(True)))
    assert root.get("failures") == "0"
    assert len(root.findall(".//system-out")) == 6


def test_gaps_of_an_undecided_audit_are_errors_but_for_the_skipped(report):
    root = parsed(dataclasses.replace(report, findings=(), verdict=Verdict(None)))
    assert root.get("errors") == "3"
    assert [one.get("type") for one in root.iter("skipped")] == ["skipped"]
