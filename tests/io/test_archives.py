import bz2
import gzip
import io
import lzma
import os
import pickle
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead
from mlsec_nb.io.archives import Member, Refused, flatten, format_of, members
from mlsec_nb.io.files import LocalFile, Memory
from mlsec_nb.io.streams import Unpacked, Window

LIMITS = Limits()


def zipped(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files, mode="w", form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        for name, data in files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def unpack(data, limits=LIMITS, walk=members):
    content = data if hasattr(data, "open") else Memory(data)
    return {
        m.name: m.content.read(1 << 24) if isinstance(m, Member) else (m.code, m.reason) for m in walk(content, limits)
    }


def codes(data, limits=LIMITS, walk=members):
    return {name: said[0] for name, said in unpack(data, limits, walk).items() if isinstance(said, tuple)}


FILES = [
    ("a.txt", b"hello"),
    ("deep/er/b.bin", os.urandom(200_000)),
    ("ü.txt", b""),
    ("zeros", bytes(100_000)),
    ("x" * 300, b"long"),
]


@pytest.mark.parametrize(
    "data",
    [
        *(zipped(FILES, method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)),
        *(tarred(FILES, form=form) for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)),
        *(tarred(FILES, f"w:{packed}") for packed in ("gz", "bz2", "xz")),
    ],
)
def test_every_format_gives_what_was_put_in(tmp_path, data):
    assert unpack(data) == dict(FILES)
    (tmp_path / "a").write_bytes(data)
    found = pickle.loads(pickle.dumps(list(members(LocalFile(str(tmp_path / "a")), LIMITS))))
    assert {m.name: m.content.read(1 << 24) for m in found} == dict(FILES)
    assert all(m.content.local is None for m in found)
    assert os.listdir(tmp_path) == ["a"]


@given(
    st.lists(
        st.tuples(st.text("abc/", min_size=1, max_size=120).map(lambda n: "r" + n + "x"), st.binary(max_size=3000)),
        max_size=6,
        unique_by=lambda f: f[0],
    )
)
@settings(max_examples=40, deadline=None)
def test_any_files_come_back(files):
    for data in (
        zipped(files),
        zipped(files, zipfile.ZIP_STORED),
        tarred(files),
        tarred(files, "w:gz"),
        tarred(files, form=tarfile.GNU_FORMAT),
    ):
        if files or data[:2] == b"PK":
            assert unpack(data) == dict(files)


def test_members_can_be_read_in_any_order_and_place():
    text = bytes(range(256)) * 1000
    for data in (
        zipped([("a", text)]),
        zipped([("a", text)], zipfile.ZIP_STORED),
        tarred([("a", text)]),
        tarred([("a", text)], "w:xz"),
    ):
        (member,) = members(Memory(data), LIMITS)
        with member.content.open() as stream:
            assert stream.read(10) == text[:10]
            assert stream.seek(200_000) == 200_000
            assert stream.read(5) == text[200_000:200_005]
            assert stream.seek(-3, io.SEEK_END) == len(text) - 3
            assert stream.read() == text[-3:]
            assert stream.seek(7) == 7
            assert stream.read(3) == text[7:10]
            stream.seek(2, io.SEEK_CUR)
            assert stream.tell() == 12
            assert stream.seek(1 << 30) >= len(text)
            assert stream.read() == b""


@pytest.mark.parametrize(("pack", "name"), [(gzip.compress, "gzip"), (bz2.compress, "bzip2"), (lzma.compress, "xz")])
def test_compressed_files_have_one_member(pack, name):
    data = pack(b"one") + pack(b"two")
    assert format_of(Memory(data)) == name
    assert unpack(data) == {"": b"onetwo"}
    assert unpack(pack(os.urandom(300_000)) + b"\0" * 10).keys() == {""}
    with pytest.raises(CannotRead, match="damaged"):
        unpack(pack(b"x" * 1000)[:-9])
    with pytest.raises(CannotRead, match="damaged"):
        unpack(pack(b"x" * 1000) + b"trailing")
    with pytest.raises(CannotRead, match="damaged"):
        unpack(pack(b"")[:10] + os.urandom(99))


