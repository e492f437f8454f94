"""Debian's packages: https://manpages.debian.org/dpkg-query, and the files below /var/lib/dpkg."""

import re
from typing import Final

from mlsec_nb.scanners.containers.packages import DEB, Digests, Package, Told, add, stanzas

_SOURCE: Final = re.compile(r"(\S+)(?:\s+\(([^)]+)\))?")
_MD5: Final = re.compile(r"[0-9a-f]{32}")


def status(path: str, data: bytes) -> Told:
    """`status`, or a file of `status.d` as images without a package manager have it."""
    del path
    packages, owned = list[Package](), Digests()
    for fields in stanzas(data.decode("utf-8", "replace")):
        if not _is_installed(fields.get("Status")) or "Package" not in fields or not fields.get("Version"):
            continue
        add(packages, _package(fields))
        for line in fields.get("Conffiles", "").split("\n"):
            words = line.split()
            if len(words) >= 2 and _MD5.fullmatch(words[1]):
                owned[words[0].lstrip("/")] = f"md5:{words[1]}"
    return Told(tuple(packages), owned, DEB)


def _is_installed(status: str | None) -> bool:
    """Packages that were removed but for their configuration are not; images without a package manager say nothing."""
    return status is None or status.split()[-1:] == ["installed"]


def _package(fields: dict[str, str]) -> Package:
    found = _SOURCE.match(fields.get("Source", ""))
    name, version = fields["Package"], fields["Version"]
    return Package(
        system=DEB, name=name, version=version, arch=fields.get("Architecture", ""),
        source=found[1] if found else name, source_version=(found[2] if found else None) or version,
    )  # fmt: skip


def md5sums(path: str, data: bytes) -> Told:
    """Digests of the files of one package."""
    del path
    owned = Digests()
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        digest, _, name = line.partition("  ")
        if _MD5.fullmatch(digest) and name:
            owned[name.removeprefix("./").lstrip("/")] = f"md5:{digest}"
    return Told(owned=owned, system=DEB)


def listed(path: str, data: bytes) -> Told:
    """Names of the files and folders of one package."""
    del path
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    return Told(owned={line[1:]: "" for line in lines if len(line) > 2 and line[0] == "/"}, system=DEB)
