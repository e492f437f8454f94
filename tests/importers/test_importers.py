"""Every format: counts as the source has them, places, severities, no secret; and what is broken or hostile."""

import contextlib
import copy
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsec_nb import importers, reporters
from mlsec_nb.core import Report, Status, UsageError
from mlsec_nb.importers import loading
from mlsec_nb.importers import told as told_room
from mlsec_nb.reporters import json as report_json

DATA = Path(__file__).parent / "data"
SECRET = "AK" + "IA" + "QYLPMN5HHHFPZAM2"

# What the source counts: findings (those that are suppressed), gaps, components, the worst severity.
COUNTS = {
    "trivy.json": ("trivy", 7, 2, 0, 3, "critical"),
    "grype.json": ("grype", 3, 1, 0, 3, "high"),
    "syft.json": ("syft", 0, 0, 0, 2, None),
    "osv-scanner.json": ("osv-scanner", 3, 0, 0, 1, "high"),
    "pip-audit.json": ("pip-audit", 2, 0, 1, 2, "medium"),
    "safety.json": ("safety", 2, 1, 0, 2, "medium"),
    "safety-scan.json": ("safety", 2, 1, 0, 2, "medium"),
    "gitleaks.json": ("gitleaks", 2, 0, 0, 0, "high"),
    "trufflehog.json": ("trufflehog", 2, 0, 1, 0, "critical"),
    "bandit.json": ("bandit", 2, 0, 1, 0, "high"),
    "detect-secrets.json": ("detect-secrets", 3, 1, 0, 0, "critical"),
    "modelscan.json": ("modelscan", 2, 0, 2, 0, "critical"),
    "modelaudit.json": ("modelaudit", 2, 0, 2, 0, "critical"),
    "picklescan.txt": ("picklescan", 2, 0, 1, 0, "critical"),
    "fickling.json": ("fickling", 2, 0, 0, 0, "high"),
    "dvc.json": ("dvc", 5, 0, 0, 0, "high"),
    "dvc-data.json": ("dvc", 3, 0, 0, 0, "high"),
    "great-expectations.json": ("great-expectations", 2, 0, 1, 0, "high"),
    "pydantic.json": ("pydantic", 2, 0, 0, 0, "medium"),
    "tfsec.json": ("tfsec", 2, 1, 0, 0, "high"),
    "checkov.json": ("checkov", 3, 1, 1, 1, "high"),
    "hadolint.json": ("hadolint", 2, 0, 1, 0, "high"),
    "zizmor.json": ("zizmor", 2, 1, 0, 0, "high"),
    "zap.json": ("zap", 3, 1, 0, 0, "medium"),
    "schemathesis.json": ("schemathesis", 2, 0, 2, 0, "high"),
    "nuclei.json": ("nuclei", 2, 0, 1, 0, "medium"),
    "conftest.json": ("conftest", 3, 0, 0, 0, "high"),
    "opa.json": ("opa", 3, 0, 0, 0, "critical"),
    "sarif.json": ("semgrep-oss", 4, 1, 1, 1, "critical"),
    "cyclonedx.json": ("cyclonedx", 3, 1, 0, 3, "high"),
    "spdx.json": ("spdx", 0, 0, 0, 2, None),
    "zap.xml": ("zap", 3, 1, 0, 0, "medium"),
    "junit.xml": ("junit", 3, 0, 2, 0, "critical"),
    "checkstyle.xml": ("checkstyle", 2, 0, 0, 0, "high"),
}