def test_zlib_and_deflate_streams():
    assert Unpacked(Memory(zlib.compress(b"x" * 99)), "zlib", 99).read(99) == b"x" * 99
    with pytest.raises(CannotRead, match="less than 100"):
        Unpacked(Memory(zlib.compress(b"x" * 99)), "zlib", 100).read(1000)
    with pytest.raises(CannotRead, match="more than 98"):
        Unpacked(Memory(zlib.compress(b"x" * 99)), "zlib", 98).read(1000)


def test_a_bomb_is_stopped_in_little_memory():
    bomb = bz2.compress(bytes(40 << 20))
    tracemalloc.start()
    with pytest.raises(CannotRead, match="unpacks to more than") as caught:
        (member,) = members(Memory(bomb), Limits(ratio=100))
        member.content.read(1 << 30)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == "too-big"
    assert peak < 10 << 20
    data = zipped([("good", b"x"), ("bomb", bytes(20 << 20))])
    assert codes(data, Limits(ratio=500)) == {"bomb": "too-big"}


def test_a_member_that_lies_about_its_size_is_stopped():
    data = bytearray(zipped([("a", b"x" * 5000)]))
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, place + 24, 10)
    with pytest.raises(CannotRead, match="more than 10 bytes"):
        unpack(bytes(data))


def test_what_was_given_before_a_limit_still_counts():
    many = [(f"{n}", b"12345") for n in range(10)]
    for data in (zipped(many), tarred(many)):
        found = []
        with pytest.raises(CannotRead, match="unpacks to more than 22") as caught:
            found.extend(members(Memory(data), Limits(unpacked_bytes=22)))
        assert len(found) in {0, 4}
        assert caught.value.code == "too-big"
        with pytest.raises(CannotRead, match="more than 9 members"):
            unpack(data, Limits(members=9))
    found = []
    with pytest.raises(CannotRead):
        found.extend(members(Memory(tarred(many)), Limits(members=9)))


def test_members_that_lie_over_each_other_are_a_bomb():
    data = bytearray(zipped([("a", b"x" * 100), ("b", b"y" * 100)], zipfile.ZIP_STORED))
    second = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, second + 42, 0)
    with pytest.raises(CannotRead, match="over each other"):
        unpack(bytes(data))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:/x", "..\\..\\x"])
def test_names_that_lead_out_are_refused(name):
    assert set(codes(zipped([(name, b"x")])).values()) == {"malformed"}
    if "\\" not in name:
        assert set(codes(tarred([(name, b"x")])).values()) == {"malformed"}


def test_links_and_devices_are_refused():
    found = []
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, b"S", tarfile.DIRTYPE):
        info = tarfile.TarInfo(f"n{kind.decode()}")
        info.type, info.linkname = kind, "/etc/passwd"
        found.append((info, b""))
    said = codes(tarred([*found, ("ok", b"x")]))
    assert said == {"n2": "skipped", "n1": "skipped", "n3": "skipped", "n6": "skipped", "nS": "unsupported"}
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    assert codes(zipped([(info, b"/etc/passwd")])) == {"link": "skipped"}


def test_encrypted_and_unknown_methods_are_refused():
    data = bytearray(zipped([("a", b"x"), ("b", b"y")]))
    first = data.find(b"PK\x01\x02")
    struct.pack_into("<H", data, first + 8, 1)
    struct.pack_into("<H", data, data.rfind(b"PK\x01\x02") + 10, 99)
    assert codes(bytes(data)) == {"a": "encrypted", "b": "unsupported"}


def test_a_zip_behind_something_else_is_read():
    content = Window(Memory(b"MZ" + zipped([("a", b"x")])), 2, len(zipped([("a", b"x")])))
    assert unpack(content) == {"a": b"x"}
    shifted = b"PK\x03\x04" + b"junk" * 9 + zipped([("a", b"x")])
    assert unpack(shifted) == {"a": b"x"}


