"""The product audits itself; what is accepted stands in tests/self-audit.toml, with reasons."""

from pathlib import Path

import pytest

from mlsec_nb import config, pipeline
from mlsec_nb.core import Severity, Status

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_mlsec_passes_its_own_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    chosen = config.load(ROOT / "tests/self-audit.toml").with_(root=ROOT, jobs=2)
    report = pipeline.audit(["mlsec_nb", "binder", "extension/src", "pyproject.toml", "action.yml", "Makefile"], chosen)
    grave = [
        one for one in report.findings if one.status is Status.NEW and one.finding.severity.at_least(Severity.MEDIUM)
    ]
    assert [(one.finding.rule.id, str(one.finding.location)) for one in grave] == []
    assert report.verdict.passed, report.verdict.reasons
    assert len(report.artifacts) > 300
