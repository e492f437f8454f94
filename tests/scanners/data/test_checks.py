"""Suites that a team has already: asked of a table, and nothing passes that could not be asked."""

import json
from pathlib import Path

import pytest

from mlsec_nb.config import Config
from mlsec_nb.core import UsageError
from mlsec_nb.pipeline import audit
from mlsec_nb.scanners.data.suites import load

TABLE = "id,age,name\n1,30,ann\n2,40,bob\n2,-5,\n4,50,c3po\n"


def told(folder, suite):
    (folder / "a.csv").write_text(TABLE)
    (folder / "suite.json").write_text(json.dumps(suite))
    tables = {"data": {"checks": str(folder / "suite.json")}}
    report = audit([str(folder / "a.csv")], Config(only=("data",), jobs=1, tables=tables))
    return len(report.new), [gap.code for gap in report.gaps]


def expect(kind, **kwargs):
    return {"expectations": [{"type": f"expect_{kind}", "kwargs": kwargs}]}


@pytest.mark.parametrize(
    ("suite", "fails"),
    [
        (expect("column_to_exist", column="age"), 0), (expect("column_to_exist", column="gone"), 1),
        (expect("column_values_to_not_be_null", column="name"), 1), (expect("column_values_to_not_be_null", column="name", mostly=0.7), 0),
        (expect("column_values_to_be_null", column="age"), 1),
        (expect("column_values_to_be_unique", column="id"), 1), (expect("column_values_to_be_unique", column="age"), 0),
        (expect("column_values_to_be_between", column="age", min_value=0), 1), (expect("column_values_to_be_between", column="age", min_value=-5, max_value=50), 0),
        (expect("column_values_to_be_between", column="age", min_value=-5, strict_min=True), 1),
        (expect("column_values_to_be_in_set", column="name", value_set=["ann", "bob"]), 1), (expect("column_values_to_not_be_in_set", column="name", value_set=["eve"]), 0),
        (expect("column_values_to_match_regex", column="name", regex="^[a-z]+$"), 1), (expect("column_values_to_not_match_regex", column="name", regex="z"), 0),
        (expect("column_value_lengths_to_be_between", column="name", max_value=3), 1), (expect("column_value_lengths_to_equal", column="id", value=1), 0),
        (expect("table_row_count_to_be_between", min_value=4, max_value=9), 0), (expect("table_row_count_to_equal", value=5), 1),
        ({"expectations": [{"expectation_type": "expect_column_to_exist", "kwargs": {"column": "gone"}}]}, 1),
        ({"fields": [{"name": "age", "constraints": {"minimum": 0, "required": True}}, {"name": "name", "constraints": {"pattern": "[a-z]"}}]}, 2),
        ({"fields": [{"name": "age", "type": "integer"}, {"name": "name", "type": "number"}]}, 1),
        ({"properties": {"age": {"type": "integer", "maximum": 45}, "id": {"minimum": 1}}, "required": ["age", "zip"]}, 1),
    ],
)  # fmt: skip
def test_a_check_fails_when_it_should(tmp_path, suite, fails):
    assert told(tmp_path, suite) == (fails, [])


# What Great Expectations 1.24.1 said of TABLE as a pandas frame.
VERDICTS = json.loads(Path(__file__).with_name("gx_verdicts.json").read_text())


def test_verdicts_are_those_of_great_expectations(tmp_path):
    assert {entry["success"] for entry in VERDICTS} == {True, False}
    for entry in VERDICTS:
        assert told(tmp_path, {"expectations": [entry]}) == (0 if entry["success"] else 1, []), entry


@pytest.mark.parametrize(
    "suite",
    [
        expect("column_min_to_be_between", column="age", min_value=0, mostly=0.5),
        expect("column_max_to_be_between", column="age"), expect("column_mean_to_be_between", column="name", min_value=0),
        expect("column_kl_divergence_to_be_less_than", column="age", threshold=0.1), expect("column_values_to_be_between", column="age"),
        expect("column_values_to_be_between", column="age", min_value={"$PARAMETER": "x"}), expect("column_values_to_match_regex", column="name", regex="(?<=a)b"),
        expect("column_values_to_be_between", column="age", min_value=0, row_condition="id > 1"), expect("column_values_to_be_in_set", column="age", value_set=[]),
        expect("column_values_to_be_unique"), {"expectations": [7]}, expect("table_row_count_to_equal"), expect("column_values_to_be_null", column="age", mostly="x"),
        {"properties": {"age": {"type": ["integer", "null"]}}},
        {"fields": [{"name": "age", "constraints": {"strange": 1}}]},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_gap(tmp_path, suite):
    assert told(tmp_path, suite) == (0, ["unsupported"])


@pytest.mark.parametrize("text", ["", "[]", "{}", "7"])
def test_what_is_no_suite_is_refused(text):
    with pytest.raises(UsageError):
        load(text, "suite.json")
