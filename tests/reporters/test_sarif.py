import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest

from mlsec_nb.core import Edit, Evidence, Finding, Fix, Gap, Judged, Location, Report, Status, Verdict
from mlsec_nb.reporters import render
from tests.reporters import sample

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "data" / "sarif" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def run_of(report: Report):
    tree = json.loads(render(report, "sarif"))
    assert [error.message for error in VALIDATOR.iter_errors(tree)] == []
    return tree["runs"][0]


def found(place: Location, **more) -> Judged:
    return Judged(Finding(rule=sample.TORCH, scanner="code", location=place, evidence=Evidence.fact("x"), **more))


def region(place: Location):
    (result,) = run_of(Report(findings=(found(place),)))["results"]
    return result["locations"][0]["physicalLocation"].get("region")


def test_snapshot(report, snapshot):
    assert render(report, "sarif") == snapshot


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_valid_by_the_schema_whatever_strangers_write(text):
    run_of(sample.hostile(text))


@pytest.mark.parametrize("passed", [True, False, None])
def test_an_empty_report_is_valid(passed):
    run = run_of(Report(verdict=Verdict(passed)))
    assert run["invocations"][0]["exitCode"] == Verdict(passed).exit_code
    assert run["results"] == []


def test_a_finding_in_a_notebook_stands_at_its_line_in_the_raw_file_and_in_its_cell(report):
    location = run_of(report)["results"][0]["locations"][0]
    assert location["physicalLocation"]["region"] == {"startLine": 41, "startColumn": 19}
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "notebooks/train.ipynb"
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "notebooks/train.ipynb › cell 3"
    assert location["properties"]["notebook"] == {
        "cell": 3, "cellId": "c0ffee03", "part": "source", "line": 2, "column": 10,
    }  # fmt: skip


def test_a_region_is_only_what_is_known_of_the_raw_file():
    place = Location(path="a.py", line=3, column=2, end_line=4, end_column=1, raw_line=3, raw_column=2)
    assert region(place) == {"startLine": 3, "startColumn": 2, "endLine": 4, "endColumn": 1}
    assert region(place.with_(cell=1, raw_line=70, raw_column=9)) == {"startLine": 70, "startColumn": 9}
    assert region(place.with_(cell=1, raw_line=None)) is None
    assert region(place.with_(member="inner.py")) is None
    assert region(Location(path="a.bin")) is None


def test_fingerprints_are_ours_and_githubs_and_equal_ones_are_numbered():
    twice = found(Location(path="a.py", line=1)), found(Location(path="a.py", line=9))
    prints = [result["partialFingerprints"] for result in run_of(Report(findings=twice))["results"]]
    assert prints[0]["mlsec/v1"] == prints[1]["mlsec/v1"] == twice[0].finding.fingerprint
    assert [one["primaryLocationLineHash"][-2:] for one in prints] == [":1", ":2"]


