"""What is planted is found, and what only looks like a secret is not."""

import pytest

from tests.scanners.secrets.measure import measure


@pytest.mark.parametrize(("hard", "recall", "precision"), [(False, 0.99, 0.98), (True, 0.97, 0.98)])
def test_generated_notebooks(hard, recall, precision):
    outcome = measure(range(120), hard=hard)
    assert outcome.planted > 150
    assert outcome.recall >= recall, [planted.source for planted in outcome.missed]
    assert outcome.precision >= precision, outcome.false


@pytest.mark.slow
@pytest.mark.parametrize(("hard", "recall", "precision"), [(False, 0.995, 0.99), (True, 0.985, 0.99)])
def test_many_generated_notebooks(hard, recall, precision):
    outcome = measure(range(10_000, 12_500), hard=hard)
    assert outcome.recall >= recall, [planted.source for planted in outcome.missed]
    assert outcome.precision >= precision, outcome.false
