"""Every package of an image, with the layer that brought it in and the layer that took it out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead
from mlsec_nb.core.image import Entry, Image
from mlsec_nb.io.files import Memory

from .packages import DEB, MOST, OF_DISTRIBUTION, PYTHON, Digests, Package
from .systems import binaries, dpkg, jars, rpmdb
from .systems.registry import reader_for

DATABASE: Final = 128 << 20  # bytes of one database of rpm
TEXT: Final = 48 << 20  # bytes of any other
PROGRAM: Final = 64 << 20  # bytes of a program or Java archive that is kept in memory
_SMALLEST: Final = 16 << 10  # bytes; no linker of Go or Rust makes a smaller program
_DIRECT: Final = re.compile(r"(.*\.dist-info/)direct_url\.json")

_LOG: Final = "/rpm/rpmdb.sqlite-wal"

Version = tuple[Entry, tuple[Package, ...]]  # one version of a file, and what it tells


@dataclass(frozen=True, slots=True)
class Installed:
    """A package from the layer that added it to the one that took it away (None: it is still there)."""

    package: Package
    member: str
    since: int
    until: int | None


@dataclass(slots=True)
class Inventory:
    """What an image holds; `distribution` and `others` are the files of packages with their digests."""

    installed: list[Installed] = field(default_factory=list)
    distribution: dict[str, list[str]] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)
    unread: list[tuple[Entry, CannotRead]] = field(default_factory=list)
    twice: int = 0  # packages of Python that are files of the distribution's

    def owner(self, path: str) -> tuple[list[str], bool] | None:
        """Digests that are recorded for a file, and whether the distribution's packages hold it."""
        if (digests := self.distribution.get(path)) is not None:
            return digests, True
        digests = self.others.get(path)
        return None if digests is None else (digests, False)


def inventory(image: Image, limits: Limits) -> Inventory:
    """All packages; what could not be read of it stands in `unread`."""
    found = Inventory()
    folds = _folds(image)
    own = {match[1] for entry in image.entries() if (match := _DIRECT.fullmatch(entry.path))}
    versions: dict[str, list[Version]] = {}
    count = 0
    for entry in image.entries():
        read = reader_for(entry.path) if entry.kind in ("file", "hardlink") else None
        if read is None:
            if entry.path.endswith(_LOG) and entry.size and entry.gone is None:
                found.unread.append(
                    (entry, CannotRead("changes that rpm had not yet put into its database were not read"))
                )
            continue
        try:
            told = read(entry.path, image.read(entry, DATABASE if read is rpmdb.database else TEXT))
        except CannotRead as error:
            found.unread.append((entry, error))
            continue
        count += len(told.packages)
        if count > MOST:
            found.unread.append((entry, CannotRead(f"has more than {MOST:,} packages, the limit", "too-big")))
            break
        if told.packages or read not in (dpkg.listed, dpkg.md5sums):
            versions.setdefault(entry.path, []).append((entry, told.packages))
        if told.owned and not (told.system == PYTHON and entry.path.removesuffix("RECORD") in own):
            _own(found, told.owned, told.system, folds)
    versions |= _programs(image, found, limits)
    installed = [one for path, same in sorted(versions.items()) for one in spans(path, same)]
    found.installed = [one for one in installed if not _is_twice(one, found)]
    found.twice = len(installed) - len(found.installed)
    return found


def _folds(image: Image) -> dict[str, str]:
    """Folders of the root that are links, as `lib` is to `usr/lib`: databases know files by either name."""
    links = ((entry.path, entry.link) for entry in image.entries() if entry.kind == "symlink" and "/" not in entry.path)
    return {path: link.strip("/") for path, link in links if link and ".." not in link}


def _own(found: Inventory, owned: Digests, system: str, folds: dict[str, str]) -> None:
    files = found.distribution if system in OF_DISTRIBUTION else found.others
    for path, digest in owned.items():
        first, slash, rest = path.partition("/")
        if slash and first in folds:
            path = f"{folds[first]}/{rest}"  # noqa: PLW2901 - the same file by its other name
        digests = files.setdefault(path, [])
        if digest:
            digests.append(digest)


def _is_twice(one: Installed, found: Inventory) -> bool:
    """A package of Python that the distribution packed: its own package stands for it, with its own fixes."""
    return one.package.system not in {*OF_DISTRIBUTION, "conda"} and one.member in found.distribution


def spans(path: str, versions: Sequence[Version]) -> Iterator[Installed]:
    """From when to when each package was there, out of the versions of the file that tells of it, oldest first."""
    there: dict[Package, int] = {}
    gone: int | None = None
    for entry, packages in versions:
        now = set(packages)
        if gone is not None and gone != entry.layer:  # deleted, and made anew later
            yield from _closed(path, there, there, gone)
        yield from _closed(path, there, [package for package in there if package not in now], entry.layer)
        for package in packages:
            there.setdefault(package, entry.layer)
        gone = entry.gone
    if gone is not None:
        yield from _closed(path, there, there, gone)
    yield from (Installed(package, path, since, None) for package, since in there.items())


def _closed(path: str, there: dict[Package, int], packages: Iterable[Package], until: int) -> Iterator[Installed]:
    for package in list(packages):
        yield Installed(package, path, there.pop(package), until)


def _programs(image: Image, found: Inventory, limits: Limits) -> dict[str, list[Version]]:
    """Java archives, and programs that tell their modules; not those of the distribution, nor of Python's packages."""
    versions: dict[str, list[Version]] = {}
    for entry in image.entries():
        is_jar = entry.path.endswith(jars.SUFFIXES)
        is_program = bool(entry.mode & 0o111) and entry.size >= _SMALLEST
        if entry.kind != "file" or not (is_jar or is_program) or found.owner(entry.path):
            continue
        try:
            packages = _jar(image, entry, limits) if is_jar else _program(image, entry)
        except CannotRead as error:
            found.unread.append((entry, error))
            continue
        if packages:
            versions.setdefault(entry.path, []).append((entry, packages))
    return versions


def _jar(image: Image, entry: Entry, limits: Limits) -> tuple[Package, ...]:
    return tuple(jars.packages(entry.path, Memory(image.read(entry, PROGRAM)), limits))


def _program(image: Image, entry: Entry) -> tuple[Package, ...]:
    with image.open(entry) as stream:
        if stream.read(4) != binaries.ELF:
            return ()
        try:
            return tuple(dict.fromkeys(binaries.packages(stream)))
        except ValueError as error:
            raise CannotRead("what the program says of its modules is damaged", "malformed") from error


def of_system(found: Inventory, system: str = DEB) -> list[Installed]:
    """What is there now of one system."""
    return [one for one in found.installed if one.package.system == system and one.until is None]
