"""The report as JUnit XML: a suite for each file, so that a file in which nothing was found is seen to have passed."""

import xml.etree.ElementTree as ET
from collections import Counter

from mlsec_nb.core import SKIPPED, Gap, Judged, Report, Status

from .options import Options
from .text import prose, visible


def render(report: Report, options: Options) -> str:
    """New findings fail unless the audit passed, known and suppressed ones are skipped.

    A gap is an error where it left the audit undecided, else skipped.
    """
    del options
    root = ET.Element("testsuites", name="mlsec")
    findings: dict[str, list[Judged]] = {}
    gaps: dict[str, list[Gap]] = {}
    for one in report.findings:
        findings.setdefault(one.finding.location.path, []).append(one)
    for gap in report.gaps:
        gaps.setdefault(gap.location.path, []).append(gap)
    for path in sorted({*(artifact.path for artifact in report.artifacts), *findings, *gaps}):
        suite = ET.SubElement(root, "testsuite", name=visible(path))
        for one in findings.get(path, []):
            _finding(suite, one, passed=report.verdict.passed is True)
        for gap in gaps.get(path, []):
            _gap(suite, gap, undecided=report.verdict.passed is None)
        if not len(suite):
            _case(suite, "nothing found", path)
    for element in (*root, root):
        _count(element)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, name: str, path: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", name=visible(name), classname=visible(path))


def _finding(suite: ET.Element, judged: Judged, *, passed: bool) -> None:
    one = judged.finding
    case = _case(suite, f"{one.rule.id} at {one.location}", one.location.path)
    if judged.status is not Status.NEW:
        ET.SubElement(case, "skipped", message=f"{judged.status}: {prose(judged.reason)}")
        return
    if passed:  # below the threshold: told, but no failure, or the two verdicts would contradict each other
        told = ET.SubElement(case, "system-out")
    else:
        told = ET.SubElement(case, "failure", type=one.severity, message=prose(one.message))
    lines = (prose(one.message), str(one.location), one.evidence.shown, prose(one.rule.why), prose(one.rule.fix))
    told.text = "\n".join(visible(line) for line in lines if line)


def _gap(suite: ET.Element, gap: Gap, *, undecided: bool) -> None:
    case = _case(suite, f"{gap.scanner} at {gap.location}", gap.location.path)
    kind = "error" if undecided and gap.code != SKIPPED else "skipped"
    ET.SubElement(case, kind, type=visible(gap.code), message=f"not looked at: {prose(gap.reason)}")


def _count(element: ET.Element) -> None:
    """The numbers that readers of the format expect on suites and on the whole."""
    found = Counter(item.tag for item in element.iter())
    element.set("tests", str(found["testcase"]))
    element.set("failures", str(found["failure"]))
    element.set("errors", str(found["error"]))
    if element.tag == "testsuite":
        element.set("skipped", str(found["skipped"]))
