"""Data against a profile: changes are found and named, resamples are quiet."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from mlsec_nb import cli
from mlsec_nb.config import Config
from mlsec_nb.core import Artifact, Kind, Severity, UsageError
from mlsec_nb.io import tables
from mlsec_nb.io.files import Memory
from mlsec_nb.pipeline import audit, audit_found
from mlsec_nb.scanners.data import drift, profile


def profiled(frame, like=None):
    target = io.BytesIO()
    frame.to_parquet(target)
    with tables.opened(Memory(target.getvalue()), "x.parquet") as table:
        return profile.of(table, like)


def made(seed, n=2000):
    r = np.random.default_rng(seed)
    return pd.DataFrame({
        "age": r.normal(50, 10, n), "amount": r.lognormal(3, 1, n), "wait": r.exponential(5, n), "count": r.poisson(4, n),
        "flag": r.random(n) < 0.02, "shop": r.choice([f"c{i}" for i in range(10)], n), "id": np.arange(n),
        "word": np.char.add("z", r.zipf(1.7, n).clip(max=10**6).astype(str)), "some": np.where(r.random(n) < 0.1, np.nan, r.normal(size=n)),
        "label": r.choice(["a", "b", "c"], n, p=[0.7, 0.25, 0.05]),
    })  # fmt: skip


OLD = made(0)
BEFORE = profiled(OLD)


def found(frame):
    return {(c.rule, c.column) for c in drift.changes(BEFORE, profiled(frame, BEFORE)) if c.severity is not Severity.INFO}


def test_the_same_data_and_resamples_are_quiet():
    assert found(OLD) == set()
    for seed in range(1, 7):
        assert found(made(seed, 2000 if seed % 2 else 900)) == set()
        assert found(OLD.sample(2000, replace=True, random_state=seed)) == set()


R = np.random.default_rng(9)
N = len(OLD)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"age": OLD.age * 2}, ("DATA-DRIFT", "age")),
        ({"amount": OLD.amount * 2}, ("DATA-DRIFT", "amount")),
        ({"wait": OLD.wait * 2}, ("DATA-DRIFT", "wait")),
        ({"count": OLD["count"] * 2}, ("DATA-DRIFT", "count")),
        ({"wait": OLD.wait * 1000}, ("DATA-DRIFT", "wait")),
        ({"age": (OLD.age - 50) * 2 + 50}, ("DATA-DRIFT", "age")),
        ({"shop": R.choice([f"c{i}" for i in range(100)], N)}, ("DATA-CATEGORIES", "shop")),
        ({"shop": [f"c{i}" for i in range(N)]}, ("DATA-CATEGORIES", "shop")),
        ({"shop": OLD["shop"].where(R.random(N) > 0.03, "new")}, ("DATA-CATEGORIES", "shop")),
        ({"shop": OLD["shop"].replace("c3", "c4")}, ("DATA-CATEGORIES", "shop")),
        ({"label": R.choice(["a", "b", "c"], N, p=[0.5, 0.45, 0.05])}, ("DATA-BALANCE", "label")),
        ({"age": OLD.age.where(R.random(N) > 0.1)}, ("DATA-NULLS", "age")),
        ({"amount": OLD.amount.where(R.random(N) > 0.02, -5.0)}, ("DATA-RANGE", "amount")),
        ({"age": OLD.age.where(OLD.index != 7, 99999.0)}, ("DATA-RANGE", "age")),
        ({"age": OLD.age.where(OLD.index != 7, -99999.0)}, ("DATA-RANGE", "age")),
        ({"age": OLD.age.where(OLD.index != 7, np.inf)}, ("DATA-RANGE", "age")),
        ({"age": OLD.age.astype(str)}, ("DATA-SCHEMA", "age")),
        ({"extra": 1}, ("DATA-SCHEMA", "extra")),
    ],
)  # fmt: skip
def test_a_change_is_found_where_it_is(change, expected):
    assert found(OLD.assign(**change)) == {expected}


def test_changes_of_the_table():
    assert found(OLD.drop(columns="wait")) == {("DATA-SCHEMA", "wait")}
    assert found(OLD.iloc[:0]) == {("DATA-ROWS", None)}
    flood = pd.concat([OLD, pd.concat([OLD.iloc[[0]]] * 60)])
    assert found(flood) == {("DATA-REPEATED", None)}
    assert [c.severity for c in drift.changes(BEFORE, profiled(OLD.iloc[:900], BEFORE))] == [Severity.INFO]


def test_edges_of_a_large_table_come_from_a_sample_that_is_always_the_same(monkeypatch):
    monkeypatch.setattr(profile, "_SAMPLE", 1000)
    large = made(3, 20_000)
    sampled = profiled(large)
    assert profile.dump(sampled) == profile.dump(profiled(large))
    age = sampled.column("age")
    assert sum(age.counts) == 20_000  # counted over all rows
    assert all(20_000 / 32 / 2 < count < 20_000 / 32 * 2 for count in age.counts)
    assert list(drift.changes(sampled, profiled(made(4, 20_000), sampled))) == []
    monkeypatch.undo()
    assert age.edges != profiled(large).column("age").edges


def test_a_unit_is_named():
    (change,) = drift.changes(BEFORE, profiled(OLD.assign(wait=OLD.wait * 60), BEFORE))
    assert change.numbers["kind"] == "unit"
    assert change.severity is Severity.HIGH
    (change,) = drift.changes(BEFORE, profiled(OLD.assign(age=OLD.age * 2), BEFORE))
    assert (change.numbers["kind"], "(2 times)" in change.told) == ("mean", True)


def test_a_profile_holds_no_cell_and_is_read_again():
    text = profile.dump(BEFORE)
    assert profile.load(text, "x") == BEFORE
    assert text == profile.dump(profiled(OLD))
    assert len(text) < 30_000
    assert '"c3"' not in text


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"schema": "mlsec-profile/9"}', '{"schema": "mlsec-profile/1", "rows": 1, "repeated": 0, "columns": [{"name": "a", "kind": "number", "edges": ["1); DROP"]}]}',
     '{"schema": "mlsec-profile/1", "rows": 1, "repeated": 0, "columns": [{"nme": "a"}]}', '{"schema": "mlsec-profile/1", "rows": 1, "repeated": 0, "columns": [{"name": "a", "kind": "number", "edges": [NaN]}]}'],
)  # fmt: skip
def test_what_is_no_profile_is_refused(text):
    with pytest.raises(UsageError):
        profile.load(text, "x.json")


def run(capsys, *words):
    code = cli.main(list(words))
    return code, capsys.readouterr()


def test_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    OLD.to_csv("train.csv", index=False)
    OLD.assign(age=OLD.age * 2, shop=R.choice([f"c{i}" for i in range(100)], N)).to_csv("new.csv", index=False)
    code, told = run(capsys, "profile", "train.csv", "-o", "train.profile.json")
    assert (code, "2,000 rows" in told.out) == (0, True)
    assert run(capsys, "data", "train.csv", "--profile", "train.profile.json")[0] == 0
    for words in (("--profile", "train.profile.json"), ("--against", "train.csv")):
        code, told = run(capsys, "data", "new.csv", "-f", "json", *words)
        assert code == 1
        assert {(f["rule"], f["location"]["part"]) for f in json.loads(told.out)["findings"]} == {
            ("DATA-DRIFT", "column age"), ("DATA-CATEGORIES", "column shop"),
        }  # fmt: skip
    assert json.loads(run(capsys, "profile", "train.csv")[1].out)["rows"] == N


def test_mistakes_are_told_in_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "bad.json").write_text("{}")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    for words in (
        ("profile", "missing.csv"), ("profile", "bad.parquet"), ("data", "a.csv", "--profile", "missing.json"),
        ("data", "a.csv", "--profile", "bad.json"),
    ):  # fmt: skip
        code, told = run(capsys, *words)
        assert code == 2, words
    assert "Traceback" not in told.err


def test_ragged_lines_are_a_gap(tmp_path):
    (tmp_path / "old.csv").write_text("a,b\n" + "1,2\n" * 50)
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 30_000 + "1,2,3,4\n" + "1,x\n" * 5)
    report = audit([str(tmp_path / "a.csv")], Config(only=("data",), jobs=1, tables={"data": {"against": str(tmp_path / "old.csv")}}))
    assert [gap.code for gap in report.gaps] == ["malformed"]


def test_a_frame_in_memory_is_held_against_a_profile(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(profile.dump(BEFORE))
    target = io.BytesIO()
    OLD.assign(age=OLD.age * 2).to_parquet(target)
    artifact = Artifact("<df>.parquet", Kind.DATA, Memory(target.getvalue()))
    report = audit_found([artifact], ["df"], Config(only=("data",), jobs=1, tables={"data": {"profile": str(path)}}))
    assert [finding.rule.id for finding in report.new] == ["DATA-DRIFT"]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": pd.Series([], dtype=float)}), pd.DataFrame({"a": [np.nan, np.nan]}), pd.DataFrame({"a": [np.inf, -np.inf, 1]}),
        pd.DataFrame({'q"uo\'te': ["x", None]}), pd.DataFrame({"a": [[1], [2]]}), pd.DataFrame({"a": pd.to_datetime(["2020-01-01", None])}),
        pd.DataFrame({"a": [10**18, -(10**18)]}), pd.DataFrame({"a": [1e308, -1e308, 1e308]}),
    ],
)  # fmt: skip
def test_strange_tables_have_profiles(frame):
    before = profiled(frame)
    assert profile.load(profile.dump(before), "x") == before
    assert list(drift.changes(before, profiled(frame, before))) == []
