import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.rego import BudgetError, Limits, Policy
from mlsec_nb.rego.regex import RegexError, UnsupportedRegexError, compile_regex
from mlsec_nb.rego.regex.automaton import Automaton
from mlsec_nb.rego.regex.syntax import Parser


def free(_steps):
    pass


def first(pattern, text):
    spans = compile_regex(pattern).search(text, 0, free)
    return None if spans is None else text[slice(*spans[0])]


@pytest.mark.parametrize(
    ("pattern", "text", "match"),
    [
        ("a+?b", "xaab", "aab"),
        ("(?i)straße|ABC", "xabc", "abc"),
        (r"\bfoo\b", "a foo.", "foo"),
        (r"^b$", "a\nb\nc", None),
        (r"(?m)^b$", "a\nb\nc", "b"),
        (r"a$", "a\n", None),
        (r".", "\n", None),
        (r"(?s).", "\n", "\n"),
        (r"[[:digit:]]{2,3}", "a1234", "123"),
        (r"[^[:alpha:]]+", "ab12c", "12"),
        (r"\pL+", "1äß2", "äß"),
        (r"\p{Greek}", "aβ", "β"),
        (r"\P{L}", "a1", "1"),
        (r"\x41\x{1F600}", "A\U0001f600", "A\U0001f600"),
        (r"\Qa.b\E+", "xa.bbb", "a.bbb"),
        (r"(?:a|ab)(?:c|bcd)", "abcd", "abcd"),
        (r"(?U)a+", "aaa", "a"),
        (r"(?P<x>a)(?<y>b)", "ab", "ab"),
        (r"[a\-z]+", "a-z", "a-z"),
        (r"[]a]+", "]a", "]a"),
        (r"\d", "٣", None),
        (r"\w+", "ä", None),
        (r"(a|b)*c", "ababc", "ababc"),
        (r"((?:a{2}){2,3})+x", "aaaaaaaaaax", "aaaaaaaaaax"),
        (r"", "abc", ""),
    ],
)
def test_what_matches(pattern, text, match):
    assert first(pattern, text) == match


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[", "a**", "*", r"(?=a)", r"(?<=a)", r"(a)\1", "a{1001}", "a{2,1}", r"\Z", "[z-a]", r"\8", "(?P<a>x)(?P<a>y)",
     "[[:nope:]]", r"\p", "a" + "\\", "(?", r"\x{110000}"],
)  # fmt: skip
def test_what_is_no_pattern(pattern):
    with pytest.raises(RegexError):
        compile_regex(pattern)


@pytest.mark.parametrize("pattern", [r"\p{Klingon}", r"\C"])
def test_what_cannot_be_run_is_an_error_and_not_undefined(pattern):
    with pytest.raises(UnsupportedRegexError):
        compile_regex(pattern)
    with pytest.raises(Exception, match="not supported"):
        Policy.load({"a.rego": "package a\np if not regex.match(input.p, input.s)\n"}).eval(
            "data.a.p", {"p": pattern, "s": "x"}
        )


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*)*x", "(a?){30}a{30}", "(?:a|b|ab)*c"])
def test_hostile_patterns_take_bounded_time(pattern):
    started = time.perf_counter()
    compile_regex(pattern).search("a" * 2000 + "!", 0, free)
    assert time.perf_counter() - started < 5


def test_a_match_that_costs_too_much_is_an_error():
    policy = Policy.load({"a.rego": "package a\np if regex.match(`(a+)+$`, input)\n"}, limits=Limits(steps=10_000))
    with pytest.raises(BudgetError):
        policy.eval("data.a.p", "a" * 100_000)


ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w", "(a)", "(?:ab)", "(a|b)"])
PATTERNS = st.lists(
    st.tuples(ATOMS, st.sampled_from(["", "", "?", "*", "+", "{1,2}", "*?"])).map("".join), max_size=5
).map("".join)


@given(PATTERNS, st.text("abc\n", max_size=8))
def test_the_automaton_finds_what_python_finds(pattern, text):
    parser = Parser(pattern)
    found = Automaton(parser.parse(), parser.groups).search(text, 0)
    expected = re.compile(pattern, re.ASCII).search(text)
    assert (found[0] if found else None) == (expected.span() if expected else None)


@given(PATTERNS, st.text("abc\n", max_size=8))
def test_both_ways_of_matching_agree(pattern, text):
    regex = compile_regex(pattern)
    spans = regex.search(text, 0, free)
    parser = Parser(pattern)
    other = Automaton(parser.parse(), parser.groups).search(text, 0)
    assert (spans[0] if spans else None) == (other[0] if other else None)
