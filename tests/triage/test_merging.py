"""What two scanners, or two tools, say of the same thing, said once."""

from mlsec_nb import triage
from mlsec_nb.core import Evidence, Finding, Judged, Location, Rule, Severity, Status


def finding(rule: str, line: int, *references: str) -> Finding:
    made = Rule(id=rule, title="t", severity=Severity.LOW, references=references)
    place = Location(path="a.py", part="source", line=line)
    return Finding(rule=made, scanner=rule.lower(), location=place, evidence=Evidence.fact("x"))


def test_a_credential_whose_value_was_judged_is_told_once() -> None:
    secret, name, elsewhere = finding("SECRET-X", 1), finding("CODE-PASSWORD", 1, "CWE-259"), finding("C", 2, "CWE-259")
    assert triage.once([name, secret, elsewhere]) == [secret, elsewhere]


def test_other_findings_of_the_same_line_stay() -> None:
    found = [finding("SECRET-X", 1), finding("SECRET-Y", 1, "CWE-798"), finding("LOAD-X", 1, "CWE-502")]
    assert triage.once(found) == found


def known(scanner: str, path: str, advisory: str, *aliases: str, version: str = "2.10", **more: object) -> Judged:
    rule = Rule(id=f"{scanner.upper()}-VULNERABLE", title="t", severity=Severity.MEDIUM)
    details = {"advisory": advisory, "aliases": list(aliases), "package": "Jinja_2", "version": version}
    severity = more.pop("severity", Severity.MEDIUM)
    status = more.pop("status", Status.NEW)
    return Judged(
        Finding(rule=rule, scanner=scanner, location=Location(path=path), evidence=Evidence.fact(advisory),
                severity=severity, details={**details, **more}),
        status,
    )  # fmt: skip


def test_a_vulnerability_that_three_tools_tell_of_is_told_once_with_the_worst_severity() -> None:
    ours = known("dependencies", "a/requirements.txt", "PYSEC-1", "CVE-1")
    trivy = known("trivy", "requirements.txt", "CVE-1", severity=Severity.HIGH)
    audit = known("pip-audit", "report.json", "GHSA-1", "PYSEC-1", unplaced=True)
    (one,) = triage.merged([trivy, audit, ours])
    assert (one.finding.scanner, one.finding.severity) == ("dependencies", Severity.HIGH)
    assert one.finding.details["also"] == ["pip-audit", "trivy"]
    assert one.finding.details["aliases"] == ["CVE-1", "GHSA-1"]


def test_what_is_not_the_same_stays() -> None:
    told = [
        known("trivy", "a/requirements.txt", "CVE-1"),
        known("grype", "b/requirements.txt", "CVE-1"),  # another file
        known("osv-scanner", "a/requirements.txt", "CVE-1", version="3.0"),  # another version
        known("grype", "a/requirements.txt", "CVE-2"),  # another advisory
        known("safety", "a/requirements.txt", "CVE-1", status=Status.SUPPRESSED),  # judged otherwise
        known("trivy", "a/requirements.txt", "CVE-1", place=2),  # the tool itself says it twice
    ]
    assert triage.merged(told) == told


def test_a_secret_that_two_tools_find_in_a_line_is_told_once() -> None:
    def leak(scanner: str, rule: str, line: int, value: str) -> Judged:
        made = Rule(id=rule, title="t", severity=Severity.HIGH, references=("CWE-798",))
        place = Location(path="a.py", line=line)
        return Judged(Finding(rule=made, scanner=scanner, location=place, evidence=Evidence.secret(value, b"k")))

    ours, theirs = leak("secrets", "SECRET-AWS", 3, "one"), leak("gitleaks", "GITLEAKS-AWS", 3, "one")
    others = [leak("gitleaks", "GITLEAKS-AWS", 4, "one"), leak("trufflehog", "TRUFFLEHOG-AWS", 3, "two")]
    told = triage.merged([theirs, ours, *others])
    assert [one.finding.rule.id for one in told] == ["SECRET-AWS", "GITLEAKS-AWS", "TRUFFLEHOG-AWS"]
    assert told[0].finding.details["also"] == ["gitleaks"]


def test_many_findings_of_one_tool_cost_no_time_and_stay() -> None:
    told = [known("trivy", "a", "CVE-1", place=number) for number in range(20_000)]
    assert triage.merged(told) == told


def test_two_of_our_scanners_keep_their_own() -> None:
    told = [known("dependencies", "a", "CVE-1"), known("containers", "a", "CVE-1")]
    assert triage.merged(told) == told
