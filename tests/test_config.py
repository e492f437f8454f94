import datetime as dt
from pathlib import Path

import pytest

from mlsec_nb import config
from mlsec_nb.core import Severity, UsageError


def load(tmp_path: Path, text: str) -> config.Config:
    path = tmp_path / "mlsec.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def test_no_file_means_every_default() -> None:
    chosen = config.load(None)
    assert chosen.fail_on is Severity.MEDIUM
    assert chosen.offline is None
    assert chosen.is_offline


def test_every_option_is_read(tmp_path: Path) -> None:
    chosen = load(
        tmp_path,
        """
        fail-on = "high"
        allow_gaps = ["too-big"]
        only = ["secrets"]
        exclude = ["third_party/**"]
        baseline = "b.json"
        jobs = 3
        offline = false
        [limits]
        text_bytes = 10
        [[ignore]]
        paths = ["tests/**"]
        rules = ["LOAD-*"]
        reason = "made to be found"
        expires = 2027-01-31
        [secrets]
        depth = 2
        """,
    )
    assert chosen.fail_on is Severity.HIGH
    assert (chosen.jobs, chosen.offline, chosen.limits.text_bytes) == (3, False, 10)
    assert chosen.ignores[0].expires == dt.date(2027, 1, 31)
    assert chosen.settings("secrets").options == {"depth": 2}
    assert chosen.settings("code").options == {}
    assert chosen.root == tmp_path.resolve()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fail_on = 'awful'", "fail_on must be one of"),
        ("fail_onn = 'high'", "fail_onn is not an option"),
        ("jobs = true", "jobs must be a whole number"),
        ("jobs = -1", "jobs must be a whole number"),
        ("only = 'secrets'", "only must be a list of strings"),
        ("offline = 1", "offline must be true or false"),
        ("baseline = 1", "baseline must be a string"),
        ("limits = 3", "limits must be a table"),
        ("[limits]\nbytes = 3", "limits.bytes is not a limit"),
        ("[limits]\ndepth = 0", "limits.depth must be a number above 0"),
        ("ignore = 1", "must be an array of tables"),
        ("[[ignore]]\nrules = ['A']", "ignore[0] needs a reason"),
        ("[[ignore]]\nreason = 'r'\nexpires = 'soon'", "ignore[0].expires must be a date"),
        ("[[ignore]]\nreason = 'r'\nrule = 'A'", "ignore[0].rule is not an option"),
        ("x = [", "mlsec.toml"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def test_the_nearest_file_is_found_up_to_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "mlsec.toml").write_text("", encoding="utf-8")
    assert config.find(inner) == tmp_path / "mlsec.toml"
    (tmp_path / "repo" / ".git").mkdir()
    assert config.find(inner) is None
    (inner.parent / "pyproject.toml").write_text("[tool.mlsec]\nfail_on = 'low'\n", encoding="utf-8")
    found = config.find(inner)
    assert found == inner.parent / "pyproject.toml"
    assert config.load(found).fail_on is Severity.LOW


def test_options_given_in_python_are_checked() -> None:
    assert config.checked({"only": "secrets", "fail_on": "low", "exclude": ["a"]}) == {
        "only": ("secrets",), "fail_on": Severity.LOW, "exclude": ("a",),
    }  # fmt: skip
    with pytest.raises(UsageError, match="no option is called 'onyl'"):
        config.checked({"onyl": "secrets"})
    with pytest.raises(UsageError, match="fail_on must be"):
        config.checked({"fail_on": "awful"})


def test_what_was_not_given_does_not_replace() -> None:
    chosen = config.Config(jobs=2).with_(jobs=None, offline=False)
    assert (chosen.jobs, chosen.offline) == (2, False)


@pytest.mark.parametrize(
    ("said", "closed", "closed_when_asking"), [(None, True, False), (True, True, True), (False, False, False)]
)
def test_only_what_nobody_closed_is_opened(said, closed, closed_when_asking):
    chosen = config.Config(offline=said)
    assert chosen.is_offline is chosen.settings("secrets").offline is closed
    assert chosen.asking().is_offline is closed_when_asking
