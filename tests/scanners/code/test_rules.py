"""Every rule finds its bad examples and leaves its good ones alone."""

import re

import pytest

from mlsec_nb.core import Severity
from mlsec_nb.scanners.code.rules import catalogue, expand

RULES = list(catalogue().rules.values())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_bad_examples_are_found(rule, audit):
    assert rule.bad
    for text in rule.bad:
        assert rule.id in {finding.rule.id for finding in audit(text)}, text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_good_examples_are_quiet(rule, audit):
    assert rule.good
    for text in rule.good:
        loud = [
            finding for finding in audit(text) if finding.rule.id == rule.id and finding.severity is not Severity.INFO
        ]
        assert not loud, text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_tells_why_how_and_where_to_read_more(rule):
    assert re.fullmatch(r"[A-Z]+(-[A-Z0-9]+)+", rule.id)
    assert rule.why
    assert rule.fix
    assert any(reference.startswith("CWE-") for reference in rule.references)


def test_braces_stand_for_every_choice():
    assert expand("{a,b}.x.{c,d}") == ["a.x.c", "a.x.d", "b.x.c", "b.x.d"]
    assert expand("plain.name") == ["plain.name"]
