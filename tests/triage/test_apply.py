import datetime as dt
from dataclasses import replace

import pytest

from mlsec_nb.config import Ignore
from mlsec_nb.core import Judged, Status, UsageError
from mlsec_nb.triage import apply, baseline_of, new_baseline

from .planted import PICKLE, SECRET, all_found, file

TODAY = dt.date(2026, 6, 1)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(path="a/b.py", rule=SECRET, text="hunter2xyz"):
    return [Judged(finding) for finding in all_found(file(text, path), rule)]


def status(ignore, path="a/b.py", **options):
    (one,) = apply(judged(path), None, [ignore], today=TODAY, **options)
    return one.status, one.reason


def ignore(*paths, rules=("*",), expires=None):
    return Ignore(paths=paths, rules=rules, reason="fixtures", expires=expires)


@pytest.mark.parametrize("pattern", ["a/b.py", "a/", "*.py", "**/b.py", "**", "/a/*"])
def test_paths_are_patterns_relative_to_the_root(here, pattern):
    assert status(ignore(pattern)) == (Status.SUPPRESSED, "ignored by the config: fixtures")
    assert status(ignore(pattern), f"{here}/a/b.py", root=here)[0] is Status.SUPPRESSED


@pytest.mark.parametrize("pattern", ["b/", "/b.py", "a/b.pyc", "*.ipynb"])
def test_other_paths_are_not_meant(pattern):
    assert status(ignore(pattern)) == (Status.NEW, "")


@pytest.mark.parametrize(
    ("pattern", "meant"), [("app.tar/opt/", True), ("**/keys.py", True), ("opt/", True), ("keys/", False)]
)
def test_a_file_in_an_image_is_meant_as_if_that_were_a_folder(pattern, meant):
    (one,) = judged("app.tar")
    inside = replace(one.finding, location=one.finding.location.with_(member="opt/keys.py", layer="sha256:1"))
    (told,) = apply([Judged(inside)], None, [ignore(pattern)], today=TODAY)
    assert (told.status is Status.SUPPRESSED) is meant


def test_a_target_outside_of_the_root_is_named_from_there(here):
    assert status(ignore("/x/b.py"), f"{here.parent}/x/b.py", root=here)[0] is Status.NEW
    assert status(ignore("../x/b.py"), f"{here.parent}/x/b.py", root=here)[0] is Status.SUPPRESSED


def test_rules_are_globs_or_scanners():
    for rules in (("SECRET-*",), ("secrets",), ("X", "secret-aws-access-key")):
        assert status(ignore("**", rules=rules))[0] is Status.SUPPRESSED
    assert status(ignore("**", rules=("LOAD-*", "code")))[0] is Status.NEW


def test_the_date_counts_and_is_told():
    assert status(ignore("**", expires=TODAY))[0] is Status.SUPPRESSED
    assert status(ignore("**", expires=dt.date(2026, 5, 31))) == (
        Status.NEW,
        "an ignore of the config expired on 2026-05-31",
    )


def test_what_was_judged_stays_and_ignores_come_before_the_baseline(here):
    (new,) = judged()
    before = Judged(new.finding, Status.SUPPRESSED, "mine")
    baseline = baseline_of([new], new_baseline(here))
    assert apply([before], baseline, [ignore("**")], here) == [before]
    assert apply([new], baseline, [ignore("**")], here)[0].status is Status.SUPPRESSED
    assert apply([new], baseline, [ignore("x")], here)[0].status is Status.KNOWN
    told = Judged(new.finding, Status.NEW, "expired")
    assert apply([told], None, [ignore("**", expires=dt.date(2020, 1, 1))], here) == [told]
    assert apply([], baseline) == []
    assert apply(judged(rule=PICKLE), baseline, (), here)[0].status is Status.NEW


def test_a_wrong_pattern_is_wrong_usage():
    with pytest.raises(UsageError, match=r"ignore\.paths"):
        status(ignore("!"))


def test_a_remote_path_is_as_it_is(here):
    assert status(ignore("*.py"), "s3://bucket/x.py", root=here)[0] is Status.SUPPRESSED
