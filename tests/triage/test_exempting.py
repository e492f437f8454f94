"""VEX documents and other tools' ignore files: what they reach, why, until when, and what they must not reach."""

import datetime as dt
import json
from pathlib import Path

import pytest

from mlsec_nb import triage
from mlsec_nb.core import Evidence, Finding, Judged, Location, Rule, Severity, Status, UsageError

TODAY = dt.date(2026, 6, 1)


def known(advisory: str = "CVE-2024-1", *aliases: str, path: str = "requirements.txt", package: str = "jinja2",
          version: str = "2.10", ecosystem: str = "PyPI", member: str | None = None, **more: object) -> Judged:  # fmt: skip
    rule = Rule(id="DEP-VULNERABLE", title="t", severity=Severity.HIGH)
    details = {"advisory": advisory, "aliases": list(aliases), "package": package, "version": version,
               "ecosystem": ecosystem, **more}  # fmt: skip
    place = Location(path=path, member=member)
    return Judged(
        Finding(rule=rule, scanner="dependencies", location=place, evidence=Evidence.fact(advisory), details=details)
    )


def judged(root: Path, one: Judged, *documents: str) -> Judged:
    exempt = triage.read_exemptions(root, documents)
    (told,) = triage.apply([one], root=Path.cwd(), today=TODAY, exempt=exempt)
    return told


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


FILES = {
    ".trivyignore": "# not reachable\nCVE-2024-1\n\nCVE-2020-9 exp:2026-06-01 # over\nCVE-2020-8 exp:2026-06-02\n",
    ".trivyignore.yaml": """
vulnerabilities:
  - {id: CVE-2024-1, statement: not reachable, paths: [requirements.txt], purls: ["pkg:pypi/jinja2@2.10"]}
  - {id: CVE-2020-9, expired_at: 2026-06-01}
  - {id: CVE-2020-8, expired_at: 2026-06-02}
""",
    ".grype.yaml": """
ignore:
  - {vulnerability: CVE-2024-1, reason: not reachable, package: {name: jinja2, version: "2.10"}}
  - {vulnerability: CVE-2020-8, fix-state: unknown}
  - {namespace: "github:python"}
  - {}
""",
    "osv-scanner.toml": """
[[IgnoredVulns]]
id = "CVE-2024-1"
reason = "not reachable"
[[IgnoredVulns]]
id = "CVE-2020-9"
ignoreUntil = 2026-06-01
[[IgnoredVulns]]
id = "CVE-2020-8"
ignoreUntil = 2026-06-02T00:00:00Z
""",
    ".safety-policy.yml": """
security:
  ignore-vulnerabilities:
    CVE-2024-1: {reason: not reachable}
    CVE-2020-9: {expires: "2026-06-01"}
report:
  dependency-vulnerabilities:
    auto-ignore-in-report:
      vulnerabilities:
        CVE-2020-8: {expires: "2026-06-02"}
""",
}


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_read_with_reason_and_expiry(here: Path, name: str) -> None:
    (here / name).write_text(FILES[name])
    one = judged(here, known("PYSEC-1", "CVE-2024-1"))  # by alias
    assert (one.status, one.reason) == (Status.SUPPRESSED, f"ignored by {name}: not reachable")
    assert judged(here, known("CVE-2024-2")).status is Status.NEW
    assert judged(here, known("CVE-2020-8", state="unknown")).status is Status.SUPPRESSED
    if name != ".grype.yaml":
        over = judged(here, known("CVE-2020-9"))
        assert (over.status, over.reason) == (Status.NEW, f"an ignore in {name} expired on 2026-06-01")


def test_what_restricts_an_ignore_is_asked_for(here: Path) -> None:
    (here / ".trivyignore.yaml").write_text(FILES[".trivyignore.yaml"])
    assert judged(here, known(path="other.txt")).status is Status.NEW
    assert judged(here, known(package="other")).status is Status.NEW
    assert judged(here, known(version="2.11")).status is Status.NEW
    (here / ".trivyignore.yaml").unlink()
    (here / ".grype.yaml").write_text(FILES[".grype.yaml"])
    assert judged(here, known(version="2.11")).status is Status.NEW
    assert judged(here, known("CVE-2020-8", state="fixed")).status is Status.NEW
    (here / "osv-scanner.toml").write_text('[[PackageOverrides]]\nname = "other"\nignore = true\nreason = "ours"\n')
    assert judged(here, known(package="other")).reason == "ignored by osv-scanner.toml: ours"


def test_numbers_of_safety_and_rules_of_another_tool(here: Path) -> None:
    (here / ".safety-policy.yml").write_text("security: {ignore-vulnerabilities: {39525: {reason: a test}}}")
    assert judged(here, known("CVE-2020-28493", "SFTY-39525")).status is Status.SUPPRESSED
    (here / ".trivyignore").write_text("AVD-DS-0002\n")
    rule = Rule(id="TRIVY-AVD-DS-0002", title="t", severity=Severity.HIGH)
    found = Finding(rule=rule, scanner="trivy", location=Location(path="Dockerfile"), evidence=Evidence.fact("x"),
                    details={"id": "AVD-DS-0002"})  # fmt: skip
    assert judged(here, Judged(found)).reason == "ignored by .trivyignore: (no reason given)"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".trivyignore", "CVE-1 exp:tomorrow"), (".trivyignore.yaml", "- a"), (".trivyignore.yaml", "a: ["),
        (".trivyignore.yaml", "vulnerabilities: {a: 1}"), ("osv-scanner.toml", "a = "), (".grype.yaml", "\0"),
        (".safety-policy.yml", "security: {ignore-vulnerabilities: {1: {expires: soon}}}"), (".grype.yaml", "[" * 5000),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_understood_is_one_clear_line(here: Path, name: str, text: str) -> None:
    (here / name).write_text(text)
    with pytest.raises(UsageError, match=r"cannot be understood"):
        triage.read_exemptions(here)


