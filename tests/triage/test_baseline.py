import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.core import Evidence, Finding, Judged, Location, Status, UsageError
from mlsec_nb.triage import Baseline, apply, baseline_of, new_baseline, read_baseline, show_baseline, write_baseline

from .planted import KEY, PICKLE, SCANNERS, SECRET

ROOT = Path("/somewhere/that/is/not")


def finding(word="one", path="n.ipynb", rule=SECRET, cell=1, part="source", line=1):
    place = Location(
        path=f"{ROOT}/{path}", cell=cell, cell_id=f"id{cell}", part=part, line=line, column=1, raw_line=line * 3
    )
    return Finding(rule=rule, scanner=SCANNERS[rule.id], location=place, evidence=Evidence.secret(word, KEY))


def new(found):
    return [Judged(one) for one in found]


def statuses(found, baseline):
    return [one.status for one in apply(new(found), baseline)]


SAME = st.tuples(
    st.sampled_from(["one", "two", "three"]), st.sampled_from(["n.ipynb", "a/m.ipynb"]), st.sampled_from([SECRET, PICKLE]),
    st.sampled_from(["source", "output {} text/plain", "output {} text/html", "metadata"]),
)  # fmt: skip
MOVED = st.tuples(st.integers(1, 50), st.integers(1, 999), st.integers(1, 9))


def made(same, moved):
    word, path, rule, part = same
    cell, line, output = moved
    return finding(word, path, rule, cell, part.format(output), line)


@settings(deadline=None)
@given(st.lists(st.tuples(SAME, MOVED, MOVED), max_size=12), st.randoms())
def test_running_moving_and_reordering_bring_nothing_back(notes, random):
    baseline = baseline_of(new(made(same, before) for same, before, _ in notes), new_baseline(ROOT))
    after = [made(same, moved) for same, _, moved in notes]
    random.shuffle(after)
    assert set(statuses(after, baseline)) <= {Status.KNOWN}


@settings(deadline=None)
@given(st.lists(SAME, max_size=12), st.lists(SAME, max_size=12))
def test_just_what_is_more_than_before_is_new(before, after):
    place = (1, 1, 1)
    baseline = baseline_of(new(made(same, place) for same in before), new_baseline(ROOT))
    expected = sum((Counter(after) - Counter(before)).values())
    assert statuses([made(same, place) for same in after], baseline).count(Status.NEW) == expected


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(SAME, MOVED), max_size=12), st.randoms())
def test_the_file_is_the_same_whatever_the_order_and_comes_back_the_same(tmp_path_factory, notes, random):
    folder = tmp_path_factory.mktemp("b")
    found = new(made(*note) for note in notes)
    empty = new_baseline(ROOT)
    write_baseline(folder / "one", baseline_of(found, empty))
    random.shuffle(found)
    baseline = baseline_of(found, empty)
    write_baseline(folder / "two", baseline)
    assert (folder / "one").read_bytes() == (folder / "two").read_bytes()
    assert read_baseline(folder / "one") == baseline


def test_the_file_can_be_read_by_people_and_holds_no_places(tmp_path):
    path = tmp_path / "b.json"
    write_baseline(path, baseline_of(new([finding("s3cr3t-word", cell=77, line=88)] * 2), new_baseline(ROOT)))
    text = path.read_text()
    table = json.loads(text)
    assert [(e["path"], e["rule"], e["count"]) for e in table["entries"]] == [("n.ipynb", SECRET.id, 2)]
    assert len(bytes.fromhex(table["key"])) == 32
    assert "s3cr3t" not in text
    assert text.count("\n") == 7
    write_baseline(path, Baseline(b"k" * 32))
    assert json.loads(path.read_text())["entries"] == []


def test_two_baselines_share_no_digest():
    one, two = (baseline_of(new([finding()]), new_baseline(ROOT)) for _ in range(2))
    assert one.entries[0].digest != two.entries[0].digest


