"""What two scanners say of the same credential, said once."""

from mlsec_nb import triage
from mlsec_nb.core import Evidence, Finding, Location, Rule, Severity


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
