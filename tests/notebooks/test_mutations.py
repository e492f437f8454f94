"""Notebooks of a real shape, damaged at random: read to the end, placed, and said to be damaged."""

import random

import pytest

from mlsec_nb.notebooks import read_bytes
from tests.benchmarks.corpus import notebooks


def damaged(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data))
        end = min(start + chance.choice([1, 5, 200, 5000]), len(data))
        put = chance.choice(
            [
                b"",
                b"\0",
                b'"',
                b"}",
                b"\xff\xfe",
                b"\n<<<<<<< HEAD\n",
                data[end : end + 300],
                bytes([chance.randrange(256)]),
            ]
        )
        data = data[:start] + put + data[end:]
    return data[: chance.randrange(1, len(data))] if chance.random() < 0.3 else data


def check(count: int, seed: int) -> None:
    for name, data in notebooks(count, seed):
        chance = random.Random(f"{seed}/{name}")
        whole = read_bytes(data, name)
        assert whole.gaps == ()
        assert len(whole.cells) == data.count(b'"cell_type"')
        broken = damaged(data, chance)
        lines = broken.count(b"\n") + 1
        for segment in read_bytes(broken, name).segments:
            middle = len(segment.text) // 2
            for start, end in ((0, len(segment.text)), (middle, middle + 1)):
                place = segment.at(start, end)
                assert place.raw_line is not None
                assert 1 <= place.raw_line <= lines


def test_damaged_notebooks_are_read():
    check(15, 7)


@pytest.mark.slow
def test_many_damaged_notebooks_are_read():
    check(300, 8)


def test_the_corpus_is_the_same_each_time():
    assert list(notebooks(3, 1)) == list(notebooks(3, 1))
    assert dict(notebooks(3, 1)) != dict(notebooks(3, 2))
