"""Databases of packages, read."""

import base64
import contextlib
import hashlib
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead
from mlsec_nb.io.files import Memory
from mlsec_nb.scanners.containers.packages import Package
from mlsec_nb.scanners.containers.systems import apk, binaries, dpkg, jars, languages, rpmdb
from mlsec_nb.scanners.containers.systems.registry import reader_for
from tests.scanners.containers import rpms

STATUS = b"""Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl (3.0.11-1)
Version: 3.0.11-1+b2
Conffiles:
 /etc/ssl/openssl.cnf 0123456789abcdef0123456789abcdef
 /etc/gone.conf newconffile
Description: a library
 Package: not-a-package
 .
 Version: 9

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1.0

Package: half
Status: install ok half-installed
Version: 1

Package: tzdata
Status: hold ok installed
Architecture: all
Version: 2024a-0
"""


def names(packages: tuple[Package, ...]) -> list[str]:
    return [f"{one.name} {one.version}" for one in packages]


def test_dpkg_knows_what_is_installed_and_what_it_was_built_from() -> None:
    told = dpkg.status("var/lib/dpkg/status", STATUS)
    assert names(told.packages) == ["libssl3 3.0.11-1+b2", "tzdata 2024a-0"]
    assert (told.packages[0].source, told.packages[0].source_version) == ("openssl", "3.0.11-1")
    assert (told.packages[1].source, told.packages[1].source_version) == ("tzdata", "2024a-0")
    assert told.owned == {"etc/ssl/openssl.cnf": "md5:0123456789abcdef0123456789abcdef"}


def test_images_without_a_package_manager_say_what_they_have_in_status_d() -> None:
    told = dpkg.status("var/lib/dpkg/status.d/base", b"Package: base-files\nVersion: 12.4\nArchitecture: amd64\n")
    assert names(told.packages) == ["base-files 12.4"]


def test_files_of_a_package_of_debian() -> None:
    digest = "d41d8cd98f00b204e9800998ecf8427e"
    assert dpkg.md5sums("", f"{digest}  usr/bin/a b\n{digest}  ./usr/c\nx  y\n".encode()).owned == {
        "usr/bin/a b": f"md5:{digest}", "usr/c": f"md5:{digest}",
    }  # fmt: skip
    assert set(dpkg.listed("", b"/.\n/usr\n/usr/bin/a\n").owned) == {"usr", "usr/bin/a"}


def test_apk_knows_origins_and_digests() -> None:
    digest = base64.b64encode(hashlib.sha1(b"x", usedforsecurity=False).digest()).decode()
    text = "C:Q1abc=\nP:libcrypto3\nV:3.1.4-r5\nA:x86_64\nL:Apache-2.0\no:openssl\nF:lib\nR:libcrypto.so.3\na:0:0:755\n"
    text += f"Z:Q1{digest}\nF:\nR:top\nR:other\nZ:Q9!!\n\nP:broken\n\nP:musl\nV:1.2.4-r2\n"
    told = apk.installed("", text.encode())
    assert names(told.packages) == ["libcrypto3 3.1.4-r5", "musl 1.2.4-r2"]
    assert [one.source for one in told.packages] == ["openssl", "musl"]
    assert told.owned == {
        "lib/libcrypto.so.3": "sha1:" + hashlib.sha1(b"x", usedforsecurity=False).hexdigest(), "top": "", "other": "",
    }  # fmt: skip


HEADERS = [
    rpms.header("bash", "5.2.26", "3.fc40", (1022, 6, ["x86_64"]), (1044, 6, ["bash-5.2.26-3.fc40.src.rpm"])),
    rpms.header("vim-minimal", "9.1", "1", (1003, 4, [2]), (1014, 6, ["Vim"]), (5096, 6, ["vim:9:1:x"])),
    rpms.header(
        "big", "1~rc1^git", "1", (1116, 4, [0, 0, 1, 7]), (1117, 8, ["a", "b", "c", "d"]), (1118, 8, ["/usr/", "/"]),
        (1035, 8, ["1" * 64, "", "2" * 64, "3" * 64]), (5011, 4, [8]), (1005, 6, ["x" * 20_000]),
    ),
    rpms.header("gpg-pubkey", "8c1cb3ce", "5d9b"),
]  # fmt: skip


