import pytest

from tests.reporters import sample


@pytest.fixture(scope="session")
def report():
    return sample.report()