def test_zip64(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    files = [("a", b"x" * 100), ("b", b"y" * 100)]
    assert unpack(zipped(files)) == dict(files)


def test_archives_in_archives_and_how_deep():
    inner = zipped([("x.pkl", b"deep")])
    data = tarred([("a/inner.zip", inner), ("plain", b"p"), ("l.gz", gzip.compress(b"log"))], "w:gz")
    assert unpack(data, walk=flatten) == {"a/inner.zip!x.pkl": b"deep", "plain": b"p", "l.gz": b"log"}
    for _ in range(4):
        inner = zipped([("i.zip", inner)])
    assert set(codes(inner, Limits(depth=3), flatten).values()) == {"too-big"}
    broken = zipped([("bad.zip", zipped([("a", b"x")])[:-9]), ("../up", b"")])
    assert codes(broken, walk=flatten) == {"bad.zip": "malformed", "../up": "malformed"}


def test_what_is_damaged_is_said():
    good = zipped([("a", b"x" * 100)])
    tar = tarred([("a", b"x" * 1000), ("b", b"y")])
    for data, reason in [
        (good[:-5], "cut off"),
        (good[:-22], "cut off"),
        (good.replace(b"PK\x01\x02", b"PKxx"), "damaged directory"),
        (good[:-6] + b"\xff\xff\xff\x7f" + good[-2:], "not where it should be"),
        (tar[:700], "cut off"),
        (tar[:1500], "cut off"),
        (tar[:1536] + b"z" * 512, "damaged header"),
        (b"plain text", "no archive"),
        (b"", "no archive"),
    ]:
        with pytest.raises(CannotRead, match=reason):
            unpack(data)
    data = bytearray(zipped([("a", b"x")]))
    data[0:2] = b"PK"
    moved = bytes(data).replace(b"PK\x03\x04", b"PK\x03\x05")
    with pytest.raises(CannotRead):
        unpack(moved)
    assert unpack(tar[: 512 + 1024 + 512 + 512])["b"] == b"y"


def test_a_member_whose_header_is_elsewhere_is_refused():
    data = bytearray(zipped([("a", b"x" * 100), ("b", b"y")], zipfile.ZIP_STORED))
    struct.pack_into("<L", data, data.rfind(b"PK\x01\x02") + 42, 140)
    assert codes(bytes(data)) == {"b": "malformed"}


def header(name=b"a", size=b"00000000001\0", kind=b"0", magic=b"ustar\x0000"):
    block = bytearray(
        name.ljust(100, b"\0")
        + b"0000644\0" * 3
        + size
        + b"00000000000\0"
        + b" " * 8
        + kind
        + bytes(100)
        + magic
        + bytes(247)
    )
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def test_hand_made_tars():
    end = bytes(1024)
    body = b"x".ljust(512, b"\0")
    assert unpack(header(magic=bytes(8)) + body + end) == {"a": b"x"}
    assert unpack(header(size=b"\x80" + bytes(10) + b"\x01") + body + end) == {"a": b"x"}
    with pytest.raises(CannotRead, match="damaged header"):
        unpack(header(size=b"zzzzzzzzzzz\0") + body + end)
    with pytest.raises(CannotRead, match="header of more than"):
        unpack(header(kind=b"x", size=b"77777777777\0") + body + end)
    assert unpack(header(kind=b"x", size=b"00000000007\0") + b"7 a=bcd".ljust(512, b"\0") + header() + body + end) == {
        "a": b"x"
    }
    assert unpack(header(kind=b"x", size=b"00000000007\0") + b"1 a=bcd".ljust(512, b"\0") + header() + body + end) == {
        "a": b"x"
    }
    assert unpack(header(kind=b"g", size=b"00000000007\0") + b"7 a=bcd".ljust(512, b"\0") + header() + body + end) == {
        "a": b"x"
    }
    assert unpack(header(kind=b"K", size=b"00000000007\0") + b"linknam".ljust(512, b"\0") + header() + body + end) == {
        "a": b"x"
    }


@settings(deadline=None)
@given(st.binary(max_size=2000), st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_nothing_but_cannot_read_comes_out_of_broken_archives(noise, at, patch):
    for good in (zipped([("a", b"hello" * 20)]), tarred([("a", b"hello" * 20)]), gzip.compress(b"hello" * 20)):
        broken = bytearray(good + noise)
        broken[at % len(good) : at % len(good) + len(patch)] = patch
        try:
            found = unpack(bytes(broken), Limits(members=50), flatten)
        except CannotRead:
            continue
        assert all(isinstance(said, bytes | tuple) for said in found.values())


def test_names_of_kinds():
    assert isinstance(next(iter(members(Memory(zipped([("/a", b"")])), LIMITS))), Refused)