@pytest.mark.parametrize("form", ["sqlite", "sqlite, small pages", "ndb", "berkeley", "berkeley, big-endian"])
def test_rpm_is_read_in_every_form(form: str, tmp_path: Path) -> None:
    data = {
        "sqlite": lambda: rpms.sqlite(tmp_path, HEADERS),
        "sqlite, small pages": lambda: rpms.sqlite(tmp_path, HEADERS * 30, 512),
        "ndb": lambda: rpms.ndb(HEADERS),
        "berkeley": lambda: rpms.berkeley(HEADERS),
        "berkeley, big-endian": lambda: rpms.berkeley(HEADERS, 512, ">"),
    }[form]()
    told = rpmdb.database("var/lib/rpm/Packages", data)
    known = ["bash 5.2.26-3.fc40", "vim-minimal 2:9.1-1", "big 1~rc1^git-1", "gpg-pubkey 8c1cb3ce-5d9b"]
    assert names(told.packages) == known * (30 if "small" in form else 1)
    bash, vim = told.packages[:2]
    assert (bash.source, bash.arch, vim.extra) == ("bash", "x86_64", {"module": "vim:9:1:x"})
    assert told.owned == {"usr/a": "sha256:" + "1" * 64, "usr/b": "", "c": "sha256:" + "2" * 64}


@pytest.mark.parametrize(
    "data",
    [
        b"", b"SQLite format 3\0" + b"\0" * 200, b"RpmP" + b"\xff" * 64, b"\0" * 600, rpms.ndb(HEADERS)[:5000],
        rpms.berkeley(HEADERS)[:9000], rpms.berkeley(HEADERS, 512).replace(b"\x03\0\0\0\x02\0", b"\x03\0\0\0\xff\0"),
    ],
    ids=["nothing", "sqlite", "ndb", "zeros", "ndb cut off", "berkeley cut off", "berkeley, a wild chain"],
)  # fmt: skip
def test_a_damaged_database_is_said_to_be_damaged(data: bytes) -> None:
    with pytest.raises(CannotRead, match="damaged"):
        rpmdb.database("var/lib/rpm/Packages", data)


@given(st.data())
def test_whatever_bytes_a_database_has_it_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([rpms.ndb(HEADERS), rpms.berkeley(HEADERS, 512)])))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CannotRead):
        rpmdb.database("Packages", bytes(whole))


def test_circles_in_a_database_are_left(tmp_path: Path) -> None:
    whole = bytearray(rpms.sqlite(tmp_path, HEADERS * 200, 512))
    for at in range(512, len(whole), 512):
        if whole[at] == 5:  # an interior page: every child is the page itself
            (count,) = struct.unpack_from(">H", whole, at + 3)
            for cell in range(count):
                (place,) = struct.unpack_from(">H", whole, at + 12 + 2 * cell)
                struct.pack_into(">I", whole, at + place, at // 512 + 1)
    with pytest.raises(CannotRead, match="damaged"):
        rpmdb.database("Packages", bytes(whole))


def test_packages_of_python_by_their_metadata() -> None:
    path = "usr/lib/python3/site-packages/a-1.dist-info/METADATA"
    told = languages.metadata(
        path, b"Metadata-Version: 2.1\r\nName: Torch\r\nVersion: 2.0+cpu\r\nLicense: BSD\r\n\r\nName: no"
    )
    assert names(told.packages) == ["Torch 2.0+cpu"]
    assert told.packages[0].licence == "BSD"
    assert languages.metadata(path, b"Name: only\n").packages == ()


def test_records_of_python_know_digests_and_scripts() -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"x").digest()).rstrip(b"=").decode()
    text = f'a/__init__.py,sha256={digest},1\n../../../bin/a,sha256={digest},1\n"a, b.py",,\n'
    told = languages.record("usr/lib/python3.11/site-packages/a-1.dist-info/RECORD", text.encode())
    right = "sha256:" + hashlib.sha256(b"x").hexdigest()
    assert told.owned == {
        "usr/lib/python3.11/site-packages/a/__init__.py": right, "usr/bin/a": right,
        "usr/lib/python3.11/site-packages/a, b.py": "",
    }  # fmt: skip


