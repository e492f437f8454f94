"""Broken files of every format: no crash, no hang, whatever is changed."""

import random
import time

import pytest

from tests.scanners.models import malicious
from tests.scanners.models.kit import scan
from tests.scanners.models.test_gadgets import GADGETS


def seeds():
    files = [(name, data) for name, data in malicious.files(full=False) if not name.startswith(tuple(GADGETS))]
    return [(name, data) for name, data in files if len(data) < 20_000]


def mutant(data: bytes, chance: random.Random) -> bytes:
    raw = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(raw) or 1)
        kind = chance.randrange(5)
        if kind == 0 and raw:
            raw[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif kind == 1:
            del raw[at : at + chance.randrange(1, 9)]
        elif kind == 2:
            raw[at:at] = chance.randbytes(chance.randrange(1, 9))
        elif kind == 3:
            raw[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80"])
        else:
            raw = raw[: at + 1]
    return bytes(raw)


@pytest.mark.parametrize("count", [600, pytest.param(20_000, marks=pytest.mark.slow)])
def test_no_broken_file_breaks_the_scanner(count):
    chance, files = random.Random(count), seeds()
    slowest = (0.0, "")
    for number in range(count):
        name, data = files[number % len(files)]
        began = time.process_time()
        scan(mutant(data, chance), name)
        slowest = max(slowest, (time.process_time() - began, name))
    assert slowest[0] < 2, slowest


def test_no_random_bytes_break_the_scanner():
    chance = random.Random(7)
    for size in (0, 1, 2, 7, 64, 600, 5000):
        for _ in range(40):
            scan(chance.randbytes(size), "noise.bin")
