import pytest

from mlsec_nb.config import Config
from mlsec_nb.core import Evidence, Finding, Gap, Judged, Location, Rule, Severity, Status
from mlsec_nb.policy.thresholds import verdict

HERE = Location(path="a.ipynb", cell=1, line=1)


def found(severity: Severity, status: Status = Status.NEW) -> Judged:
    rule = Rule(id="CODE-SHELL-TRUE", title="shell", severity=severity)
    return Judged(Finding(rule=rule, scanner="code", location=HERE, evidence=Evidence.fact("x")), status)


def gap(code: str) -> Gap:
    return Gap(location=HERE, scanner="models", reason="could not be read", code=code)


def test_nothing_found_and_all_looked_at_passes():
    assert verdict([], [], Config()).passed is True


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("fail_on", list(Severity))
def test_a_new_finding_at_or_above_the_threshold_fails(severity, fail_on):
    judged = verdict([found(severity)], [], Config(fail_on=fail_on))
    assert judged.passed is not severity.at_least(fail_on)
    assert judged.exit_code == int(severity.at_least(fail_on))


@pytest.mark.parametrize("status", [Status.KNOWN, Status.SUPPRESSED])
def test_known_and_suppressed_findings_do_not_fail(status):
    assert verdict([found(Severity.CRITICAL, status)], [], Config()).passed is True


def test_a_gap_that_is_not_allowed_leaves_it_undecided():
    judged = verdict([], [gap("encrypted"), gap("encrypted"), gap("skipped")], Config())
    assert judged.exit_code == 2
    assert judged.reasons == ("2 parts not looked at (encrypted), first: a.ipynb › cell 1:1: could not be read",)


def test_a_gap_that_is_allowed_does_not():
    assert verdict([], [gap("encrypted")], Config(allow_gaps=("encrypted",))).passed is True
    assert verdict([], [gap("skipped")], Config(allow_gaps=())).exit_code == 2


def test_findings_win_over_gaps_and_both_are_said():
    judged = verdict([found(Severity.HIGH), found(Severity.HIGH), found(Severity.LOW)], [gap("failed")], Config())
    assert judged.exit_code == 1
    assert judged.reasons[0] == "2 new findings at or above medium: 2 high"
    assert "failed" in judged.reasons[1]
