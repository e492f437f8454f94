"""Every rule finds its bad examples and leaves its good ones alone, in outputs and in code."""

import pytest

from mlsec_nb.core import Part
from mlsec_nb.scanners.secrets.catalogue import built_in
from mlsec_nb.scanners.secrets.examples import expand

SEEDS = range(3)
OTHERS = {"SECRET-PRINTED", "SECRET-DETECTED", "SECRET-KINGFISHER"}  # have tests of their own
RULES = [rule for rule in built_in().rules.values() if rule.id not in OTHERS]


def test_there_are_many_kinds_and_all_say_what_a_reader_needs():
    rules = built_in().rules.values()
    assert len(rules) >= 200
    for rule in rules:
        said = (rule.id.startswith("SECRET-"), rule.title, rule.why, rule.fix, rule.references, rule.bad)
        assert all(said), rule.id


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_bad_examples_are_found_and_good_ones_are_not(rule, scan):
    for seed in SEEDS:
        for example in rule.bad:
            text = expand(example, seed)
            assert rule.id in {finding.rule.id for finding in scan(text)}, text
        for example in rule.good:
            for part in (Part.OUTPUT, Part.CODE):
                text = expand(example, seed)
                assert not scan(text, part=part), text


def test_nothing_of_a_secret_is_shown(scan):
    for rule in RULES:
        for example in rule.bad:
            text = expand(example, 7)
            for finding in scan(text):
                start, end = finding.location.column - 1, finding.location.end_column - 1
                value = text[start:end] if finding.location.line == finding.location.end_line else text[-60:]
                said = f"{finding.evidence} {finding.message} {finding.details} {finding.fixes} {finding.related}"
                assert not any(value[i : i + 12] in said for i in range(24, len(value) - 11)), rule.id
