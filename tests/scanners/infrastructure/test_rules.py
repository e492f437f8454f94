"""Every rule finds its bad examples and leaves its good ones alone."""

import re

import pytest

from mlsec_nb.scanners.infrastructure.checks import catalogue

RULES = list(catalogue().rules.values())
NEEDS_FILES = {"IAC-DOCKER-COPY-ALL"}  # found by what lies beside it


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_bad_examples_are_found(rule, audit):
    assert rule.bad or rule.id in NEEDS_FILES
    for text in rule.bad:
        assert rule.id in {finding.rule.id for finding in audit(text)}, text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_good_examples_are_quiet(rule, audit):
    assert rule.good
    for text in rule.good:
        assert rule.id not in {finding.rule.id for finding in audit(text)}, text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_tells_why_how_and_where_to_read_more(rule):
    assert re.fullmatch(r"IAC(-[A-Z0-9]+)+", rule.id)
    assert rule.why
    assert rule.fix
    assert any(reference.startswith("CWE-") for reference in rule.references)