def test_rules_carry_help_tags_and_a_score(report):
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    torch = next(rule for rule in rules if rule["id"] == "LOAD-TORCH")
    assert torch["properties"]["security-severity"] == "8.0"
    assert torch["properties"]["tags"] == ["security", "external/cwe/cwe-502", "ML06:2023", "AML.T0010"]
    assert torch["helpUri"] == "https://cwe.mitre.org/data/definitions/502.html"
    assert "weights_only=True" in torch["help"]["markdown"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_status_becomes_suppressions_and_baseline_state(report):
    results = run_of(report)["results"]
    assert [one["baselineState"] for one in results] == ["new"] * 6 + ["unchanged"] * 2
    assert [one["suppressions"] for one in results[:-1]] == [[]] * 7
    assert results[-1]["suppressions"] == [
        {"kind": "inSource", "justification": "mlsec: ignore on line 1: a documented example key"}
    ]
    plain = run_of(Report(findings=report.findings[:3]))["results"][0]
    assert not {"baselineState", "suppressions"} & set(plain)


def test_suppressions_from_elsewhere_are_external():
    judged = dataclasses.replace(
        found(Location(path="a.py")), status=Status.SUPPRESSED, reason="ignored by the config: accepted"
    )
    (result,) = run_of(Report(findings=(judged,)))["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "ignored by the config: accepted"}]


def test_gaps_are_notifications_and_a_failed_scanner_is_no_success(report):
    invocation = run_of(report)["invocations"][0]
    assert invocation["executionSuccessful"] is True
    assert [one["level"] for one in invocation["toolExecutionNotifications"]] == [
        "warning",
        "note",
        "warning",
        "warning",
    ]
    failed = Gap(location=Location(path="a"), scanner="code", reason="crash", code="failed")
    assert run_of(Report(gaps=(failed,), verdict=Verdict(False)))["invocations"][0]["executionSuccessful"] is False
    assert run_of(Report(verdict=Verdict(None)))["invocations"][0]["executionSuccessful"] is False


def test_fixes_are_replacements_where_the_lines_of_the_file_are_known(report):
    results = run_of(report)["results"]
    (change,) = results[3]["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [{
        "deletedRegion": {"startLine": 4, "startColumn": 1, "endLine": 4, "endColumn": 7},
        "insertedContent": {"text": "pandas==2.2.3"},
    }]  # fmt: skip
    assert [index for index, one in enumerate(results) if "fixes" in one] == [3]


def test_an_edit_inside_an_archive_is_no_replacement():
    place = Location(path="a.zip", member="x.py", line=1, column=1, end_line=1, end_column=2)
    judged = found(place, fixes=(Fix(title="mend", edits=(Edit(place, "y"),)),))
    assert "fixes" not in run_of(Report(findings=(judged,)))["results"][0]


def test_messages_hold_no_links_or_placeholders():
    judged = found(Location(path="a.py"), message="see [here](https://evil.example) {0}")
    (result,) = run_of(Report(findings=(judged,)))["results"]
    assert result["message"]["text"] == r"see \[here\](https://evil.example) {{0}} (x)"


@pytest.mark.parametrize(
    ("path", "uri", "relative"),
    [
        ("a b/ü#%.py", "a%20b/%C3%BC%23%25.py", True),
        ("/srv/a.py", "file:///srv/a.py", False),
        ("C:\\x\\a.py", "file:///C:%5Cx%5Ca.py", False),
        ("C:/x/a.py", "file:///C:/x/a.py", False),
        ("s3://bucket/a b.py", "s3://bucket/a%20b.py", False),
        ("12:30.ipynb", "12%3A30.ipynb", True),
        ("javascript:x", "javascript%3Ax", True),
        ("../up.py", "../up.py", True),
    ],
)
def test_paths_become_addresses(path, uri, relative):
    (result,) = run_of(Report(findings=(found(Location(path=path)),)))["results"]
    said = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert said["uri"] == uri
    assert ("uriBaseId" in said) is relative


def test_many_findings_of_a_wordy_rule_stay_within_what_forges_take():
    base = sample.findings()[2].finding
    rule = dataclasses.replace(
        sample.TORCH, title="t" * 3_000, why="w" * 3_000, references=tuple(f"LLM{n:02}" for n in range(40))
    )
    judged = tuple(found(base.location.with_(line=number)) for number in range(1, 301))
    tree = json.loads(render(Report(findings=judged, rules={rule.id: rule}), "sarif"))
    (run,) = tree["runs"]
    (said,) = run["tool"]["driver"]["rules"]
    assert len(said["properties"]["tags"]) == 20
    assert len(said["shortDescription"]["text"]) <= 1_024
    assert len({result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]}) == len(
        run["results"]
    )


def test_more_findings_than_a_run_may_hold_make_a_second_run(monkeypatch):
    monkeypatch.setattr("mlsec_nb.reporters.sarif._RESULTS", 2)
    judged = tuple(found(Location(path="a.py", line=number)) for number in range(1, 6))
    tree = json.loads(render(Report(findings=judged), "sarif"))
    assert [error.message for error in VALIDATOR.iter_errors(tree)] == []
    assert [len(run["results"]) for run in tree["runs"]] == [2, 2, 1]
    assert [run["automationDetails"]["id"] for run in tree["runs"]] == ["mlsec/", "mlsec/2/", "mlsec/3/"]
    results = [result for run in tree["runs"] for result in run["results"]]
    assert len({result["partialFingerprints"]["primaryLocationLineHash"] for result in results}) == 5
