import json
from pathlib import Path

import pytest

from mlsec_nb.cli import main
from tests.advisories.test_store import EXCERPT


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLSEC_ADVISORIES", str(tmp_path / "store.sqlite"))
    return tmp_path


def test_a_scan_without_a_store_passes_and_says_what_it_did_not_look_up(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "requirements.txt").write_text("pyyaml==3.13\n")
    assert main(["scan", "."]) == 0
    assert "advisories update" in capsys.readouterr().out
    (here / "mlsec.toml").write_text('allow-gaps = ["skipped"]\n')
    assert main(["scan", "."]) == 2


def test_an_imported_store_is_used_and_told_of(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advisories", "import", str(EXCERPT)]) == 0
    assert "37 records" in capsys.readouterr().out
    assert main(["advisories", "status"]) == 0
    assert "PyPI" in capsys.readouterr().out
    (here / "requirements.txt").write_text("pyyaml==3.13\n")
    assert main(["deps", "requirements.txt", "-f", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {one["details"]["advisory"] for one in found if one["rule"] == "DEP-VULNERABLE"} == {
        "PYSEC-2018-49",
        "PYSEC-2021-142",
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["advisories", "status"], "there is no store"),
        (["advisories", "import"], "needs files"),
        (["advisories", "import", "nowhere"], "no such file"),
        (["advisories", "status", "x"], "takes no files"),
        (["advisories", "update", "--offline"], "offline"),
        (["advisories", "serve"], "there is no store"),
    ],
)
def test_mistakes_are_one_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_a_configured_offline_is_never_opened(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "mlsec.toml").write_text("offline = true\n")
    assert main(["advisories", "update", "--mirror", "http://127.0.0.1:1"]) == 2
    assert "this run is offline" in capsys.readouterr().err


def test_a_gate_does_not_pass_without_advisories_unless_it_is_told_to(here: Path) -> None:
    (here / "requirements.txt").write_text("pyyaml==3.13\n")
    (here / "mlsec.toml").write_text('[gates.ci]\nchecks = ["dependencies"]\npolicies = []\n')
    assert main(["gate", "ci", "."]) == 2
    (here / "mlsec.toml").write_text(
        '[gates.ci]\nchecks = ["dependencies"]\nallow-gaps = ["skipped", "no-advisories"]\npolicies = []\n'
    )
    assert main(["gate", "ci", "."]) == 0
