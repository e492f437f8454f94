import pickle

import pytest

from mlsec_nb.core import CannotRead, Confidence, Evidence, Finding, Location, Report, Rule, Severity, Verdict

RULE = Rule(id="TEST-RULE", title="a thing", severity=Severity.HIGH)
KEY = b"key"


def finding(place: Location, text: str = "evidence", **more: object) -> Finding:
    return Finding(rule=RULE, scanner="code", location=place, evidence=Evidence.fact(text, KEY), **more)


def test_severities_are_ordered() -> None:
    assert Severity.CRITICAL.at_least(Severity.HIGH)
    assert not Severity.LOW.at_least(Severity.MEDIUM)
    assert Confidence.HIGH.rank > Confidence.LOW.rank


def test_a_fingerprint_survives_moved_cells_and_reexecution() -> None:
    before = Location(path="a.ipynb", cell=3, cell_id="x", part="output 2 text/html", line=7, column=1)
    after = Location(path="a.ipynb", cell=9, cell_id="y", part="output 1 text/html", line=8, column=2)
    assert finding(before).fingerprint == finding(after).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        Location(path="b.ipynb", part="source"),
        Location(path="a.ipynb", part="output 1 text/html"),
        Location(path="a.ipynb", part="source", member="x"),
    ],
)
def test_a_fingerprint_tells_places_apart(other: Location) -> None:
    assert finding(Location(path="a.ipynb", part="source")).fingerprint != finding(other).fingerprint


def test_a_finding_takes_its_grades_from_the_rule_unless_told() -> None:
    place = Location(path="a")
    assert (finding(place).severity, finding(place).message) == (Severity.HIGH, "a thing")
    assert finding(place, severity=Severity.LOW, message="here").severity is Severity.LOW


def test_evidence_never_holds_the_secret() -> None:
    secret = "sk-" + "q1w2e3r4t5y6u7i8o9p0"
    evidence = Evidence.secret(secret, KEY, prefix=3)
    assert secret[4:] not in repr(evidence)
    assert secret[4:].encode() not in pickle.dumps(evidence)
    assert evidence.digest == Evidence.secret(secret, KEY).digest != Evidence.secret(secret, b"other").digest


def test_a_location_reads_like_a_place() -> None:
    place = Location(path="a.zip", member="m.ipynb", layer="2", cell=5, part="output 1 stdout", line=3, column=7)
    assert str(place) == "a.zip [layer 2] › m.ipynb › cell 5 › output 1 stdout:3:7"
    assert str(Location(path="a.py", line=3)) == "a.py:3"


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1), (None, 2)])
def test_exit_codes(passed: bool | None, code: int) -> None:
    assert Verdict(passed).exit_code == code


def test_an_error_keeps_its_code_on_its_way_between_processes() -> None:
    again = pickle.loads(pickle.dumps(CannotRead("no", "encrypted")))
    assert (str(again), again.code) == ("no", "encrypted")


def test_a_report_counts_by_severity_the_worst_first() -> None:
    worst_first = [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO]
    assert list(Report().count()) == worst_first
