"""URLs as targets: a file, a folder and all below it, or a glob, in the order of the names."""

import glob
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from mlsec_nb.config import Limits
from mlsec_nb.core import SKIPPED, CannotRead, Gap, Kind, Location, UsageError
from mlsec_nb.io.remote import Listed, Place, RemoteFile
from mlsec_nb.io.urls import shown

from .ignoring import Rules
from .kinds import by_name
from .magic import HEAD
from .walking import NAME, skipped_folder

_DEPTH = 100  # folders in folders
_AT_ONCE = 16  # requests for the first bytes of files: each waits for the network, not for us
# What a name says of a file that a web server gives; other addresses are servers.
_FILES = frozenset({Kind.NOTEBOOK, Kind.SOURCE, Kind.MANIFEST, Kind.MODEL, Kind.DATA})


@dataclass(frozen=True, slots=True)
class Remote:
    """A URL that is there, with what it names: None for a glob."""

    place: Place
    entry: Listed | None


@dataclass(frozen=True, slots=True)
class Met:
    """A file behind a URL: how it is shown, and its first bytes where they are needed."""

    name: str
    key: str  # one for each file, never shown
    content: RemoteFile
    head: bytes


def is_named_as_file(url: str) -> bool:
    """True for an address of the web whose path ends like a file that is scanned."""
    return by_name(shown(url).partition("://")[2].partition("/")[2].lower()) in _FILES


def plan(target: str, *, offline: bool) -> Remote:
    """Raises `UsageError` when the URL cannot be a target or nothing is there."""
    place = Place.of(target, offline=offline)
    is_glob = glob.has_magic(place.path) and not target.lower().startswith(("http://", "https://"))
    try:
        return Remote(place, place.info())
    except CannotRead as error:
        if is_glob:  # of which no file has the name
            return Remote(place, None)
        raise UsageError(f"{shown(target)}: {error}") from error


def files(remote: Remote, exclude: Rules | None, limits: Limits) -> Iterator[Met | Gap]:
    """Every file in order, and a gap for what is left out or cannot be read."""
    found = iter(_listed(remote, exclude))
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        while batch := list(islice(found, 4 * _AT_ONCE)):
            yield from threads.map(lambda one: one if isinstance(one, Gap) else _met(remote.place, one, limits), batch)


def _listed(remote: Remote, exclude: Rules | None) -> Iterable[Listed | Gap]:
    place, entry = remote.place, remote.entry
    if entry is None:
        return _globbed(place)
    return _walk(place, entry.path, exclude, 0) if entry.folder else [entry]


def _globbed(place: Place) -> list[Listed]:
    try:
        found = place.matching()
    except CannotRead as error:
        raise UsageError(f"{shown(place.url)}: {error}") from error
    if not found:
        raise UsageError(f"{shown(place.url)}: nothing matches")
    return found


def _walk(place: Place, folder: str, exclude: Rules | None, depth: int) -> Iterator[Listed | Gap]:
    try:
        entries = place.entries(folder)
    except CannotRead as error:
        yield _gap(place.named(folder), f"the folder cannot be listed: {error}", error.code)
        return
    for entry in entries:
        if reason := _left_out(entry, exclude, depth):
            yield _gap(place.named(entry.path), reason, SKIPPED)
        elif entry.folder:
            yield from _walk(place, entry.path, exclude, depth + 1)
        else:
            yield entry


def _left_out(entry: Listed, exclude: Rules | None, depth: int) -> str | None:
    if exclude and exclude.globs.says(entry.path.strip("/"), folder=entry.folder):
        return f"left out by {exclude.source}"
    if entry.folder and depth >= _DEPTH:
        return f"lies {_DEPTH} folders deep, the limit"
    return skipped_folder(entry.path.rstrip("/").rpartition("/")[2]) if entry.folder else None


def _met(place: Place, entry: Listed, limits: Limits) -> Met | Gap:
    """The file with its first bytes; without them where the name alone tells the kind.

    Most of what is looked at is notebooks: asking for the head of each would double the requests.
    """
    name = place.named(entry.path)
    try:
        content = place.file(entry)
        is_told = by_name(entry.path.lower()) is Kind.NOTEBOOK and content.size <= limits.text_bytes
        head = b"" if is_told else content.head(HEAD)
    except CannotRead as error:
        return _gap(name, str(error), error.code)
    return Met(name, place.full(entry.path), content, head)


def _gap(name: str, reason: str, code: str) -> Gap:
    return Gap(location=Location(path=name), scanner=NAME, reason=reason, code=code)
