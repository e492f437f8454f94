"""What a package database tells: packages, and the files that belong to them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mlsec_nb.core import CannotRead

DEB: Final = "deb"
APK: Final = "apk"
RPM: Final = "rpm"
PYTHON: Final = "python"
CONDA: Final = "conda"
NPM: Final = "npm"
R: Final = "r"
JAVA: Final = "java"
GO: Final = "go"
RUST: Final = "rust"

OF_DISTRIBUTION: Final = frozenset({DEB, APK, RPM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One installed package; `source` and `source_version` are those of what it was built from, where they differ."""

    system: str
    name: str
    version: str
    arch: str = ""
    source: str = ""
    source_version: str = ""
    licence: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)


MOST: Final = 50_000  # packages of one image


def add(packages: list[Package], package: Package) -> None:
    """Keeps a package; raises `CannotRead` when there are too many."""
    if len(packages) >= MOST:
        raise CannotRead(f"has more than {MOST:,} packages, the limit", "too-big")
    packages.append(package)


Digests = dict[str, str]  # path of a file → "md5:…", "sha1:…", "sha256:…", or "" when none is recorded


@dataclass(frozen=True, slots=True)
class Told:
    """What one file of a database tells."""

    packages: tuple[Package, ...] = ()
    owned: Digests = field(default_factory=dict)
    system: str = ""  # of the files; needed where there is no package beside them


Read = Callable[[str, bytes], Told]


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """Paragraphs of `Key: value` lines as Debian, Python and R write them; further lines of a value stay joined."""
    found: dict[str, str] = {}
    key = ""
    for line in text.split("\n"):
        if not line.strip():
            if found:
                yield found
            found, key = {}, ""
        elif line[0] in " \t":
            if key:
                found[key] += "\n" + line.strip()
        else:
            key, colon, value = line.partition(":")
            if colon:
                found.setdefault(key, value.strip())
            else:
                key = ""
    if found:
        yield found