def test_conda_knows_its_files_below_the_prefix() -> None:
    value = {
        "name": "openssl", "version": "3.1", "build": "h1", "channel": "conda-forge", "license": "Apache-2.0",
        "subdir": "linux-64", "files": ["lib/a.so"],
        "paths_data": {"paths": [{"_path": "lib/a.so", "sha256": "1" * 64, "sha256_in_prefix": "2" * 64}, 3]},
    }  # fmt: skip
    told = languages.conda("opt/conda/conda-meta/openssl-3.1-h1.json", json.dumps(value).encode())
    assert names(told.packages) == ["openssl 3.1"]
    assert told.owned == {"opt/conda/lib/a.so": "sha256:" + "2" * 64}
    for odd in (b"[]", b"{", b'{"name": 1}', b"[" * 100_000):
        assert languages.conda("conda-meta/x.json", odd).packages == ()


def test_npm_and_r() -> None:
    assert names(languages.npm("", b'{"name": "@a/b", "version": "1.2.3", "license": {}}').packages) == ["@a/b 1.2.3"]
    assert languages.npm("", b'{"private": true}').packages == ()
    built = b"Package: ggplot2\nVersion: 3.4.0\nDescription: long\n   text\nBuilt: R 4.3.1\n"
    assert names(languages.description("", built).packages) == ["ggplot2 3.4.0"]
    assert languages.description("", built.replace(b"Built", b"Other")).packages == ()


@pytest.mark.parametrize(
    "path",
    [
        "var/lib/dpkg/status", "var/lib/dpkg/status.d/libc6", "lib/apk/db/installed", "usr/lib/apk/db/installed",
        "var/lib/rpm/Packages", "usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/Packages.db",
        "opt/conda/conda-meta/a.json", "a/node_modules/@x/y/package.json", "a/x.egg-info", "a/x.egg-info/PKG-INFO",
        "a/b.egg/EGG-INFO/PKG-INFO", "usr/lib/R/library/a/DESCRIPTION", "rootfs/var/lib/dpkg/status",
    ],
)  # fmt: skip
def test_databases_are_known_by_their_place(path: str) -> None:
    assert reader_for(path)


@pytest.mark.parametrize("path", ["var/lib/dpkg/status-old", "app/package.json", "src/DESCRIPTION", "etc/status"])
def test_other_files_are_no_databases(path: str) -> None:
    assert reader_for(path) is None


def archive(**members: bytes | str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, data in members.items():
            made.writestr(name, data)
    return held.getvalue()


def test_java_archives_say_what_they_are_and_what_they_carry() -> None:
    data = archive(**{
        "META-INF/maven/org.apache/log4j-core/pom.properties": "#x\nversion=2.14.1\ngroupId=org.apache\nartifactId=log4j-core\n",
        "BOOT-INF/lib/jackson-databind-2.13.0.jar": b"PK", "META-INF/MANIFEST.MF": "Implementation-Version: 9.9\r\n",
    })  # fmt: skip
    found = list(jars.packages("app/log4j-core-2.14.1.jar", Memory(data), Limits()))
    assert names(tuple(found)) == ["org.apache:log4j-core 2.14.1", "jackson-databind 2.13.0"]
    plain = list(
        jars.packages("a/tool.jar", Memory(archive(**{"META-INF/MANIFEST.MF": "Bundle-Version: 1.2\n"})), Limits())
    )
    assert names(tuple(plain)) == ["tool 1.2"]
    assert list(jars.packages("a/tool.jar", Memory(archive(a=b"")), Limits())) == []


def elf(**sections: bytes) -> bytes:
    """A 64-bit program that is nothing but sections."""
    texts = b"\0" + b"".join(f".{name}".encode() + b"\0" for name in sections) + b".shstrtab\0"
    body, table = bytearray(64), b"\0" * 64
    held = {**{f".{name}": data for name, data in sections.items()}, ".shstrtab": texts}
    for name, data in held.items():
        at = len(body)
        table += struct.pack("<IIQQQQ16x8x", texts.index(name.encode() + b"\0"), 1, 0, 0x1000 + at, at, len(data))
        body += data
    place = len(body)
    head = (
        b"\x7fELF\x02\x01\x01"
        + b"\0" * 9
        + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, place, 0, 64, 0, 0, 64, len(held) + 1, len(held))
    )
    body[:64] = head
    return bytes(body + table)


