import hashlib
import json
import pickle
import subprocess
import sys

import pytest

from mlsec_nb.core import Status, UsageError
from mlsec_nb.triage import Foreign, inline, read_baseline, read_foreign

from .planted import PICKLE, SECRET, all_found, file, found, notebook

WORD = "hunter2xyz"


def sha1(word):
    return hashlib.sha1(word.encode()).hexdigest()


def planted(root, **results):
    table = {"version": "1.5.0", "results": results}
    (root / ".secrets.baseline").write_text(json.dumps(table))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judge(document, foreign, rule=SECRET, word=WORD):
    return [(str(one.status), one.reason) for one in inline(document, all_found(document, rule, word), foreign)]


def test_detect_secrets_knows_by_hash_whatever_the_line(here):
    planted(
        here,
        **{
            "a.py": [{"type": "x", "hashed_secret": sha1(WORD), "line_number": 99}],
            "b.py": [{"hashed_secret": sha1("other")}],
        },
    )
    foreign = pickle.loads(pickle.dumps(read_foreign(here)))
    assert judge(file(f"\n\nkey = '{WORD}'"), foreign) == [("known", "stands in .secrets.baseline")]
    assert judge(file(f"key = '{WORD}'", "b.py"), foreign) == [("new", "")]
    assert judge(file(WORD), foreign, PICKLE) == [("new", "")]


@pytest.mark.parametrize(
    "whole",
    [f"'{WORD}'", f"key = '{WORD}'", f"key={WORD}", f"https://user:{WORD}@host/x", f'{{"a": "{WORD}",\n "b": 1}}'],
)
def test_the_secret_is_found_in_a_wider_match(here, whole):
    planted(here, **{"a.py": [{"hashed_secret": sha1(WORD)}]})
    document = file(f"x\n{whole}\n")
    findings = found(SECRET, document.segments[0], whole)
    assert [one.status for one in inline(document, findings, read_foreign(here))] == [Status.KNOWN]


def test_a_secret_that_was_audited_as_real_is_told(here):
    planted(here, **{"a.py": [{"hashed_secret": sha1(WORD), "is_secret": True}]})
    assert judge(file(WORD), read_foreign(here)) == [("new", "")]


def test_the_hashes_never_come_back(here):
    planted(here, **{"n.ipynb": [{"hashed_secret": sha1(WORD)}]})
    foreign = read_foreign(here)
    judged = inline(
        notebook({"source": WORD, "output": WORD}), all_found(notebook({"source": WORD, "output": WORD})), foreign
    )
    assert [one.status for one in judged] == ["known", "known"]
    assert sha1(WORD) not in repr(judged) + repr(foreign)


def test_a_baseline_that_detect_secrets_itself_wrote(here):
    secret = "AK" + "IA" + "Q3EGRTL7ZX52MNVB"
    (here / "a.py").write_text(f"x = 1\nkey = '{secret}'\n")
    made = subprocess.run(
        [sys.executable, "-m", "detect_secrets", "scan", "a.py"], capture_output=True, check=True, text=True, cwd=here
    ).stdout
    (here / ".secrets.baseline").write_text(made)
    document = file(f"# moved\nx = 1\nkey = '{secret}'\n")
    assert judge(document, read_foreign(here), word=secret) == [("known", "stands in .secrets.baseline")]
    assert read_baseline(here / ".secrets.baseline").entries == ()


def test_gitleaks_knows_by_line(here):
    (here / ".gitleaksignore").write_text(
        f"# comment\n\n./sub/a.py:aws-access-token:2\n{'a' * 40}:sub/a.py:aws-access-token:1\nnonsense\nb.py:x:y\n"
    )
    document = file(f"{WORD}\n{WORD}\n{WORD}", "sub/a.py")
    foreign = read_foreign(here)
    assert [status for status, _ in judge(document, foreign)] == ["new", "known", "new"]
    assert judge(document, foreign)[1][1] == "stands in .gitleaksignore"
    assert judge(document, foreign, PICKLE)[1][0] == "new"


def test_paths_are_those_of_the_root(here, monkeypatch):
    planted(here, **{"sub/a.py": [{"hashed_secret": sha1(WORD)}]})
    foreign = read_foreign(here)
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    assert judge(file(WORD, "a.py"), foreign)[0][0] == "known"
    assert judge(file(WORD, f"{here}/sub/a.py"), foreign)[0][0] == "known"


@pytest.mark.parametrize("text", ["{", "[" * 100_000])
def test_what_cannot_be_read_is_said(here, text):
    (here / ".secrets.baseline").write_text(text)
    with pytest.raises(UsageError, match=r"\.secrets\.baseline"):
        read_foreign(here)


@pytest.mark.parametrize(
    "table", [[], {}, {"results": []}, {"results": {"a.py": 7, "b.py": [7, {}, {"hashed_secret": 7}]}}]
)
def test_wrong_shapes_know_nothing(here, table):
    (here / ".secrets.baseline").write_text(json.dumps(table))
    assert not read_foreign(here).hashes


def test_files_that_are_no_files(here):
    (here / ".gitleaksignore").mkdir()
    with pytest.raises(UsageError, match=r"\.gitleaksignore: is a folder"):
        read_foreign(here)
    assert Foreign().knows(all_found(file(WORD))[0], None) is None


def test_only_so_many_words_of_a_match_are_compared(here):
    planted(here, **{"a.py": [{"hashed_secret": sha1(WORD)}]})
    for before, expected in [(20, Status.KNOWN), (500, Status.NEW)]:
        document = file(" ".join(f"word{n}" for n in range(before)) + f" {WORD}")
        (finding,) = found(SECRET, document.segments[0], document.segments[0].text)
        assert [one.status for one in inline(document, [finding], read_foreign(here))] == [expected]


def test_a_finding_without_a_place_in_the_text_is_not_known(here):
    planted(here, **{"a.py": [{"hashed_secret": sha1(WORD)}]})
    document = file(WORD)
    (finding,) = all_found(document)
    for place in (document.segments[0].place, finding.location.with_(line=9, end_line=9)):
        moved = finding.__class__(rule=SECRET, scanner="secrets", location=place, evidence=finding.evidence)
        assert [one.status for one in inline(document, [moved], read_foreign(here))] == [Status.NEW]
