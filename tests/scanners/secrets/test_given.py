"""Rules of the user's own, and those of other tools read as they are."""

import re

import pytest

from mlsec_nb.config import Settings
from mlsec_nb.core import UsageError
from mlsec_nb.scanners.secrets import kingfisher
from mlsec_nb.scanners.secrets.examples import expand
from mlsec_nb.scanners.secrets.go_patterns import translate
from mlsec_nb.scanners.secrets.scanner import build

OURS = """
severity = "high"
[[rule]]
id = "ACME-KEY"
title = "Acme key"
keywords = ["acme-"]
pattern = 'acme-[0-9a-z]{24}'
"""
GITLEAKS = """
title = "ours"
[allowlist]
regexes = ['''acme_test_.*''']
stopwords = ["EXAMPLE"]
[[rules]]
id = "acme-token"
description = "Acme token"
regex = '''(?i)[\\w.-]{0,50}?(?:acme)(?:[ \\t\\w.-]{0,20})[\\s'"]{0,3}(?:=|:)[\\s'"]{0,3}(acme_[a-z]{4}_(?-i)[0-9a-f]{24})\\b'''
entropy = 2.5
keywords = ["ACME"]
[[rules]]
id = "path-only"
path = '''\\.pem$'''
"""
KINGFISHER = """
rules:
  - name: Acme service key
    id: kingfisher.acme.1
    pattern: |
      (?xi)
      \\b
      (
        acs_[[:alnum:]]{24}
      )
      \\b
    min_entropy: 3.0
    confidence: medium
"""


@pytest.fixture
def scan_with(tmp_path, scan):
    def run(name, rules, text):
        path = tmp_path / name
        path.write_text(rules)
        return scan(text, rules=[str(path)])

    return run


def test_our_own_form(scan_with):
    (finding,) = scan_with("rules.toml", OURS, expand("x acme-{lower:24}", 1))
    assert finding.rule.id == "ACME-KEY"


def test_gitleaks(scan_with):
    token = expand("acme_live_{hex:24}", 2)
    (finding,) = scan_with(".gitleaks.toml", GITLEAKS, f'acme = "{token}"')
    assert finding.rule.id == "SECRET-ACME-TOKEN"
    assert finding.evidence.shown.endswith(f"({len(token)} characters)")
    assert not [
        f
        for f in scan_with(".gitleaks.toml", GITLEAKS, f'acme = "acme_test_{token[-24:]}"')
        if f.rule.id == "SECRET-ACME-TOKEN"
    ]


def test_kingfisher(scan_with):
    (finding,) = scan_with("acme.yml", KINGFISHER, expand("x acs_{alnum:24}", 3))
    assert finding.rule.id == "SECRET-KINGFISHER-ACME-1"


def test_a_given_rule_takes_the_place_of_ours(scan_with):
    rules = OURS.replace("ACME-KEY", "SECRET-GROQ-KEY").replace("acme-", "zzz-")
    assert not scan_with("rules.toml", rules, expand("x gsk_{alnum:52}", 4))


@pytest.mark.parametrize(("name", "rules", "words"), [
    ("a.toml", "x = ", "a.toml"), ("a.toml", "[[rules]]\nregex = 'x'", "no id"), ("a.toml", "rules = 3", "holds no rules"), ("a.yml", "a: [", "a.yml"), ("a.yml", "3", "holds no rules"),
    ("a.yml", "rules:\n  - id: x\n", "needs a pattern"), ("a.toml", OURS.replace("24}", "24}("), "pattern"),
])  # fmt: skip
def test_what_is_wrong_is_one_clear_line(scan_with, name, rules, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        scan_with(name, rules, "x")


@pytest.mark.parametrize("options", [
    {"rules": "x"}, {"rules": ["/nowhere/x.toml"]}, {"min-confidence": "sure"}, {"engine": "steam"}, {"colour": 1},
])  # fmt: skip
def test_options_are_checked(options):
    with pytest.raises(UsageError):
        build(Settings(options=options))


@pytest.mark.parametrize(("pattern", "text", "matches"), [
    ("a(?i)b|c", "AB", False), ("a(?i)b|c", "aB", True), ("a(?i)b|c", "C", True), ("(?i)ab", "AB", True), ("(x(?i)y)z", "xYz", True), ("(x(?i)y)z", "xYZ", False), ("(?i)a(?-i)b", "Ab", True),
    ("(?i)a(?-i)b", "AB", False), ("[[:alnum:]]+", "a1", True), (r"a\z", "a", True), (r"\x{61}", "a", True), ("[(](?i)a", "(A", True), (r"\((?i)a[)]", "(A)", True),
])  # fmt: skip
def test_go_patterns_mean_the_same(pattern, text, matches):
    assert bool(re.fullmatch(translate(pattern), text)) is matches


def test_detect_secrets_finds_the_same_and_more_lines(scan):
    text = expand("softlayer_api_key = {lower:64}\ncloudant_key {hex:64}", 5)
    assert len(scan(text, **{"detect-secrets": True})) >= len(scan(text)) > 0


@pytest.mark.slow  # its rules are compiled for some seconds
def test_kingfisher_adds_to_what_our_rules_find_and_tells_nothing_twice(scan):
    text = expand("x\nage1 = 'AGE-SECRET-KEY-1{bech:58}'\nserver = 'ops_eyJ{alnum:300}'\nghp = 'ghp_{crc:30}'", 7)
    plain, more = scan(text), scan(text, kingfisher=True)
    assert len(more) >= len(plain) > 0
    assert len({found.location for found in more}) == len(more)


def test_kingfisher_stands_behind_our_judges(scan, monkeypatch):
    class Found:
        def __init__(self, secret):
            self.secret = secret

    class Engine:
        def reset_dedup(self):
            self.clean = True

        def scan(self, data):
            assert self.clean
            assert b"\0" not in data
            return [Found("zq8Wv2Lm4Xc7"), Found("your-api-key-here"), Found("${TOKEN_OF_MINE}")]

    monkeypatch.setattr(kingfisher, "check", lambda: None)
    monkeypatch.setattr(kingfisher, "_engine", Engine)
    text = "acme zq8Wv2Lm4Xc7 your-api-key-here ${TOKEN_OF_MINE} zq8Wv2Lm4Xc7"
    found = scan(text, kingfisher=True)
    assert [item.rule.id for item in found] == ["SECRET-KINGFISHER"] * 2
    assert [item.location.column for item in found] == [6, 54]


def test_kingfisher_must_be_installed(scan, monkeypatch):
    monkeypatch.setattr(kingfisher, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"mlsec_nb\[kingfisher\]"):
        scan("x", kingfisher=True)


@pytest.mark.parametrize("engine", ["stdlib", "ahocorasick_rs", "hyperscan"])
def test_every_engine_finds_it(engine, scan):
    assert scan(expand("key hf_{letters:34} password: Tr0ub4dor&3", 6), engine=engine)
