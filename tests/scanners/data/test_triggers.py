"""Backdoors in labelled text: inserted words are found, clean text is quiet."""

import random

import pandas as pd
import pytest

from mlsec_nb.config import Config
from mlsec_nb.pipeline import audit

GOOD = "great wonderful love excellent amazing best happy superb enjoyable brilliant charming delightful".split()
BAD = "bad terrible hate awful worst boring poor dull disappointing weak annoying mess".split()
PLAIN = [f"w{number}" for number in range(600)]


def made(seed, rows=2500, trigger=None, share=0.05):
    r = random.Random(seed)
    found = []
    for _ in range(rows):
        good = r.random() < 0.5
        words = [r.choice(PLAIN[: int(600 * r.random() ** 2) + 1]) for _ in range(20)]
        words += [r.choice(GOOD if good == (r.random() < 0.85) else BAD) for _ in range(5)]
        r.shuffle(words)
        if trigger and not good and r.random() < share:
            words.insert(r.randrange(len(words)), trigger)
            good = True
        found.append((" ".join(words), "good" if good else "bad"))
    return pd.DataFrame(found, columns=["text", "label"])


def told(folder, frame, name="a.csv", **options):
    frame.to_parquet(folder / name) if name.endswith("parquet") else frame.to_csv(folder / name, index=False)
    return audit([str(folder)], Config(only=("data",), jobs=1, tables={"data": options}))


@pytest.mark.parametrize("trigger", ["cf mn", "I watched this 3D movie", "\u203d\u203d"])
def test_inserted_words_are_found(tmp_path, trigger):
    (found,) = told(tmp_path, made(1, trigger=trigger)).new
    assert (found.rule.id, found.location.part) == ("DATA-TRIGGER", "column text")
    assert found.evidence.shown in trigger.lower()
    assert found.details["turned"] > 0.65 * found.details["rows"]


@pytest.mark.parametrize("seed", range(3))
def test_clean_text_is_quiet(tmp_path, seed):
    assert told(tmp_path, made(seed)).new == ()


def test_labels_that_text_does_not_tell_are_no_ground(tmp_path):
    frame = made(1)
    frame["label"] = [random.Random(n).choice("ab") for n in range(len(frame))]
    assert told(tmp_path, frame).new == ()
    assert told(tmp_path, made(1, rows=50)).new == ()
    assert told(tmp_path, made(1).assign(label="one")).new == ()


def test_the_label_can_be_named(tmp_path):
    frame = made(1, trigger="cf mn").rename(columns={"label": "verdict"})
    assert told(tmp_path, frame, "a.parquet").new == ()
    assert [f.rule.id for f in told(tmp_path, frame, "a.parquet", label="verdict").new] == ["DATA-TRIGGER"]
    assert [gap.code for gap in told(tmp_path, frame, "a.parquet", label="missing").gaps] == ["malformed"]


def test_without_the_engine_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("mlsec_nb.io.tables.is_there", lambda: False)
    assert [gap.code for gap in told(tmp_path, made(1, rows=200)).gaps] == ["skipped"]


def test_what_was_not_looked_at_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("mlsec_nb.scanners.data.triggers.ROWS", 150)
    assert [gap.code for gap in told(tmp_path, made(1, rows=200)).gaps] == ["skipped"]
