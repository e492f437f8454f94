import dataclasses
import json
import math
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlsec_nb.reporters
from mlsec_nb.core import Evidence, Finding, Judged, Location, Report, Status, UsageError, Verdict
from mlsec_nb.reporters import render
from mlsec_nb.reporters.json import dump, load
from mlsec_nb.reporters.schema import json_schema
from tests.reporters import sample

SCHEMA_FILE = Path(mlsec_nb.reporters.__file__).with_name("report.schema.json")


def without_examples(report: Report) -> Report:
    rules = {name: dataclasses.replace(rule, bad=(), good=()) for name, rule in report.rules.items()}
    judged = []
    for one in report.findings:
        rule = rules[one.finding.rule.id]
        fields = {item.name: getattr(one.finding, item.name) for item in dataclasses.fields(Finding) if item.init}
        judged.append(dataclasses.replace(one, finding=Finding(**{**fields, "rule": rule})))
    return dataclasses.replace(report, rules=rules, findings=tuple(judged))


def test_snapshot(report, snapshot):
    assert render(report, "json") == snapshot


def test_a_report_survives_the_round_trip(report):
    assert load(dump(report)) == without_examples(report)
    assert dump(load(dump(report))) == dump(report)


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_hostile_strings_survive_the_round_trip_and_show_no_control_character(text):
    report = sample.hostile(text)
    said = dump(report)
    assert load(said.encode()) == report
    assert said.isprintable() or set(filter(lambda c: not c.isprintable(), said)) <= {"\n", "\u3000"}


@given(st.text(), st.one_of(st.none(), st.integers(1)), st.sampled_from(Status))
def test_any_finding_survives_the_round_trip(text, number, status):
    place = Location(path=text, member=text or None, cell=number, line=number)
    finding = Finding(rule=sample.NOTE, scanner=text, location=place, evidence=Evidence.fact(text), message=text)
    report = Report(findings=(Judged(finding, status, text),), rules={sample.NOTE.id: sample.NOTE})
    assert load(dump(report)) == report


def test_the_schema_in_the_package_is_the_one_that_the_types_make():
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == json_schema()


def test_the_module_prints_the_schema(capsys):
    import runpy  # noqa: PLC0415

    runpy.run_module("mlsec_nb.reporters", run_name="__main__")
    assert capsys.readouterr().out == SCHEMA_FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("make", [sample.report, Report, lambda: sample.hostile("\ud800\x1b")])
def test_every_report_is_valid_by_the_schema(make):
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(json.loads(dump(make())), json_schema())


def test_keys_that_do_not_apply_are_left_out(report):
    tree = json.loads(dump(report))
    note = next(one for one in tree["findings"] if one["rule"] == "MODEL-UNSIGNED")
    assert note["location"] == {"path": "models/resnet.pt"}
    assert not {"reason", "related", "details"} & set(note)
    assert "null" not in dump(dataclasses.replace(report, findings=(), verdict=Verdict(True)))


def test_the_rules_in_a_report_leave_their_examples_at_home(report):
    assert not any(secret in dump(report) for secret in sample.SECRETS)
    assert all(not {"bad", "good"} & set(rule) for rule in json.loads(dump(report))["rules"].values())


def test_keys_of_a_later_version_are_passed_over(report):
    tree = json.loads(dump(report))
    tree["later"] = tree["findings"][0]["later"] = tree["findings"][0]["location"]["later"] = 1
    assert load(json.dumps(tree)) == load(dump(report))


def test_a_finding_whose_rule_is_not_in_the_table_brings_its_own(report):
    tree = json.loads(dump(report))
    tree["rules"] = {}
    rule = load(json.dumps(tree)).findings[0].finding.rule
    assert (rule.id, rule.title) == ("SECRET-HUGGINGFACE", "A Hugging Face token stands in the clear")


def test_the_fingerprint_is_kept_as_it_was_written(report):
    tree = json.loads(dump(report))
    tree["findings"][0]["fingerprint"] = "kept"
    assert load(json.dumps(tree)).findings[0].finding.fingerprint == "kept"


def test_details_that_json_cannot_say_are_told_as_strings(report):
    finding = Finding(
        rule=sample.NOTE, scanner="data", location=Location(path="x"), evidence=Evidence.fact("x"),
        details={"nan": math.nan, "set": {3, 1}, "path": Path("a"), "tuple": (1, None, 2.5)},
    )  # fmt: skip
    tree = json.loads(dump(Report(findings=(Judged(finding),))))
    assert tree["findings"][0]["details"] == {"nan": "nan", "set": [1, 3], "path": "a", "tuple": [1, None, 2.5]}


def _broken(path, value):
    tree = json.loads(dump(sample.report()))
    node = tree
    for key in path[:-1]:
        node = node[key]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return json.dumps(tree)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a report"),
        ('{"schema": 3}', "not a report"),
        ('{"version": "2.1.0", "runs": []}', "not a report"),
        ('{"schema": "mlsec-report/2"}', "'mlsec-report/2'"),
        ('{"schema": "mlsec-report/1"}', "report.tool is missing"),
        (b"\xff\xfe\xfa", "not JSON"),
        (_broken(["findings"], {}), "report.findings must be a list"),
        (_broken(["findings", 2], 7), "report.findings[2] must be an object"),
        (_broken(["findings", 1, "severity"], "fatal"), "report.findings[1].severity must be one of critical"),
        (_broken(["findings", 1, "location", "line"], True), "report.findings[1].location.line must be integer"),
        (_broken(["findings", 1, "location", "path"], ...), "report.findings[1].location.path is missing"),
        (_broken(["findings", 1, "location", "line"], 0), "count from 1"),
        (_broken(["rules"], []), "report.rules must be an object"),
        (_broken(["verdict", "passed"], "yes"), "report.verdict.passed must be boolean or null"),
    ],
)
def test_what_is_not_ours_is_said_in_one_line(text, said):
    with pytest.raises(UsageError) as error:
        load(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
