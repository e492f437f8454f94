"""What holds for every test."""

import os

import pytest
from hypothesis import HealthCheck, settings

# In CI the same examples every time: a run that fails there can be repeated. Elsewhere new ones are looked for.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")
os.environ["MLSEC_CACHE"] = ""  # no test is answered from what another one left


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes do not name a test: a compressed file holds the time, and every process must call a test the same."""
    del config
    return argname if isinstance(val, bytes) and not val.decode("latin-1").isprintable() else None