def test_an_update_forgets_what_was_mended_and_keeps_what_was_not_looked_at(tmp_path):
    def there(word, name="n.ipynb"):
        return Finding(
            rule=SECRET,
            scanner="secrets",
            location=Location(path=f"{tmp_path}/{name}"),
            evidence=Evidence.secret(word, KEY),
        )

    (tmp_path / "other.ipynb").touch()
    before = [
        there("one"),
        there("two"),
        there("three", "other.ipynb"),
        there("five", "gone.ipynb"),
        there("six", "../x://y"),
    ]
    old = baseline_of(new(before), new_baseline(tmp_path))
    told = replace(old, entries=tuple(replace(entry, reason="ours") for entry in old.entries))
    updated = baseline_of(new([there("one"), there("four")]), told, [f"{tmp_path}/n.ipynb"])
    write_baseline(tmp_path / "b", updated)
    assert read_baseline(tmp_path / "b") == updated
    after = apply(new([there("one"), there("two"), there("four"), *before[2:]]), read_baseline(tmp_path / "b"))
    assert [one.status for one in after] == ["known", "new", "known", "known", "new", "known"]
    assert [one.reason for one in after][:3] == ["stands in the baseline: ours", "", "stands in the baseline"]
    assert len(baseline_of(new([there("one")]), told).entries) == 1


def test_one_more_of_the_same_can_be_accepted(tmp_path):
    (tmp_path / "n.ipynb").touch()
    place = Location(path=f"{tmp_path}/n.ipynb")
    same = Finding(rule=SECRET, scanner="secrets", location=place, evidence=Evidence.secret("one", KEY))
    once = baseline_of(new([same]), new_baseline(tmp_path), scanned=())
    twice = baseline_of(new([same]), once, scanned=())
    assert [one.status for one in apply(new([same] * 3), twice)] == ["known", "known", "new"]


def test_what_is_suppressed_needs_no_baseline():
    judged = [Judged(finding("a"), Status.SUPPRESSED, "why"), Judged(finding("b"), Status.KNOWN), Judged(finding("c"))]
    assert len(baseline_of(judged, new_baseline(ROOT)).entries) == 2


def test_the_folder_in_which_one_stands_does_not_matter(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    absolute = finding()
    baseline = baseline_of(
        [Judged(absolute.__class__(rule=SECRET, scanner="secrets", location=Location(path=f"{tmp_path}/sub/n.py"), evidence=absolute.evidence))],
        new_baseline(tmp_path),
    )  # fmt: skip
    monkeypatch.chdir(tmp_path / "sub")
    relative = absolute.__class__(
        rule=SECRET, scanner="secrets", location=Location(path="n.py"), evidence=absolute.evidence
    )
    assert apply(new([relative]), baseline)[0].status is Status.KNOWN


GOOD = {
    "schema": "mlsec-baseline/1",
    "key": "00" * 32,
    "entries": [{"path": "a", "rule": "R", "digest": "d", "count": 1}],
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": "mlsec-baseline/9"}, "no baseline of this version"),
        ({"key": "zz"}, "damaged"),
        ({"key": 7}, "damaged"),
        ({"key": "00"}, "no key"),
        ({"entries": 7}, "damaged"),
        ({"entries": [7]}, "damaged"),
        ({"entries": [{"path": "a", "rule": "R", "digest": "d", "count": 0}]}, "damaged"),
        ({"entries": [{"path": "a", "rule": "R", "digest": "d", "count": True}]}, "damaged"),
        ({"entries": [{"path": 1, "rule": "R", "digest": "d", "count": 1}]}, "damaged"),
        ({"entries": [{}]}, "damaged"),
    ],
)
def test_a_file_that_is_none_is_wrong_usage(tmp_path, change, says):
    path = tmp_path / "b.json"
    path.write_text(json.dumps(GOOD))
    assert len(read_baseline(path).entries) == 1
    path.write_text(json.dumps(GOOD | change))
    with pytest.raises(UsageError, match=says):
        read_baseline(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "[" * 100_000])
def test_text_that_is_no_baseline(tmp_path, text):
    (tmp_path / "b").write_text(text)
    with pytest.raises(UsageError):
        read_baseline(tmp_path / "b")


def test_a_baseline_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="not there"):
        read_baseline(tmp_path / "none")


def test_it_can_be_shown():
    assert show_baseline(new_baseline(ROOT)) == "the baseline is empty"
    shown = show_baseline(
        baseline_of(new([finding(), finding(), finding(path="b.py", rule=PICKLE)]), new_baseline(ROOT))
    )
    assert shown.splitlines() == [
        "1  LOAD-PICKLE            b.py",
        "2  SECRET-AWS-ACCESS-KEY  n.ipynb",
        "3 known findings in 2 files",
    ]
