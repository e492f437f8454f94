"""Packages with the layers that they came and went with."""

import json

import pytest

from mlsec_nb.config import Limits
from mlsec_nb.scanners.containers.inventory import Inventory, inventory
from tests.scanners.containers.kit import File, Files, image


def status(*packages: str) -> bytes:
    lines = (
        "Package: {}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {}\n".format(*one.split())
        for one in packages
    )
    return "\n".join(lines).encode()


def metadata(name: str, version: str) -> bytes:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()


def history(*layers: Files) -> set[tuple[str, str, int, int | None]]:
    return {(one.package.name, one.package.version, one.since, one.until) for one in found(*layers).installed}


def found(*layers: Files) -> Inventory:
    return inventory(image(*layers), Limits())


DPKG = "var/lib/dpkg/status"
SITE = "usr/lib/python3/dist-packages"


def test_a_package_is_of_the_layer_that_added_it_whatever_else_that_layer_rewrote() -> None:
    assert history({DPKG: status("a 1")}, {DPKG: status("a 1", "b 1")}, {DPKG: status("a 2", "b 1")}) == {
        ("a", "1", 0, 2), ("a", "2", 2, None), ("b", "1", 1, None),
    }  # fmt: skip


def test_what_was_removed_and_added_again_is_of_the_later_layer() -> None:
    assert history({DPKG: status("a 1")}, {DPKG: status()}, {DPKG: status("a 1")}) == {
        ("a", "1", 0, 1), ("a", "1", 2, None),
    }  # fmt: skip


def test_what_goes_with_its_file_is_gone() -> None:
    path = "usr/lib/python3.11/site-packages/x-1.dist-info"
    assert history({f"{path}/METADATA": metadata("x", "1")}, {path: None}) == {("x", "1", 0, 1)}
    assert history({DPKG: status("a 1")}, {DPKG: None}, {DPKG: status("a 1")}) == {
        ("a", "1", 0, 1),
        ("a", "1", 2, None),
    }


def test_a_file_that_is_written_again_changes_nothing() -> None:
    path = "usr/lib/python3.11/site-packages/x-1.dist-info/METADATA"
    assert history({path: metadata("x", "1")}, {path: metadata("x", "1")}) == {("x", "1", 0, None)}


def test_python_of_the_distribution_is_not_counted_twice() -> None:
    layer: Files = {
        DPKG: status("python3-six 1.16-4"),
        "var/lib/dpkg/info/python3-six.list": f"/.\n/{SITE}/six-1.16.egg-info/PKG-INFO\n".encode(),
        f"{SITE}/six-1.16.egg-info/PKG-INFO": metadata("six", "1.16"),
        "usr/local/lib/python3.11/dist-packages/own-1.dist-info/METADATA": metadata("own", "1"),
    }
    told = found(layer)
    assert {one.package.name for one in told.installed} == {"python3-six", "own"}
    assert told.twice == 1


def test_databases_know_files_below_folders_that_are_links() -> None:
    told = found({"lib": "usr/lib", "var/lib/dpkg/info/libc6.md5sums": b"0" * 32 + b"  lib/libc.so\n"})
    assert told.owner("usr/lib/libc.so") == (["md5:" + "0" * 32], True)
    assert told.owner("lib/libc.so") is None


def test_a_package_that_was_not_installed_from_an_index_does_not_own_its_files() -> None:
    record = b"x/__init__.py,sha256=YQ,1\n"
    path = "usr/lib/python3.11/site-packages/x-1.dist-info"
    assert found({f"{path}/RECORD": record}).owner("usr/lib/python3.11/site-packages/x/__init__.py")
    own = found({f"{path}/RECORD": record, f"{path}/direct_url.json": b"{}"})
    assert own.owner("usr/lib/python3.11/site-packages/x/__init__.py") is None


def test_a_damaged_database_costs_nothing_else() -> None:
    told = found({"var/lib/rpm/rpmdb.sqlite": b"SQLite format 3\0 and no more", DPKG: status("a 1")})
    assert [one.package.name for one in told.installed] == ["a"]
    ((entry, error),) = told.unread
    assert (entry.path, error.code) == ("var/lib/rpm/rpmdb.sqlite", "malformed")


def test_changes_that_rpm_left_in_its_log_are_told() -> None:
    path = "var/lib/rpm/rpmdb.sqlite-wal"
    assert [entry.path for entry, _ in found({path: b"changes"}).unread] == [path]
    assert found({path: b""}).unread == []


@pytest.mark.parametrize("path", ["app/lib/commons-text-1.9.jar", "app/commons-text-1.9.war"])
def test_java_archives_count(path: str) -> None:
    data = b"PK\x05\x06" + b"\0" * 18
    assert history({path: data}, {path: None}) == {("commons-text", "1.9", 0, 1)}


def test_what_is_called_an_archive_and_is_none_is_said() -> None:
    assert [error.code for _, error in found({"app/a-1.jar": b"no archive at all"}).unread] == ["unsupported"]


def test_programs_that_tell_nothing_are_no_packages() -> None:
    told = found({
        "usr/bin/tool": File(b"\x7fELF" + b"\0" * 20_000, 0o755),
        "usr/bin/script": File(b"#!/bin/sh\n" + b"#" * 20_000, 0o755),
    })  # fmt: skip
    assert told.installed == []
    assert told.unread == []


def test_conda_and_its_python_both_count() -> None:
    conda = json.dumps({"name": "numpy", "version": "1.26.0", "files": []}).encode()
    assert history({
        "opt/conda/conda-meta/numpy-1.26.0-0.json": conda,
        "opt/conda/lib/python3.11/site-packages/numpy-1.26.0.dist-info/METADATA": metadata("numpy", "1.26.0"),
    }) == {("numpy", "1.26.0", 0, None)}  # fmt: skip
