import json
from pathlib import Path
from typing import Any

import pytest

from mlsec_nb.advisories.updating import import_
from mlsec_nb.core import Finding, Gap, Severity, UsageError
from tests.advisories.test_store import record
from tests.scanners.dependencies.kit import scan


@pytest.fixture
def store(tmp_path: Path) -> str:
    records = [
        record("GHSA-1", "CVE-2026-1", package="torch", events=({"introduced": "0"}, {"fixed": "2.2.0"}),
               database_specific={"severity": "HIGH"}, summary="Loading a model runs code"),
        record("GHSA-2", package="torch", events=({"introduced": "0"}, {"fixed": "2.3.0"}),
               database_specific={"severity": "LOW"}),
        record("GHSA-3", package="torch", events=({"introduced": "2.3.0"}, {"fixed": "2.3.1"})),
        record("PYSEC-9", package="old", events=({"introduced": "0"}, {"fixed": "9"})),
        record("MAL-2026-1", package="evil"),
        record("GHSA-n", package="left-pad", ecosystem="npm", events=({"introduced": "0"}, {"fixed": "2.0.0"})),
    ]  # fmt: skip
    (tmp_path / "records.json").write_text(json.dumps(records))
    import_(tmp_path / "store.sqlite", [tmp_path / "records.json"])
    return str(tmp_path / "store.sqlite")


def told(*cells: str, store: str, **options: Any) -> list[Finding]:
    said = scan(*cells, advisories=store, **{"max-age-days": 100_000, **options})
    return [item for item in said if isinstance(item, Finding) and item.rule.id in {"DEP-VULNERABLE", "DEP-MALICIOUS"}]


def test_a_known_vulnerability_in_a_cell_is_told_with_the_version_that_mends_all(store: str) -> None:
    found = told("!pip install -q \\\n    'torch==2.1.0+cpu'", store=store)
    assert [(one.severity, one.details["advisory"]) for one in found] == [
        (Severity.HIGH, "GHSA-1"),
        (Severity.LOW, "GHSA-2"),
    ]
    assert found[0].message == "torch 2.1.0+cpu: Loading a model runs code (GHSA-1); mended in 2.2.0"
    assert found[0].details["aliases"] == ["CVE-2026-1"]
    (fix,) = found[0].fixes
    (edit,) = fix.edits
    assert edit.replacement == "torch==2.3.0"
    assert (edit.location.line, edit.location.column, edit.location.end_column) == (2, 6, 22)


def test_a_record_that_nobody_rated_is_medium(store: str) -> None:
    (found,) = told("old==1", store=store, path="requirements.txt")
    assert found.severity is Severity.MEDIUM


def test_malware_is_told_with_and_without_a_version(store: str) -> None:
    assert [one.rule.id for one in told("!pip install evil", "!pip install evil==3", store=store)] == [
        "DEP-MALICIOUS"
    ] * 2


def test_other_ecosystems_are_asked_under_their_names(store: str) -> None:
    (found,) = told("!npm i left-pad@1.0.0", store=store)
    assert found.fixes[0].edits[0].replacement == "left-pad@2.0.0"


def test_a_hashed_line_is_not_changed_because_the_hash_would_be_wrong(store: str) -> None:
    found = told(f"torch==2.1.0 --hash=sha256:{'0' * 64}", store=store, path="requirements.txt")
    assert found
    assert not any(one.fixes for one in found)


def gaps(*cells: str, **options: Any) -> list[Gap]:
    return [item for item in scan(*cells, **options) if isinstance(item, Gap)]


def test_what_could_not_be_looked_up_is_a_gap_that_says_why(store: str, tmp_path: Path) -> None:
    (none,) = gaps("!pip install a==1 b==2", advisories=str(tmp_path / "none"))
    assert none.code == "no-advisories"
    assert "2 PyPI packages not looked up" in none.reason
    (conda,) = gaps("!conda install a=1", advisories=store, **{"max-age-days": 100_000})
    assert conda.code == "no-advisories"
    lock = '[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+https://example.com"\n'
    (cargo,) = gaps(lock, path="Cargo.lock", advisories=store, **{"max-age-days": 100_000})
    assert "crates.io" in cargo.reason
    (stale,) = gaps("!pip install a==1", advisories=store, **{"max-age-days": 1})
    assert stale.code == "stale"
    assert "2026-01-01" in stale.reason
    assert gaps("!pip install a", advisories=str(tmp_path / "none")) == []


@pytest.mark.parametrize("options", [{"advisories": 3}, {"max-age-days": 0}, {"max-age-days": "x"}])
def test_a_mistake_in_the_options_is_said(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        scan("x", **options)
