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


def test_every_name_that_bandit_knows_opens_the_gate():
    from bandit.core import extension_loader

    from mlsec_nb.scanners.code.bandit import _tools
    from mlsec_nb.scanners.code.rules import catalogue

    known = catalogue().bandit_gate.called
    listed = {name for rows in extension_loader.MANAGER.blacklist.values() for row in rows for name in row["qualnames"]}
    for tests in _tools()[0].b_ts.tests.values():
        for test in tests:
            config = getattr(test, "_config", None) or {}
            listed |= {
                name
                for value in config.values()
                if isinstance(value, list)
                for name in value
                if isinstance(name, str) and "." in name
            }
    assert len(listed) > 100
    assert [name for name in sorted(listed) if known.isdisjoint(name.split("."))] == []


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (("import os as o", "x = 1", "o.spawnvpe(mode, path)"), "B606"),
        (("from Crypto.Cipher import ARC4 as cipher", "c = cipher.new(key)"), "B304"),
        (("from xml.dom import minidom as m", "m.parse(f)"), "B318"),
        (("path = '/tmp1/x'",), "B108"),
        (("def f():\n    try:\n        g()\n    except:\n        pass",), "B110"),
    ],
)
def test_a_name_given_in_another_cell_is_known(audit, cells, rule):
    assert f"BANDIT-{rule}" in {item.rule.id for item in audit(*cells)}
