"""Bills of materials: valid by the makers' own validators, and whole."""

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.core import Component, Evidence, Finding, Judged, Location, Report, Rule, Severity, Status
from mlsec_nb.reporters import render
from tests.reporters import sample

RULE = Rule(id="DEP-VULNERABLE", title="A version with a known vulnerability", severity=Severity.HIGH)


def package(name="torch", version="2.1.0", path="requirements.txt", line=3, **properties):
    return Component(name=name, kind="package", version=version, purl=f"pkg:pypi/{name}@{version}",
                     location=Location(path=path, line=line), properties=properties)  # fmt: skip


def vulnerable(status=Status.NEW, reason="", **details):
    told = {"advisory": "GHSA-1", "aliases": ["CVE-2026-1"], "package": "torch", "version": "2.1.0", "fixed": ["2.2.0"],
            "cvss": 9.8, "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "epss": 0.5, **details}  # fmt: skip
    finding = Finding(rule=RULE, scanner="dependencies", location=Location(path="requirements.txt", line=3),
                      evidence=Evidence.fact("torch GHSA-1"), message="torch 2.1.0: code runs", details=told)  # fmt: skip
    return Judged(finding, status, reason)


MODEL = Component(name="m.pt", kind="model", purl="pkg:generic/m.pt", location=Location(path="models/m.pt"),
                  properties={"format": "torch zip", "sha256": "0" * 64, "architecture": "resnet"})  # fmt: skip
DATA = Component(name="train.csv", kind="dataset", location=Location(path="train.csv"), properties={"rows": "3"})
WHOLE = Report(
    components=(package(), package(path="a.ipynb", line=2), package("a", "1", licence="MIT OR Apache-2.0"),
                package("b", "1", licence="Proprietary, ask us"), MODEL, DATA),
    findings=(vulnerable(), vulnerable(Status.SUPPRESSED, "not reached", advisory="GHSA-2", epss=None, cvss=None)),
    targets=("project",), version="1.0",
)  # fmt: skip


def strictly_valid(text):
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None, error


@pytest.mark.parametrize("report", [Report(), WHOLE, sample.report()], ids=["nothing", "whole", "sample"])
def test_cyclonedx_is_valid_by_its_own_schema(report):
    strictly_valid(render(report, "cyclonedx"))


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_strangers_cannot_make_cyclonedx_invalid(text):
    strictly_valid(render(sample.hostile(text), "cyclonedx"))


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=40))
def test_no_text_makes_cyclonedx_invalid(text):
    strictly_valid(render(sample.hostile(text), "cyclonedx"))


def test_snapshots(snapshot, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert render(WHOLE, "cyclonedx") == snapshot(name="cyclonedx")
    assert render(WHOLE, "spdx") == snapshot(name="spdx")


def test_a_component_stands_once_with_all_its_places():
    said = json.loads(render(WHOLE, "cyclonedx"))
    (torch,) = [one for one in said["components"] if one["name"] == "torch"]
    assert [place["location"] for place in torch["evidence"]["occurrences"]] == ["requirements.txt", "a.ipynb"]
    assert {one["type"] for one in said["components"]} == {"library", "machine-learning-model", "data"}
    assert said["vulnerabilities"][0]["affects"] == [
        {"ref": torch["bom-ref"], "versions": [{"version": "2.1.0", "status": "affected"}]}
    ]
    assert [one.get("analysis", {}).get("state") for one in said["vulnerabilities"]] == [None, "not_affected"]


def test_two_models_of_one_name_are_two_components_and_refs_are_unique():
    other = Component(name="m.pt", kind="model", location=Location(path="other/m.pt"), purl="pkg:generic/m.pt")
    again = Component(name="m.pt", kind="file", location=Location(path="x/m.pt"), purl="pkg:generic/m.pt")
    said = json.loads(render(Report(components=(MODEL, other, again)), "cyclonedx"))
    refs = [one["bom-ref"] for one in said["components"]]
    assert len(refs) == len(set(refs)) == 3


def test_spdx_is_valid_by_its_own_library(tmp_path, monkeypatch):
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    path = tmp_path / "x.spdx.json"
    for report in (WHOLE, sample.report(), Report()):
        path.write_text(render(report, "spdx"), encoding="utf-8")
        assert validate_full_spdx_document(parse_file(str(path))) == []


def test_spdx_names_advisories_and_what_contains_what():
    said = json.loads(render(WHOLE, "spdx"))
    (torch,) = [one for one in said["packages"] if one["name"] == "torch"]
    assert [one["referenceType"] for one in torch["externalRefs"]] == ["purl", "advisory", "advisory"]
    kinds = {one["relationshipType"] for one in said["relationships"]}
    assert kinds == {"DESCRIBES", "DEPENDS_ON", "CONTAINS"}
    assert {one["licenseDeclared"] for one in said["packages"] if one["name"] in "ab"} == {"NOASSERTION"}
