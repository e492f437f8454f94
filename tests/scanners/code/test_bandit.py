"""Bandit's rule set on cells: at our places, merged with what a rule of ours says."""

import pytest

from mlsec_nb.core import Severity


def test_a_finding_of_bandit_stands_in_its_cell(audit):
    found = [item for item in audit("import random", "x = 1", "y = random.random()") if item.rule.id == "BANDIT-B311"]
    (finding,) = found
    assert (finding.location.cell, finding.location.line, finding.location.column) == (3, 1, 5)
    assert finding.severity is Severity.INFO


def test_imports_of_one_cell_count_in_the_next(audit):
    assert "BANDIT-B310" in {item.rule.id for item in audit("from urllib.request import urlopen as u", "u(address)")}


def test_what_a_rule_of_ours_says_is_said_once(audit):
    found = audit("import pickle\nx = pickle.load(f)\nimport yaml\nyaml.load(f)")
    assert [item.rule.id for item in found] == ["LOAD-PICKLE", "LOAD-YAML", "BANDIT-B403"]


def test_what_our_rule_judged_harmless_is_told_as_information(audit):
    (finding,) = [item for item in audit("import yaml\nyaml.load(f, Loader=own)") if item.rule.id == "LOAD-YAML"]
    assert finding.severity.at_least(Severity.INFO)


def test_nosec_is_honoured_and_noise_stays_below_the_default_threshold(audit):
    assert not audit("assert x  # nosec")
    assert not [
        item for item in audit("assert x\nimport subprocess\nimport pickle") if item.severity.at_least(Severity.LOW)
    ]


def test_a_cell_that_cannot_be_parsed_costs_only_itself(audit):
    found = audit("assert a", "def broken(:", "assert b")
    assert [item.location.cell for item in found if item.rule.id == "BANDIT-B101"] == [1, 3]


@pytest.mark.parametrize(
    "text",
    [
        'password = "letmein"',
        'd["password"] = "letmein"',
        'login(password="letmein")',
        'def f(password="letmein"): pass',
    ],
)
def test_no_password_is_shown(audit, text):
    found = audit(text)
    assert found
    assert all("letmein" not in repr(item) for item in found)
