"""Java archives: what they say they are, or what their name says."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, Content
from mlsec_nb.io.archives import Member, members
from mlsec_nb.scanners.containers.packages import JAVA, Package

SUFFIXES: Final = (".jar", ".war", ".ear", ".hpi", ".jpi")
_NAMED: Final = re.compile(r"(?P<name>[A-Za-z][\w.+-]*?)-(?P<version>\d[\w.+-]*)\Z")
_FIELD: Final = re.compile(r"(?m)^(groupId|artifactId|version)[ \t]*[=:][ \t]*(\S+)[ \t]*\r?$")
_SMALL: Final = 64 << 10  # bytes of a file of properties or a manifest


def packages(path: str, content: Content, limits: Limits) -> Iterator[Package]:
    """The archive itself and the archives that it carries; raises `CannotRead` for what is no archive."""
    found: dict[tuple[str, str], Package] = {}
    manifest = b""
    for member in members(content, limits):
        if not isinstance(member, Member):
            continue
        if member.name.startswith("META-INF/maven/") and member.name.endswith("/pom.properties"):
            package = _of_properties(member.content.read(_SMALL))
        elif member.name.endswith(SUFFIXES):
            package = _of_name(member.name)
        else:
            package = None
            if member.name == "META-INF/MANIFEST.MF":
                manifest = _bounded(member.content)
        if package:
            found.setdefault((package.name.rpartition(":")[2], package.version), package)
    own = _of_name(path) or _of_manifest(path, manifest)
    if own and not any(key[0] == own.name for key in found):
        found[own.name, own.version] = own
    yield from found.values()


def _bounded(content: Content) -> bytes:
    try:
        return content.read(_SMALL)
    except CannotRead:
        return b""


def _of_properties(data: bytes) -> Package | None:
    fields = dict(_FIELD.findall(data.decode("utf-8", "replace")))
    name, version = fields.get("artifactId"), fields.get("version")
    if not name or not version:
        return None
    group = fields.get("groupId", "")
    return Package(system=JAVA, name=f"{group}:{name}" if group else name, version=version)


def _of_name(path: str) -> Package | None:
    found = _NAMED.match(PurePosixPath(path).stem)
    return Package(system=JAVA, name=found["name"], version=found["version"]) if found else None


def _of_manifest(path: str, data: bytes) -> Package | None:
    text = data.decode("utf-8", "replace")
    for key in ("Implementation-Version", "Bundle-Version", "Specification-Version"):
        if found := re.search(rf"(?m)^{key}:[ \t]*(\d[\w.+-]*)[ \t]*\r?$", text):
            return Package(system=JAVA, name=PurePosixPath(path).stem, version=found[1])
    return None
