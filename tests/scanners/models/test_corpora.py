"""The two corpora: what real libraries write is safe, what attackers write is dangerous."""

import pytest

from mlsec_nb.core import Gap
from tests.scanners.models import benign, malicious
from tests.scanners.models.kit import DANGEROUS, LOOK, SAFE, findings, grade, scan


def told(name, items):
    return name, [(f.rule.id, f.message) for f in findings(items)]


def benign_outcomes(full):
    outcomes = {SAFE: [], LOOK: [], DANGEROUS: [], "gap": []}
    for name, data in benign.files(full):
        items = scan(data, name)
        outcomes[grade(items)].append(told(name, items))
        if any(isinstance(item, Gap) for item in items):
            outcomes["gap"].append((name, [item.reason for item in items if isinstance(item, Gap)]))
    return outcomes


def malicious_outcomes(full):
    outcomes = {SAFE: [], LOOK: [], DANGEROUS: []}
    for name, data in malicious.files(full):
        items = scan(data, name)
        outcomes[grade(items)].append(told(name, items))
    return outcomes


def test_no_everyday_file_is_dangerous_or_needs_a_look():
    outcomes = benign_outcomes(full=False)
    assert (outcomes[DANGEROUS], outcomes[LOOK], outcomes["gap"]) == ([], [], [])
    assert len(outcomes[SAFE]) > 150


@pytest.mark.slow
def test_no_file_of_any_library_is_dangerous_and_few_need_a_look():
    outcomes = benign_outcomes(full=True)
    count = sum(len(outcomes[outcome]) for outcome in (SAFE, LOOK, DANGEROUS))
    assert count >= 250
    assert outcomes[DANGEROUS] == []
    assert len(outcomes[LOOK]) <= 0.03 * count, outcomes[LOOK]
    assert outcomes["gap"] == []


@pytest.mark.parametrize("full", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_malicious_file_is_caught(full):
    outcomes = malicious_outcomes(full)
    count = sum(len(names) for names in outcomes.values())
    assert outcomes[SAFE] == []
    assert count >= (400 if full else 200)
    assert len(outcomes[DANGEROUS]) >= 0.98 * count or not full, outcomes[LOOK]
    assert len(outcomes[LOOK]) <= 8, outcomes[LOOK]