def openvex(here: Path, *statements: dict[str, object], **more: object) -> str:
    document = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "a", "timestamp": "2026-01-01T00:00:00Z",
                "statements": list(statements), **more}  # fmt: skip
    (here / "v.json").write_text(json.dumps(document))
    return "v.json"


def test_openvex_by_package_and_by_image_with_parts(here: Path) -> None:
    said = {
        "vulnerability": {"name": "CVE-2024-1"},
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
    }
    name = openvex(here, {**said, "products": [{"@id": "pkg:pypi/jinja2@2.10"}]})
    one = judged(here, known("GHSA-1", "CVE-2024-1"), name)
    assert (one.status, one.reason) == (Status.SUPPRESSED, "VEX (v.json): not_affected: vulnerable_code_not_present")
    assert judged(here, known(version="2.11"), name).status is Status.NEW
    assert judged(here, known("CVE-2024-2"), name).status is Status.NEW
    name = openvex(here, {**said, "products": [
        {"@id": "pkg:oci/api?tag=1.2", "subcomponents": [{"@id": "pkg:deb/debian/openssl"}]}]})  # fmt: skip
    inside = {"package": "openssl", "version": "3", "ecosystem": "Debian:12"}
    assert judged(here, known(path="shop/api:1.2", **inside), name).status is Status.SUPPRESSED
    assert judged(here, known(path="shop/api:1.3", **inside), name).status is Status.NEW
    assert judged(here, known(path="shop/web:1.2", **inside), name).status is Status.NEW
    assert judged(here, known(path="shop/api:1.2", **{**inside, "package": "zlib"}), name).status is Status.NEW


def test_the_last_word_of_a_vex_document_counts(here: Path) -> None:
    product = [{"@id": "pkg:pypi/jinja2"}]
    late = {
        "vulnerability": "CVE-2024-1",
        "status": "affected",
        "products": product,
        "timestamp": "2026-05-01T00:00:00Z",
    }
    early = {"vulnerability": "CVE-2024-1", "status": "fixed", "products": product, "timestamp": "2026-02-01T00:00:00Z"}
    assert judged(here, known(), openvex(here, late, early)).status is Status.NEW
    assert judged(here, known(), openvex(here, early)).status is Status.SUPPRESSED
    assert judged(here, known(), openvex(here, {**early, "products": []})).status is Status.NEW
    assert judged(here, known(), openvex(here, {**early, "status": "maybe"})).status is Status.NEW


def test_cyclonedx_analyses_by_reference(here: Path) -> None:
    def document(state: str, ref: str) -> str:
        (here / "c.json").write_text(json.dumps({
            "bomFormat": "CycloneDX", "components": [{"bom-ref": "7", "name": "jinja2", "purl": "pkg:pypi/jinja2@2.10"}],
            "vulnerabilities": [{"id": "X", "references": [{"id": "CVE-2024-1"}], "affects": [{"ref": ref}],
                                 "analysis": {"state": state, "detail": "no user templates"}}]}))  # fmt: skip
        return "c.json"

    for ref in ("7", "urn:cdx:a/1#7", "pkg:pypi/jinja2@2.10", "urn:cdx:a/1#pkg%3Apypi%2Fjinja2%402.10"):
        one = judged(here, known(), document("not_affected", ref))
        assert (one.status, one.reason) == (Status.SUPPRESSED, "VEX (c.json): not_affected: no user templates")
    assert judged(here, known(), document("exploitable", "7")).status is Status.NEW
    assert judged(here, known(), document("not_affected", "8")).status is Status.NEW


def test_qualifiers_that_differ_are_another_package(here: Path) -> None:
    name = openvex(here, {"vulnerability": "CVE-2024-1", "status": "fixed",
                          "products": [{"identifiers": {"purl": "pkg:deb/debian/openssl@3?arch=arm64"}}]})  # fmt: skip
    inside = {"package": "openssl", "version": "3", "ecosystem": "Debian:12"}
    assert judged(here, known(**inside, purl="pkg:deb/debian/openssl@3?arch=amd64"), name).status is Status.NEW
    assert judged(here, known(**inside, purl="pkg:deb/debian/openssl@3?arch=arm64"), name).status is Status.SUPPRESSED


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"bomFormat": "SPDX"}', "[" * 9999])
def test_what_is_no_vex_document_is_one_clear_line(here: Path, text: str) -> None:
    (here / "bad.json").write_text(text)
    with pytest.raises(UsageError, match=r"bad\.json: is n"):
        triage.read_exemptions(here, ["bad.json"])
    with pytest.raises(UsageError, match=r"none\.json"):
        triage.read_exemptions(here, ["none.json"])


@pytest.mark.parametrize("statements", [3, [3], [{"products": 3}], [{"vulnerability": {"name": 3}, "status": "fixed"}],
                                        [{"vulnerability": "CVE-2024-1", "status": "fixed", "products": [3, {}]}]])  # fmt: skip
def test_odd_statements_reach_nothing(here: Path, statements: object) -> None:
    (here / "v.json").write_text(json.dumps({"@context": "openvex", "statements": statements}))
    assert judged(here, known(), "v.json").status is Status.NEW
