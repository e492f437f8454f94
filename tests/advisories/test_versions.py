"""Our order beside that of each ecosystem's own rules."""

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import univers.versions as oracle
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.advisories.versions import compare, is_known, key

Make = Callable[[random.Random], str]


def debian(r: random.Random) -> str:
    text = r.choice("0123456789") + "".join(r.choice("0123456789.~+abz") for _ in range(r.randint(1, 6)))
    text = f"{r.randint(0, 2)}:{text}" if r.random() < 0.3 else text
    tail = r.choice("0123456789") + "".join(r.choice("0123456789.~+ubuntude") for _ in range(r.randint(0, 5)))
    return f"{text}-{tail}" if r.random() < 0.6 else text


def rpm(r: random.Random) -> str:
    text = r.choice("0123456789") + "".join(r.choice("0123456789..~^abz_") for _ in range(r.randint(0, 6)))
    text = f"{r.randint(0, 2)}:{text}" if r.random() < 0.3 else text
    return f"{text}-{r.randint(0, 20)}{r.choice(['', '.el9', '.el9_6.1', '.fc40'])}"


def alpine(r: random.Random) -> str:
    text = ".".join(str(r.choice([0, 1, 2, 3, 10, 11, 20])) for _ in range(r.randint(1, 4)))
    text += r.choice("abz") if r.random() < 0.2 else ""
    suffix = r.choice(["_alpha", "_beta", "_pre", "_rc", "_p"]) + str(r.randint(1, 20))
    return text + (suffix if r.random() < 0.3 else "") + f"-r{r.randint(0, 12)}"


def semver(r: random.Random) -> str:
    text = ".".join(str(r.choice([0, 1, 2, 3, 10])) for _ in range(3))
    words = [r.choice(["alpha", "beta", "rc", "1", "2", "10", "x-y", "0"]) for _ in range(r.randint(1, 3))]
    return text + (f"-{'.'.join(words)}" if r.random() < 0.5 else "") + ("+b1" if r.random() < 0.2 else "")


def maven(r: random.Random) -> str:
    text = ".".join(str(r.choice([0, 1, 2, 3, 10])) for _ in range(r.randint(1, 4)))
    word = r.choice(["alpha", "beta", "rc", "M", "SNAPSHOT", "RC", "sp", "jre", "Final", "GA", "b", "foo", "1", "2"])
    return text + (r.choice("-.") + word + r.choice(["", "1", "2", "-1", "10"]) if r.random() < 0.6 else "")


def pypi(r: random.Random) -> str:
    text = ".".join(str(r.choice([0, 1, 2, 3, 10])) for _ in range(r.randint(1, 4)))
    return text + r.choice(["", "", "a1", "b2", "rc1", ".dev1", ".post1", "+cpu", "a1.dev2"])


def golang(r: random.Random) -> str:
    return "v" + semver(r).partition("+")[0]


SCHEMES: dict[str, tuple[Make, type]] = {
    "Debian:12": (debian, oracle.DebianVersion),
    "Red Hat:enterprise_linux:9": (rpm, oracle.RpmVersion),
    "Alpine:v3.20": (alpine, oracle.AlpineLinuxVersion),
    "npm": (semver, oracle.SemverVersion),
    "crates.io": (semver, oracle.SemverVersion),
    "Go": (golang, oracle.GolangVersion),
    "Maven": (maven, oracle.MavenVersion),
    "PyPI": (pypi, oracle.PypiVersion),
}


def disagreements(ecosystem: str, pairs: int) -> list[tuple[str, str]]:
    r = random.Random(pairs)
    make, known = SCHEMES[ecosystem]
    versions = [(text, known(text)) for text in (make(r) for _ in range(600))]
    chosen = [(r.choice(versions), r.choice(versions)) for _ in range(pairs)]
    return [(a[0], b[0]) for a, b in chosen if compare(ecosystem, a[0], b[0]) != (a[1] > b[1]) - (a[1] < b[1])]


@pytest.mark.parametrize("ecosystem", SCHEMES)
def test_our_order_is_the_oracles(ecosystem: str) -> None:
    assert disagreements(ecosystem, 1_000) == []


@pytest.mark.slow
@pytest.mark.parametrize("ecosystem", SCHEMES)
def test_our_order_is_the_oracles_over_two_hundred_thousand_pairs(ecosystem: str) -> None:
    assert disagreements(ecosystem, 25_000) == []