MODULES = b"0" * 16 + (
    b"path\tcmd\nmod\texample.com/app\t(devel)\t\ndep\tgolang.org/x/net\tv0.1.0\th1:x=\n"
    b"dep\tgithub.com/old\tv1.0.0\n=>\tgithub.com/new\tv2.0.0\th1:y=\nbuild\tCGO_ENABLED=0\n"
) + b"1" * 16  # fmt: skip


def counted(data: bytes) -> bytes:
    length, out = len(data), b""
    while length >= 0x80:
        out += bytes([length & 0x7F | 0x80])
        length >>= 7
    return out + bytes([length]) + data


def test_programs_of_go_say_their_modules() -> None:
    info = b"\xff Go buildinf:\x08\x02" + b"\0" * 16 + counted(b"go1.21.3") + counted(MODULES)
    found = binaries.packages(io.BytesIO(elf(**{"go.buildinfo": info})))
    assert names(tuple(found)) == ["stdlib 1.21.3", "golang.org/x/net 0.1.0", "github.com/new 2.0.0"]


def test_older_programs_of_go_point_at_their_modules() -> None:
    data = bytearray(
        elf(**{"go.buildinfo": b"\xff Go buildinf:\x08\0" + b"\0" * 16, "data": b"\0" * 32 + b"go1.17" + MODULES})
    )
    at = data.index(b"\0" * 32 + b"go1.17")
    struct.pack_into("<QQQQ", data, at, 0x1000 + at + 32, 6, 0x1000 + at + 38, len(MODULES))
    struct.pack_into("<QQ", data, data.index(b"\xff Go") + 16, 0x1000 + at, 0x1000 + at + 16)
    assert names(tuple(binaries.packages(io.BytesIO(data))))[:2] == ["stdlib 1.17", "golang.org/x/net 0.1.0"]


def test_programs_of_rust_say_their_crates() -> None:
    value = {"packages": [
        {"name": "app", "version": "0.1.0", "source": "local", "root": True},
        {"name": "serde", "version": "1.0.1", "source": "crates.io"},
        {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
    ]}  # fmt: skip
    data = elf(**{"dep-v0": zlib.compress(json.dumps(value).encode())})
    assert names(tuple(binaries.packages(io.BytesIO(data)))) == ["serde 1.0.1"]


@pytest.mark.parametrize(
    "data",
    [
        elf(**{"go.buildinfo": b"nothing of the kind, but long enough to be one"}),
        elf(**{"go.buildinfo": b"\xff Go buildinf:\x08\x02" + b"\0" * 16 + b"\xff\xff\x03go"}),
        elf(**{"go.buildinfo": b"\xff Go buildinf:\x08\0" + b"\1" * 32}),
        elf(**{"go.buildinfo": b"\xff Go buildinf:\x03\0" + b"\1" * 32}),
        elf(**{"dep-v0": b"no zlib"}),
        elf(**{"dep-v0": zlib.compress(b"[" * 100_000)}),
        elf(**{"dep-v0": zlib.compress(b" " * (9 << 20))}),
    ],
)
def test_what_a_program_says_may_be_damaged(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        binaries.packages(io.BytesIO(data))


def test_other_programs_say_nothing() -> None:
    for data in (b"", b"\x7fELF", elf(text=b"x"), elf(text=b"x")[:80], b"\x7fELF\x09\x09" + b"\0" * 60):
        assert binaries.packages(io.BytesIO(data)) == []


@given(st.data())
def test_whatever_a_program_holds_it_is_read_or_refused(data: st.DataObject) -> None:
    info = b"\xff Go buildinf:\x08\0" + b"\0" * 16
    whole = bytearray(elf(**{"go.buildinfo": info, "dep-v0": zlib.compress(b"{}")}))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        binaries.packages(io.BytesIO(whole))
