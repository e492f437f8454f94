"""Rules as data, and the loop that finds them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.core import UsageError
from mlsec_nb.scanners.matchers import ENGINES, Plain, best, chosen, fold
from mlsec_nb.scanners.patterns import Joined, Matcher, matches, parse, to_pattern
from mlsec_nb.scanners.secrets.catalogue import built_in
from mlsec_nb.scanners.secrets.examples import expand
from tests.scanners.secrets.generator import notebook

ROW = {"id": "X-KEY", "title": "key", "severity": "high", "keywords": ["k_"], "pattern": "k_[a-z]{4}"}


def found(row, text):
    return [text[match.start : match.end] for match in Matcher([to_pattern(row)]).find(text)]


def test_a_pattern_stands_between_borders():
    assert found(ROW, "k_abcd xk_abcd k_abcde (k_efgh) \\nk_ijkl %3Dk_mnop") == ["k_abcd", "k_efgh", "k_ijkl", "k_mnop"]


def test_a_group_is_the_secret():
    assert found({**ROW, "pattern": "k_(?P<secret>[a-z]{4})"}, "k_abcd") == ["abcd"]
    assert found({**ROW, "pattern": "(k_)([a-z]{4})", "group": 2, "borders": False}, "k_abcd") == ["abcd"]
    assert found({**ROW, "pattern": "k_([a-z]{4})", "fold": True, "borders": False}, "K_ k_abcd") == ["abcd"]


def test_a_window_reaches_back():
    assert found({**ROW, "pattern": "[a-z]{3}k_[a-z]{4}", "window": [8, 16]}, "abck_abcd") == ["abck_abcd"]


def test_case_is_ignored_where_the_rule_says_so():
    assert found({**ROW, "ignore_case": True}, "K_ABCD") == ["K_ABCD"]
    assert not found(ROW, "K_ABCD")


def test_a_rule_without_keywords_is_tried_everywhere():
    assert found({**ROW, "keywords": []}, "a k_abcd") == ["k_abcd"]


def test_nothing_matches_across_the_border_of_two_texts():
    joined = Joined.of(["k_ab", "cd k_abcd"])
    pattern = to_pattern({**ROW, "pattern": r"k_[^x]{4,9}", "borders": False})
    spans = [(match.start, match.end) for match in Matcher([pattern]).find(joined.text)]
    assert all(joined.locate(start)[0] == joined.locate(end - 1)[0] for start, end in spans)
    assert joined.locate(joined.starts[1]) == (1, joined.starts[1])


def test_matches_do_not_overlap():
    pattern = to_pattern({**ROW, "keywords": ["a"], "pattern": "a+", "borders": False})
    assert [(m.start, m.end) for m in matches(pattern, "aaaa", [0, 1, 2, 3])] == [(0, 4)]


@pytest.mark.parametrize(("text", "words"), [
    (b"rule = 3", "written as"), (b"rule = [1]", "written as"), (b"a =", "x.toml"), (b"\xff", "x.toml"),
])  # fmt: skip
def test_a_file_that_is_wrong_is_one_clear_line(text, words):
    with pytest.raises(UsageError, match=words):
        parse("x.toml", text)


@pytest.mark.parametrize(("change", "words"), [
    ({"severity": "awful"}, "awful"), ({"title": None}, "title"), ({"pattern": 3}, "pattern"), ({"keywords": [""]}, "keywords"), ({"pattern": "(", "checked": True}, "pattern"),
])  # fmt: skip
def test_a_rule_that_is_wrong_is_one_clear_line(change, words):
    with pytest.raises(UsageError, match=words):
        to_pattern({**ROW, **change})


def test_defaults_of_a_file_hold_for_its_rules():
    (row,) = parse("x.toml", b'severity = "low"\n[[rule]]\nid = "A"\n')
    assert row == {"severity": "low", "id": "A"}


@given(st.text())
def test_folding_keeps_the_length(text):
    assert len(fold(text)) == len(text)


WORDS = ("ghp_", "key", "ke", "://", "Пароль", "aa")


def test_many_words_are_found_like_few():
    many = (*WORDS, "k", *(f"w{number:02}" for number in range(80)))
    text = "aaaa key ghp_ :// kekey Пароль w00 w079 kk"
    expected = {(m.start(), i) for i, word in enumerate(many) for m in re.finditer(f"(?={re.escape(word)})", text)}
    assert set(Plain(many).find(text)) == expected


@pytest.mark.parametrize("engine", [Plain, *ENGINES.values()], ids=lambda engine: engine.__name__)
def test_an_engine_finds_every_place_of_every_word(engine):
    text = "aaaa key ghp_ :// kekey Пароль \U0001f600 ghp_"
    expected = {
        (match.start(), index)
        for index, word in enumerate(WORDS)
        for match in re.finditer(f"(?={re.escape(word)})", text)
    }
    assert set(engine(WORDS).find(text)) == expected


@pytest.mark.parametrize("engine", [Plain, *ENGINES.values()], ids=lambda engine: engine.__name__)
@pytest.mark.parametrize(
    "text", ["KEY Key kEy", "\u212aey KEY", "\u212aey " * 300, "\u0130 key пароль ПАРОЛЬ", "\xc9 \xe9 key"]
)
def test_an_engine_finds_folded_words_in_any_case(engine, text):
    folded = ("key", "пароль", "\xe9")
    expected = {
        (match.start(), 1 + index)
        for index, word in enumerate(folded)
        for match in re.finditer(word, text.replace("\u0130", "I").lower())
    }
    assert set(engine(("nothing",), folded).find(text)) == expected


@pytest.mark.parametrize("engine", ENGINES.values(), ids=lambda engine: engine.__name__)
def test_all_engines_give_the_same_matches(engine):
    patterns = built_in().patterns
    texts = [expand(example, seed) for pattern in patterns for example in pattern.rule.bad for seed in range(2)]
    texts += [notebook(seed, hard=bool(seed % 2)).data.decode("utf-8", "replace") for seed in range(40)]
    one, other = Matcher(patterns, Plain), Matcher(patterns, engine)
    for text in texts:
        assert [(m.pattern.rule.id, m.start, m.end) for m in one.find(text)] == [
            (m.pattern.rule.id, m.start, m.end) for m in other.find(text)
        ]


def test_an_engine_is_chosen_by_name():
    assert chosen("stdlib") is Plain
    assert chosen("auto") is best()
    assert chosen("hyperscan") is ENGINES["hyperscan"]


@pytest.mark.parametrize("text", ["eyJ" + "a" * 50_000, "-----BEGIN PRIVATE KEY-----" + "A\\n" * 30_000, "://" * 20_000, "token " * 20_000, "password=" * 20_000, "sk-" * 30_000, '"' * 50_000,
                                  "cookie: " + "session=" * 10_000, "curl -u " * 8_000, "mysql " * 10_000 + "-p", "Basic " * 20_000, "a.b" * 30_000, 'username": "' * 6_000])  # fmt: skip
def test_no_pattern_runs_away(text):
    import time

    start = time.process_time()
    list(Matcher(built_in().patterns, Plain).find(text))
    assert time.process_time() - start < 3
