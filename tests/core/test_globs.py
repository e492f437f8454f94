import time

import pytest

from mlsec_nb.core import Globs


def says(pattern, path):
    return Globs.of([pattern]).says(path.rstrip("/"), folder=path.endswith("/"))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a", "a"), ("a", "x/y/a"), ("a/", "a/"), ("/a", "a"), ("*.py", "x/a.py"), ("a*b*c", "a1b2c"), ("a*", "a"),
        ("a/b", "a/b"), ("/a/*/c", "a/b/c"), ("**/c", "c"), ("**/c", "a/b/c"), ("a/**", "a/b/c"), ("a/**/c", "a/c"),
        ("a/**/c", "a/b/b/c"), ("**/b/**/d/**/f", "a/b/c/d/e/f"), ("a?c", "abc"), ("[a-c]x", "bx"), ("[!a]", "b"), ("[^a]", "b"),
        ("[]]", "]"), ("[a-]", "-"), ("[[:digit:]_]x", "7x"), ("[\\]]", "]"), ("\\#a", "#a"), ("\\!a", "!a"), ("a\\ ", "a "), ("a  ", "a"),
        ("a\r", "a"), ("a\n", "a"), ("a\\*b", "a*b"), ("/**", "a/b"), ("**/", "a/"), ("a\\/b", "a/b"), ("[[x]", "["), ("[[:x]", ":"), ("***", "a"),
        ("a*c", "a\nc"), ("*a*a*b", "aaab"), ("[a-c-e]", "-"), ("[+--]", ","),
    ],
)  # fmt: skip
def test_what_matches(pattern, path):
    assert says(pattern, path) is True
    assert says("!" + pattern, path) is False


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a/", "a"), ("/a", "x/a"), ("a/b", "x/a/b"), ("*.py", "a.pyc"), ("a*c", "a/c"), ("a?c", "a/c"), ("a/*", "a/b/c"), ("a/**", "a/"),
        ("[!a]", "a"), ("a[!x]b", "a/b"), ("a[/]b", "a/b"),  ("[b-a]", "a"), ("#a", "#a"), ("", "a"), ("   ", "a"), ("a**/c", "a/b/c"),
        ("\ta", "a"), ("/", "a"), ("!", "!"), ("a\\", "a"), ("[a", "[a"), ("[[:nope:]]", "n"), ("a//b", "a/b"), ("**/b/**/d", "b"),
    ],
)  # fmt: skip
def test_what_does_not_match(pattern, path):
    assert says(pattern, path) is None


def test_the_last_word_counts():
    globs = Globs.of(["*.log", "!keep.log", "keep.log/"])
    assert [globs.says(name, folder=False) for name in ("a.log", "keep.log", "a.txt")] == [True, False, None]
    assert globs.says("keep.log", folder=True) is True
    assert Globs.of([]).says("a", folder=False) is None


def test_a_file_is_held_with_its_folder():
    globs = Globs.of(["/a/b", "!x.py"])
    assert globs.hold("a/b")
    assert globs.hold("a/b/c/d.py")
    assert globs.hold("a/b/x.py")
    assert not globs.hold("a/c")
    assert not globs.hold("/a")
    assert Globs.of(["../x/*.py"]).hold("../x/a.py")


@pytest.mark.parametrize("line", ["!", "/", "a\\", "[a", "[[:nope:]]", "!/"])
def test_a_mistake_is_told_when_asked(line):
    assert Globs.of([line]).globs == ()
    with pytest.raises(ValueError, match="no pattern"):
        Globs.of([line], strict=True)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 30 + "b", "a" * 250),
        ("**/a/" * 12 + "b", "a/" * 1000 + "c"),
        ("[a-z]*" * 30 + "?_", "a" * 250),
        ("/" + "*a*/" * 12 + "x", "aaaa/" * 800 + "y"),
    ],
)
def test_hostile_patterns_take_no_time(pattern, path):
    began = time.perf_counter()
    assert says(pattern, path) is None
    assert time.perf_counter() - began < 5
