"""Suppressions that other tools' comments ask for in infrastructure reach what those tools say they reach."""

import datetime as dt

import pytest

from mlsec_nb.core import Evidence, Finding, Kind, Rule, Severity
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.triage import inline

ACL = Rule(
    id="IAC-S3-PUBLIC-ACL", title="t", severity=Severity.HIGH, references=("CWE-732", "CKV_AWS_20", "AVD-AWS-0092")
)
TAG = Rule(id="IAC-IMAGE-TAG", title="t", severity=Severity.LOW, references=("DL3006", "unpinned-uses"))
TWO = 'resource "aws_s3_bucket" "a" {{\n  {inside}\n  acl = "public-read"\n}}\n{between}\nresource "aws_s3_bucket" "b" {{\n  acl = "public-read"\n}}\n'
TODAY = dt.date(2026, 6, 1)


def status(text: str, line: int, rule: Rule = ACL, scanner: str = "infrastructure") -> tuple[str, str]:
    document = read_bytes(text.encode(), "main.tf", Kind.IAC)
    start = sum(len(found) + 1 for found in text.split("\n")[: line - 1])
    found = Finding(
        rule=rule, scanner=scanner, location=document.segments[0].at(start, start + 1), evidence=Evidence.fact("x")
    )
    (judged,) = inline(document, [found], None, TODAY)
    return judged.status.value, judged.reason


@pytest.mark.parametrize(("inside", "between", "first", "second"), [
    ("# checkov:skip=CKV_AWS_20:a public site", "", "suppressed", "new"),
    ("#checkov:skip=CKV_AWS_20,CKV_AWS_1: x", "", "suppressed", "new"),
    ("# checkov:skip=CKV_AWS_999: another", "", "new", "new"),
    ("", "# tfsec:ignore:AVD-AWS-0092", "new", "suppressed"),
    ("", "#trivy:ignore:AVD-AWS-0092 tfsec:ignore:other", "new", "suppressed"),
    ("", "#trivy:ignore:*", "new", "suppressed"),
    ("", "#tfsec:ignore:*:exp:2026-01-01", "new", "new"),
    ("", "#tfsec:ignore:*:exp:2027-01-01", "new", "suppressed"),
    ("", "# kics-scan ignore-block", "new", "suppressed"),
    ("# kics-scan ignore-line", "", "suppressed", "new"),
    ("# kics-scan ignore", "", "new", "new"),
    ('x = "checkov:skip=CKV_AWS_20"', "", "new", "new"),
])  # fmt: skip
def test_a_mark_reaches_its_block_and_no_other(inside, between, first, second):
    text = TWO.format(inside=inside, between=between)
    assert (status(text, 3)[0], status(text, 7)[0]) == (first, second)


def test_the_reason_is_kept():
    assert "a public site" in status(TWO.format(inside="# checkov:skip=CKV_AWS_20:a public site", between=""), 3)[1]


def test_a_mark_at_the_top_reaches_the_file():
    text = "# kics-scan ignore\n" + TWO.format(inside="", between="")
    assert status(text, 8)[0] == "suppressed"


def test_other_scanners_are_not_silenced():
    text = TWO.format(inside="", between="#trivy:ignore:*")
    assert status(text, 7, scanner="secrets")[0] == "new"


def test_annotations_reach_their_document():
    text = "metadata:\n  annotations:\n    checkov.io/skip1: CKV_AWS_20=known\nx: 1\n---\nx: 1\n"
    assert status(text, 4)[0] == "suppressed"
    assert status(text, 6)[0] == "new"


def test_hadolint_and_zizmor():
    assert status("# hadolint ignore=DL3006\nFROM x\nFROM y\n", 2, TAG)[0] == "suppressed"
    assert status("# hadolint ignore=DL3006\nFROM x\nFROM y\n", 3, TAG)[0] == "new"
    assert status("# hadolint global ignore=DL3006\nFROM x\nFROM y\n", 3, TAG)[0] == "suppressed"
    assert status("a\n- uses: a/b@v1 # zizmor: ignore[unpinned-uses]\n", 2, TAG)[0] == "suppressed"