def dpkg(a: str, b: str) -> int:
    def holds(relation: str) -> bool:
        argv = ["dpkg", "--compare-versions", a, relation, b]
        return subprocess.run(argv, check=False, capture_output=True).returncode == 0

    return -1 if holds("lt") else 0 if holds("eq") else 1


def test_our_order_is_what_dpkg_said() -> None:
    lines = (Path(__file__).parent / "data" / "dpkg.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" ") for line in lines if not line.startswith("#")]
    assert len(pairs) == 400
    assert [pair for pair in pairs if compare("Debian", pair[0], pair[2]) != {"<": -1, "=": 0, ">": 1}[pair[1]]] == []


@pytest.mark.slow
def test_our_order_is_dpkgs() -> None:
    r = random.Random(7)
    versions = [debian(r) for _ in range(200)]
    for _ in range(1_500):
        a, b = r.choice(versions), r.choice(versions)
        assert compare("Debian", a, b) == dpkg(a, b), (a, b)


# From the documentation of conda's VersionOrder, in ascending order; `=` before a word means equal to the one before.
CONDA = [
    "0.4",
    "=0.4.0",
    "0.4.1.rc",
    "=0.4.1.RC",
    "0.4.1",
    "0.5a1",
    "0.5b3",
    "0.5C1",
    "0.5",
    "0.9.6",
    "0.960923",
    "1.0",
    "1.1dev1",
    "1.1_",
    "1.1a1",
    "1.1.0dev1",
    "=1.1.dev1",
    "1.1.a1",
    "1.1.0rc1",
    "1.1.0",
    "=1.1",
    "1.1.0post1",
    "=1.1.post1",
    "1.1post1",
    "1996.07.12",
    "1!0.4.1",
    "1!3.1.1.6",
    "2!0.4.1",
]


def test_condas_own_list_is_in_order() -> None:
    for before, after in zip(CONDA, CONDA[1:], strict=False):
        assert compare("conda", before.lstrip("="), after.lstrip("=")) == (0 if after.startswith("=") else -1), (
            before,
            after,
        )


@pytest.mark.parametrize(
    ("ecosystem", "low", "high"),
    [
        ("PyPI", "not a version", "0.dev0"),
        ("PyPI", "2.0.0", "2.0.0+cpu"),
        ("Alpine", "1.2.3_rc1-r0", "1.2.3-r0"),
        ("Alpine", "1.2.3-r0", "1.2.3_p1-r0"),
        ("Alpine", "1.05-r0", "1.1-r0"),
        ("Alpine", "nonsense", "0-r0"),
        ("Go", "v0.0.0-20190101000000-abcdefabcdef", "v0.0.1"),
        ("npm", "nonsense!", "0.0.0-0"),
        ("Red Hat", "1.0~rc1-1", "1.0-1"),
        ("Red Hat", "1.0-1", "1.0^git1-1"),
        ("Red Hat", "0:1.9.5p2-9.el9", "1.9.5p2-10.el9_6.1"),
        ("Maven", "1.0-alpha-1", "1.0"),
        ("Maven", "1.0", "1.0-sp1"),
        ("Debian", "1.0-1~deb12u1", "1.0-1"),
    ],
)  # fmt: skip
def test_known_pairs(ecosystem: str, low: str, high: str) -> None:
    assert compare(ecosystem, low, high) == -1
    assert compare(ecosystem, high, low) == 1


def test_an_ecosystem_without_an_order_is_told() -> None:
    assert not is_known("RubyGems")
    with pytest.raises(KeyError):
        key("RubyGems", "1")


@pytest.mark.parametrize("ecosystem", [*SCHEMES, "conda"])
@given(texts=st.lists(st.text(max_size=12), min_size=2, max_size=4))
def test_any_text_has_a_place(ecosystem: str, texts: list[str]) -> None:
    ordered = sorted(texts, key=lambda text: key(ecosystem, text))
    assert all(compare(ecosystem, a, b) <= 0 for a, b in zip(ordered, ordered[1:], strict=False))


@pytest.mark.parametrize("ecosystem", ["Debian", "Red Hat", "Alpine", "npm"])
def test_many_comparisons_cost_little(ecosystem: str) -> None:
    make, _ = {name.partition(":")[0]: value for name, value in SCHEMES.items()}[ecosystem]
    versions = [make(random.Random(seed)) for seed in range(500)]
    for version in versions:
        key(ecosystem, version)
    started = time.process_time()
    for index in range(50_000):
        compare(ecosystem, versions[index % 500], versions[index * 7 % 500])
    assert time.process_time() - started < 4  # a hundred times what it takes
