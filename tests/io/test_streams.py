"""Contents inside contents, read from any place."""

import gzip
import os
import random
from collections.abc import Callable

import pytest
import zstandard

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, Content
from mlsec_nb.io import streams
from mlsec_nb.io.archives import format_of, members
from mlsec_nb.io.files import Memory
from mlsec_nb.io.streams import Pace, Shared, Unpacked, Window, unpacked

DATA = random.Random(3).randbytes(150_000) + b"abc" * 100_000 + random.Random(4).randbytes(150_000)


def gzipped() -> Content:
    return Unpacked(
        Memory(gzip.compress(DATA[:200_000]) + gzip.compress(DATA[200_000:])), "gzip", 1 << 30, declared=False
    )


def zstandard_() -> Content:
    return unpacked(Memory(zstandard.ZstdCompressor().compress(DATA)), "zstd", 1 << 30)


MAKERS: list[Callable[[], Content]] = [
    gzipped, zstandard_, lambda: Shared(gzipped()), lambda: Shared(zstandard_()), lambda: Shared(Memory(DATA)),
    lambda: Window(Shared(Memory(b"x" * 300_000 + DATA)), 300_000, len(DATA)),
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
def test_bytes_are_the_same_from_wherever_they_are_read(
    make: Callable[[], Content], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_APART", 10_000)
    monkeypatch.setattr(streams, "_MARKS", 8)
    content, dice = make(), random.Random(1)
    with content.open() as stream:
        assert stream.read() == DATA
        for _ in range(60):
            at = dice.randrange(len(DATA) + 10)
            stream.seek(at)
            assert stream.read(700) == DATA[at : at + 700]
    assert content.read(1 << 20) == DATA


def test_readers_of_one_shared_content_do_not_disturb_each_other() -> None:
    shared = Shared(gzipped())
    with shared.open() as one, shared.open() as other:
        assert one.read(10) == DATA[:10]
        assert other.read(300_000) == DATA[:300_000]
        assert one.read(10) == DATA[10:20]


def test_zstandard_is_an_archive_like_others() -> None:
    data = zstandard.ZstdCompressor().compress(b"plain text")
    assert format_of(Memory(data)) == "zstd"
    (member,) = members(Memory(data), Limits())
    assert member.content.read(99) == b"plain text"  # type: ignore[union-attr]


def test_what_is_damaged_or_too_much_is_refused() -> None:
    bomb = zstandard.ZstdCompressor().compress(b"\0" * (80 << 20))
    with pytest.raises(CannotRead) as stopped:
        unpacked(Memory(bomb), "zstd", 64 << 20).read(1 << 30)
    assert stopped.value.code == "too-big"
    with pytest.raises(CannotRead, match="damaged"):
        unpacked(Memory(bomb[:4] + b"xxxxxxxx"), "zstd", 1 << 30).read(99)
    with pytest.raises(CannotRead, match="no archive"):
        unpacked(Memory(b""), "rar", 9)


@pytest.mark.parametrize("method", ["gzip", "zstd"])
def test_what_grows_faster_than_its_pace_is_refused(method: str) -> None:
    data = b"\0" * (4 << 20)
    packed = gzip.compress(data) if method == "gzip" else zstandard.ZstdCompressor().compress(data)
    assert unpacked(Memory(packed), method, 9 << 20, Pace(20, 4 << 20)).read(9 << 20) == data
    with pytest.raises(CannotRead, match="times what it is packed in"):
        unpacked(Memory(packed), method, 9 << 20, Pace(20, 1 << 20)).read(9 << 20)


def test_going_back_in_zstandard_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsec_nb.io.streams._AGAIN", 1 << 20)
    data = os.urandom(1 << 18)
    with unpacked(Memory(zstandard.ZstdCompressor().compress(data)), "zstd", 1 << 30).open() as stream:
        assert stream.read() == data
        with pytest.raises(CannotRead, match="too many times"):
            for _ in range(40):
                stream.seek(len(data) - 1)
                stream.read(1)
                stream.seek((1 << 17) + 5)
                stream.read(1)