def text_of(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8").replace("@SECRET@", SECRET)


def load(name: str) -> Report:
    return importers.load(text_of(name).encode(), "any-name.txt")


def by_rule(report: Report, id_: str):
    return next(one for one in report.findings if one.finding.rule.id == id_)


def test_every_format_has_an_example() -> None:
    seen = {COUNTS[path.name][0] for path in DATA.iterdir()}
    assert seen >= set(importers.FORMATS) - {"sarif"}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_the_source(name: str) -> None:
    tool, findings, suppressed, gaps, components, worst = COUNTS[name]
    report = load(name)
    told = Counter(one.status for one in report.findings)
    assert (len(report.findings), told[Status.SUPPRESSED]) == (findings, suppressed)
    assert len(report.gaps) == gaps, report.gaps
    assert len(report.components) == components
    severities = [one.finding.severity for one in report.findings]
    assert max(severities, key=lambda one: one.rank, default=None) == worst
    assert tool in {one.finding.scanner for one in report.findings} or not findings
    assert all(one.reason for one in report.findings if one.status is Status.SUPPRESSED)


@pytest.mark.parametrize("name", COUNTS)
def test_no_secret_of_a_report_leaves_it_and_it_survives_our_own_format(name: str) -> None:
    report = load(name)
    text = report_json.dump(report)
    assert SECRET not in text
    assert "fc8c5eb194806e31a213f073131e73b0012a0fb5" not in text  # a hash without salt can be guessed
    assert report_json.load(text).findings == report.findings


def test_places_of_lines_members_and_layers() -> None:
    zizmor = by_rule(load("zizmor.json"), "ZIZMOR-TEMPLATE-INJECTION").finding.location
    assert (zizmor.path, zizmor.line, zizmor.column, zizmor.end_column) == (".github/workflows/w.yml", 7, 9, 41)
    trivy = by_rule(load("trivy.json"), "TRIVY-AWS-ACCESS-KEY-ID").finding.location
    assert (trivy.path, trivy.member, trivy.layer) == ("shop/api:1.2", "/app/config.py", "sha256:bb")
    zap = by_rule(load("zap.json"), "ZAP-10038-1").finding
    assert zap.location.path == "http://127.0.0.1:8000/a"
    assert (zap.rule.why, zap.rule.fix) == ("No CSP.", "Set it.")
    bandit = by_rule(load("bandit.json"), "BANDIT-B602").finding
    assert (bandit.location.path, bandit.location.line, bandit.evidence.shown) == (
        "bad.py", 3, "subprocess.call('ls', shell=True)",
    )  # fmt: skip
    model = load("modelscan.json").findings[1].finding.location
    assert (model.path, model.member) == ("net.zip", "net.keras")
    sarif = [one.finding for one in load("sarif.json").findings]
    assert [str(one.location) for one in sarif] == [
        "src/a.py:3:1",
        "src/a.py:9",
        "any-name.txt",
        "/src/requirements.txt:1",
    ]


def test_xml_says_what_json_says() -> None:
    json_, xml = load("zap.json"), load("zap.xml")
    assert [one.finding for one in xml.findings] == [one.finding for one in json_.findings]
    assert xml.targets == json_.targets


def test_tests_that_failed_and_those_that_did_not_look() -> None:
    report = load("junit.xml")
    told = {one.finding.rule.id: one.finding for one in report.findings}
    assert {id_: one.severity for id_, one in told.items()} == {
        "JUNIT-CVE-2024-0001": "critical", "JUNIT-CKV-K8S-22": "low", "JUNIT-SCHEMAS": "medium",
    }  # fmt: skip
    place = told["JUNIT-CKV-K8S-22"].location
    assert (place.path, place.line) == ("/deploy/serve.yaml", 4)
    assert sorted(one.code for one in report.gaps) == ["failed", "skipped"]
    (gap,) = importers.load(b'<testsuite name="a" failures="2"><testcase name="b"/></testsuite>', "x").gaps
    assert gap.reason == "a says 2 failures and errors, and tells 0"
    nested = b"<testsuites>" + b"<testsuite>" * 40 + b"</testsuite>" * 40 + b"</testsuites>"
    assert [one.code for one in importers.load(nested, "x").gaps] == ["malformed"]


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(("words", "why"), [
    (f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "x">{ENTITIES}]><testsuite name="&e11;"/>', "has a document type"),
    ('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><testsuite name="x">&e;</testsuite>', "has a document type"),
    ('<!DOCTYPE testsuite SYSTEM "http://127.0.0.1:1/x.dtd"><testsuite/>', "has a document type"),
    ("<testsuite>" * 5_000, "nested too deep"), ("<a>" + "<b/>" * 1_000_001 + "</a>", "holds too much"),
    ("<testsuite>&none;</testsuite>", "is not XML"), ("<html><body>error 502</body></html>", "is none of the reports"), ("<testsuite", "is not XML"),
])  # fmt: skip
def test_what_xml_can_do_to_its_reader(words: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        importers.load(words.encode(), "x")


def test_a_vulnerability_is_told_as_ours_are() -> None:
    found = by_rule(load("trivy.json"), "TRIVY-VULNERABLE").finding
    assert found.message == (
        "openssl 3.0.11-1: openssl: a buffer is too short (CVE-2024-0001); mended in 3.0.12-1, 3.1.0-1"
    )
    assert {key: found.details[key] for key in ("advisory", "package", "version", "fixed", "cvss", "purl")} == {
        "advisory": "CVE-2024-0001", "package": "openssl", "version": "3.0.11-1", "fixed": ["3.0.12-1", "3.1.0-1"],
        "cvss": 9.8, "purl": "pkg:deb/debian/openssl@3.0.11-1?arch=amd64",
    }  # fmt: skip
    osv = load("osv-scanner.json").findings[0].finding
    assert osv.details["aliases"] == ["PYSEC-2019-217", "CVE-2019-10906"]
    grype = load("grype.json").findings[0].finding
    assert (grype.details["exploited"], grype.details["epss"]) == (True, 0.0003)
    cyclonedx = [one.finding for one in load("cyclonedx.json").findings]
    assert (cyclonedx[0].details["cvss"], cyclonedx[0].details["epss"]) == (8.6, 0.03)
    assert cyclonedx[0].details["fixed"] == ["2.10.1", "2.11"]
    sarif = load("sarif.json").findings[3].finding
    assert (sarif.scanner, sarif.details["package"], sarif.details["fixed"]) == ("trivy", "Jinja2", ["2.10.1"])


def test_what_a_tool_could_not_do_is_a_gap_at_its_place() -> None:
    assert [str(one.location) for one in load("picklescan.txt").gaps] == ["/models/broken.pkl"]
    assert [one.code for one in load("pip-audit.json").gaps] == ["no-advisories"]
    assert [(one.location.path, one.code) for one in load("checkov.json").gaps] == [("broken.tf", "malformed")]
    assert [one.code for one in load("schemathesis.json").gaps] == ["failed", "timeout"]


def test_the_names_of_tools_and_utf16_of_a_windows_shell() -> None:
    data = text_of("hadolint.json").encode("utf-16")
    assert len(importers.load(data, "x").findings) == 2
    one = text_of("nuclei.json").splitlines()[0].encode()
    assert len(importers.load(one, "x").findings) == 1  # a single line is a mapping, not a list


@pytest.mark.parametrize(
    "data",
    [b"", b"   ", b"<OWASPZAPReport>", b"{}", b"[1]", b'{"a": 1}', b"hello", b"\xff\xfe\xff", b"[" * 100_000, b'{"a":' * 100_000,
     b'{"results": [', b'{"runs": 3}', b"null", b"NaN", b'{"matches": []}', b'"text"'],
)  # fmt: skip
def test_what_is_no_report_is_one_clear_line(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"^some\.json: "):
        importers.load(data, "some.json")


@pytest.mark.parametrize("name", [one for one in COUNTS if not one.startswith(("picklescan", "nuclei", "trufflehog"))])
def test_a_report_that_is_cut_is_never_a_smaller_report(name: str) -> None:
    text = text_of(name).strip()
    for part in (len(text) // 3, len(text) // 2, len(text) - 1):
        with pytest.raises(UsageError):
            importers.load(text[:part].encode(), name)


def test_an_empty_list_says_nothing_of_who_looked_unless_that_is_known() -> None:
    assert [one.code for one in importers.load(b"[]", "x").gaps] == ["unreadable"]
    assert not importers.load(b"[]", "x", tool="gitleaks").gaps
    assert not importers.load(b"", "x", tool="trufflehog").gaps
    for data in (b"", b"[]", b"{}"):
        with pytest.raises(UsageError, match="is no report of grype"):
            importers.load(data, "x", tool="grype")
    with pytest.raises(UsageError, match="is no report of trivy"):
        importers.load(b'{"matches": []}', "x", tool="trivy")


def test_entries_that_cannot_be_read_are_counted() -> None:
    report = importers.load(b'[{"RuleID": "x", "StartLine": 1}, 7, null]', "x")
    assert (len(report.findings), [one.reason for one in report.gaps]) == (1, ["2 entries cannot be read"])
    report = importers.load(b'{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Vulnerabilities": "?"}]}', "x")
    assert [one.code for one in report.gaps] == ["malformed"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["\0", "\ud800", "..\\..", "http://a:b@c/?q=1", "1e400", "9" * 400, "<b>" * 9]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


def values_of(name: str) -> object:
    return loading.parsed(text_of(name).encode(), name)[0]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_value_may_be_anything_else(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([one for one in COUNTS if one != "picklescan.txt"]))
    value = copy.deepcopy(values_of(name))
    for _ in range(data.draw(st.integers(1, 4))):
        holder, key = value, None
        for _ in range(data.draw(st.integers(1, 9))):
            inner = holder if key is None else holder[key]
            if not isinstance(inner, dict | list) or not inner:
                break
            holder = inner
            key = data.draw(st.sampled_from(sorted(inner))) if isinstance(inner, dict) else data.draw(
                st.integers(0, len(inner) - 1))  # fmt: skip
        if key is not None:
            holder[key] = data.draw(JUNK)
    try:
        report = importers.load(json.dumps(value).encode(), "x")
    except UsageError:
        return
    report_json.load(report_json.dump(report))


def test_words_stay_and_what_may_be_a_secret_does_not() -> None:
    told = told_room
    for words in ("Use of unsafe operator 'system' from module 'posix'", "urllib3: the Authorization header is kept",
                  "Secret Keyword", "credential persistence, see CVE-2024-1"):  # fmt: skip
        assert told.titled(words) == words
    assert SECRET not in told.titled(f"the key {SECRET} is known")
    assert "hunter2hunter2" not in told.titled("password hunter2hunter2")
    assert told.prose("mended by GHSA-462w-v97r-4m45, and") == "mended by GHSA-462w-v97r-4m45, and"
    assert told.name("k" * 10 + "1" * 30).startswith("…")
    assert "hunter2" not in told.name("git+https://me:hunter2@example.org/a")
    assert told.name("sha256:" + "0" * 64) == "sha256:" + "0" * 64


def test_paths_lose_logins_queries_and_what_is_no_path() -> None:
    plain = told_room.plain_path
    assert plain("http://u:p@host/a?token=x#y") == "http://host/a"
    assert plain("file:///src/a%20b.py") == "/src/a b.py"
    assert plain(".\\src\\a.py") == "src/a.py"
    assert plain("a\0b\ud800") == "ab?"


def test_sarif_of_scanners_of_packages_tells_packages() -> None:
    messages = {
        "CVE-2008-0732-x": "The path a.jar reports log4j at version 1.0.1 which would result in a vulnerable (java) package installed",
        "CVE-2021-2": "Package '@babel/core@7.0.0' is vulnerable to 'CVE-2021-2' (also known as 'GHSA-462w-v97r-4m45').",
    }
    results = [{"ruleId": own, "message": {"text": text}} for own, text in messages.items()]
    value = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": results}]}
    found = [one.finding.details for one in importers.load(json.dumps(value).encode(), "x").findings]
    assert [(one["advisory"], one["package"], one["version"]) for one in found] == [
        ("CVE-2008-0732", "log4j", "1.0.1"), ("CVE-2021-2", "@babel/core", "7.0.0"),
    ]  # fmt: skip
    assert found[1]["aliases"] == ["GHSA-462w-v97r-4m45"]
    assert [one.reason for one in importers.load(b'{"version": "2.1.0", "runs": []}', "x").gaps] == [
        "there is no run in the report: nobody looked"
    ]
    assert importers.load(b'{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}', "x").gaps


OLDER = {
    "gitleaks": ([{"rule": "AWS", "offender": SECRET, "lineNumber": 3, "file": "a.py", "commit": "c"}], 1),
    "trufflehog": ([{"branch": "b", "reason": "High Entropy", "path": "a.py", "stringsFound": [SECRET], "diff": SECRET}], 1),
    "nuclei": ([{"templateID": "t", "info": {"name": "n", "severity": "low"}, "matched": "http://h/"}], 1),
    "trivy": ([{"Target": "a", "Type": "pip", "Vulnerabilities": [{"VulnerabilityID": "CVE-1", "PkgName": "p"}]}], 1),
    "pip-audit": ([{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}], 1),
    "safety": ([["jinja2", "<2.11", "2.10", "Slow. More", "39525", None, None]], 1),
    "grype": ({"matches": [{"vulnerability": {"id": "CVE-1"}, "artifact": {"name": "a", "locations": [{"path": "/x"}]}}]}, 1),
    "checkov": ({"passed": 0, "failed": 0, "checkov_version": "2"}, 0),
    "modelaudit": ({"issues": [], "bytes_scanned": 1, "success": False}, 0),
    "fickling": ({"severity": "SUSPICIOUS", "analysis": "x", "detailed_results": {}}, 1),
    "great-expectations": ({"run_results": {"a": {"validation_result": {"success": False, "results": [
        {"success": False, "expectation_config": {"expectation_type": "x", "kwargs": {}}}]}}, "b": 3}}, 1),
    "syft": ({"artifacts": [{"name": "a", "version": "1"}], "descriptor": {"name": "syft"},
              "source": {"type": "image", "name": "i:1"}}, 0),
    "opa": ({"result": False, "decision_id": "1"}, 1),
    "osv-scanner": ({"results": [], "experimental_config": {}}, 0),
    "tfsec": ({"results": None}, 0),
    "dvc": ({"committed": {"added": ["a"]}, "uncommitted": {}, "unchanged": []}, 1),
}  # fmt: skip


@pytest.mark.parametrize("tool", OLDER)
def test_other_versions_and_forms_of_a_report(tool: str) -> None:
    value, findings = OLDER[tool]
    report = importers.load(json.dumps(value).encode(), "x")
    assert len(report.findings) == findings
    assert {one.finding.scanner for one in report.findings} <= {tool}
    assert SECRET not in report_json.dump(report)


def test_trivy_of_a_cluster_and_checkpoints_of_great_expectations() -> None:
    resource = {"Namespace": "default", "Kind": "Deployment", "Name": "web", "Results": [
        {"Target": "a", "Class": "config", "Misconfigurations": [{"ID": "KSV001", "Title": "t", "Severity": "HIGH", "Status": "FAIL"}]}]}  # fmt: skip
    report = importers.load(
        json.dumps({"ClusterName": "c", "Resources": [resource, {"Error": "no image"}]}).encode(), "x"
    )
    assert [one.finding.location.path for one in report.findings] == ["default/Deployment/web"]
    assert [one.reason for one in report.gaps] == ["no image"]
    many = {"validation_results": [{"success": True, "results": []}, 3], "success": True}
    assert [one.code for one in importers.load(json.dumps(many).encode(), "x").gaps] == ["malformed"]


@pytest.mark.parametrize(
    ("value", "findings", "gaps"),
    [
        ([{"value": True, "text": "data.a.allow"}], 0, 0), ([{"value": False, "text": "data.a.allow"}], 1, 0),
        ([{"value": ["no"], "text": "data.a.deny"}], 1, 0), ([{"value": [], "text": "data.a.deny"}], 0, 0),
        ([{"value": {"allow": False}, "text": "data.a"}], 1, 0), ([{"value": 7, "text": "data.a.x"}], 0, 1),
        ([{"value": {"deny": []}, "text": "data.a"}], 0, 0), ([{"value": [{}], "text": "x"}], 1, 0),
        ([{"value": {"x": "y"}, "text": "data.a"}], 0, 1), ([{}], 0, 1),
    ],
)  # fmt: skip
def test_what_opa_answers(value: object, findings: int, gaps: int) -> None:
    report = importers.load(
        json.dumps({"result": [{"expressions": value}]}).encode(), "x", tool=None if value != [{}] else "opa"
    )
    assert (len(report.findings), len(report.gaps)) == (findings, gaps), report


def test_bills_of_materials_with_files_and_members_and_what_is_nested_too_deep() -> None:
    inner: dict = {"type": "library", "name": "leaf"}
    for _ in range(70):
        inner = {"type": "library", "name": "x", "components": [inner]}
    own = {"type": "file", "name": "w.bin", "evidence": {"occurrences": [{"location": "a.zip!w.bin", "line": 3}]}}
    report = importers.load(json.dumps({"bomFormat": "CycloneDX", "components": [inner, own]}).encode(), "x")
    assert [one.code for one in report.gaps] == ["too-big"]
    assert (report.components[-1].location.path, report.components[-1].location.member) == ("a.zip", "w.bin")
    assert len(report.components) == 66


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_our_own_bills_of_materials_come_back(form: str) -> None:
    report = load("cyclonedx.json")
    again = importers.load(reporters.render(report, form).encode(), "x")
    wanted = {(one.name, one.version, one.purl) for one in report.components if one.kind == "package"}
    assert wanted <= {(one.name, one.version, one.purl) for one in again.components}
    if form == "cyclonedx":
        assert [one.kind for one in again.components].count("model") == 1
        assert {one.finding.details["advisory"] for one in again.findings} == {"CVE-2019-10906", "CVE-2020-28493"}


def test_our_own_sarif_comes_back_with_what_was_judged() -> None:
    report = load("zizmor.json")
    again = importers.load(reporters.render(report, "sarif").encode(), "x")
    assert [(one.status, one.finding.location.line) for one in again.findings] == [
        (one.status, one.finding.location.line) for one in report.findings
    ]


def test_a_report_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_room, "MOST", 3)
    leaks = [{"RuleID": "x", "StartLine": number} for number in range(1, 8)]
    report = importers.load(json.dumps(leaks).encode(), "x")
    assert len(report.findings) == 3
    assert [(one.code, one.reason) for one in report.gaps] == [("too-big", "4 entries over 3 are left out")]


@pytest.mark.parametrize("depth", [500, 900, 50_000])
def test_what_is_nested_too_deep_ends_in_words(depth: int) -> None:
    for start, end in (('{"x":', "}"), ("[", "]")):
        text = '{"result": [{"expressions": [{"value": ' + start * depth + "1" + end * depth + "}]}]}"
        with contextlib.suppress(UsageError):
            importers.load(text.encode(), "x")


def test_half_a_surrogate_is_no_name() -> None:
    text = r'{"dependencies": [{"name": "a\ud800", "version": "\ud800", "vulns": [{"id": "X", "aliases": "\ud800"}]}]}'
    report = importers.load(text.encode(), "x")
    assert [one.name for one in report.components] == ["a?"]
    report_json.dump(report).encode()
