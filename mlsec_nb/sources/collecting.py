"""From what the user typed to what is audited."""

import contextlib
import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from mlsec_nb.config import Config, Limits
from mlsec_nb.core import SKIPPED, Artifact, CannotRead, Content, Gap, Inside, Kind, Location, UsageError
from mlsec_nb.io.endpoints import Endpoint
from mlsec_nb.io.files import LocalFile, Memory, read_bounded, why

from . import images
from .ignoring import Ignored, Rules, rules_of
from .inside import kind_inside
from .kinds import kind_of
from .magic import HEAD
from .walking import NAME, Entry, Walk, Wanted, shown

if TYPE_CHECKING:
    from .remote import Remote

STDIN = "-"
ALL = "all"


@dataclass(frozen=True, slots=True)
class Target:
    """One target as it was typed; with the folder to walk, if any, and what of it is wanted."""

    typed: str
    folder: str | None = None
    wanted: Wanted | None = None
    address: bool = False  # of a server
    remote: "Remote | None" = None


def collect(
    targets: Sequence[str | os.PathLike[str]],
    config: Config,
    *,
    stdin_filename: str | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Artifact | Gap]:
    """Every artifact of the targets (none given: the folder we are in), and a gap for what is left out.

    `-` is standard input, named `stdin_filename`. Raises `UsageError` before anything is read when a target is not
    there or cannot be a target.
    """
    planned = [_plan(os.fspath(target), offline=config.offline is True) for target in targets or (".",)]
    exclude = rules_of(config.exclude, os.path.realpath(config.root), "exclude")
    return _collected(planned, config, exclude, stdin_filename, stdin)


def _plan(target: str, *, offline: bool) -> Target:
    if target == STDIN:
        return Target(STDIN)
    if target.startswith("file://"):
        target = _of_file_url(target.removeprefix("file://"))
    if "://" in target:
        return _of_url(target, offline=offline)
    if not target or "\0" in target:
        raise UsageError(f"{target!r} is not a target")
    if os.path.isdir(target):
        return Target(target, target)
    if os.path.lexists(target):
        return Target(target)
    if glob.has_magic(target):
        return _glob(target)
    raise UsageError(f"{target}: there is no such file or folder")


def _of_file_url(path: str) -> str:
    """The path as it stands where it is there, else with its escapes resolved."""
    return path if os.path.lexists(path) else unquote(path)


def _of_url(target: str, *, offline: bool) -> Target:
    """A file or folder behind a URL, or the address of a server: of http, what is no file by its name."""
    from . import remote

    if target.lower().startswith(("http://", "https://")) and not remote.is_named_as_file(target):
        return Target(target, address=True)
    return Target(target, remote=remote.plan(target, offline=offline))


def _glob(target: str) -> Target:
    """A glob is a walk of the folder before its first wildcard, of which only what matches is wanted."""
    parts = target.replace(os.sep, "/").split("/")
    fixed = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    folder = "/".join(parts[:fixed]) or ("/" if target.startswith("/") else ".")
    if not os.path.isdir(folder):
        raise UsageError(f"{target}: there is no folder {folder}")
    base = os.path.realpath(folder)
    ways = ["/" + "/".join(parts[fixed:end]) for end in range(fixed + 1, len(parts) + 1)]
    wanted, leading = rules_of(ways[-1:], base, target), rules_of(ways, base, target)
    return Target(target, folder, Wanted(wanted, leading) if wanted and leading else None)


def _collected(
    targets: list[Target], config: Config, exclude: Rules | None, stdin_filename: str | None, stdin: BinaryIO | None
) -> Iterator[Artifact | Gap]:
    seen: set[str] = set()
    told: set[Gap] = set()
    for target in targets:
        if target.typed == STDIN:
            yield _standard_input(stdin, stdin_filename or "<stdin>", config.limits.text_bytes)
        elif target.address:
            yield Artifact(target.typed, Kind.API, Endpoint(target.typed))
        elif target.remote:
            yield from _fetched(target.remote, config, exclude, seen)
        elif target.folder is None:
            real = os.path.realpath(target.typed)
            if real not in seen:
                seen.add(real)
                yield artifact(Entry(target.typed, shown(os.path.normpath(target.typed))), config.limits)
        else:
            yield from _walked(target, config, exclude, seen, told)


def _fetched(target: "Remote", config: Config, exclude: Rules | None, seen: set[str]) -> Iterator[Artifact | Gap]:
    """The artifacts behind a URL, each once."""
    from . import remote

    for met in remote.files(target, exclude, config.limits):
        if isinstance(met, Gap):
            yield met
        elif met.key not in seen:
            seen.add(met.key)
            yield _artifact(met.name, met.content, met.head, config.limits)


def _walked(
    target: Target, config: Config, exclude: Rules | None, seen: set[str], told: set[Gap]
) -> Iterator[Artifact | Gap]:
    """What a walk meets, each gap once however many targets lead to it; a glob that meets nothing is a mistake."""
    nothing = True
    for met in Walk(target.folder or ".", Ignored().with_(exclude), target.wanted, seen):
        nothing = nothing and isinstance(met, Gap) and met.code == SKIPPED
        found = met if isinstance(met, Gap) else artifact(met, config.limits)
        if not isinstance(found, Gap) or found not in told:
            yield found
        if isinstance(found, Gap):
            told.add(found)
    if nothing and target.wanted and not any(target.wanted.rules.hold(real) for real in seen):
        raise UsageError(f"{target.typed}: nothing matches, or only what is left out")


def _standard_input(stdin: BinaryIO | None, name: str, limit: int) -> Artifact | Gap:
    stream = stdin or sys.stdin.buffer
    try:
        data = read_bounded(stream, limit)
    except (CannotRead, OSError) as error:
        code = error.code if isinstance(error, CannotRead) else "unreadable"
        return Gap(location=Location(path=name), scanner=NAME, reason=str(error), code=code)
    return Artifact(name.replace(os.sep, "/"), kind_of(name.replace(os.sep, "/"), data[:HEAD]), Memory(data))


def artifact(entry: Entry, limits: Limits) -> Artifact | Gap:
    """The artifact of a file, of the kind that its name and first bytes tell; a gap when it cannot be read."""
    if entry.folder:
        return Artifact(entry.shown, Kind.IMAGE, images.ImageContent(entry.folder, entry.shown, limits))
    content = LocalFile(entry.path)
    try:
        with content.open() as stream:
            head = stream.read(HEAD)
    except CannotRead as error:
        return Gap(location=Location(path=entry.shown), scanner=NAME, reason=str(error), code=error.code)
    except OSError as error:
        return Gap(location=Location(path=entry.shown), scanner=NAME, reason=why(error))
    return _artifact(entry.shown, content, head, limits)


def artifact_inside(inside: Inside, limits: Limits) -> Artifact:
    """The artifact of a file that was met inside another one; raises `CannotRead` when it cannot be read."""
    with inside.content.open() as stream:
        head = stream.read(HEAD)
    return _artifact(shown(inside.path), inside.content, head, limits)


def _artifact(path: str, content: Content, head: bytes, limits: Limits) -> Artifact:
    kind = kind_of(path, head)
    if kind is Kind.BINARY:
        kind = kind_inside(content, head, limits) or kind
    return Artifact(path, kind, images.ImageContent(content, path, limits) if kind is Kind.IMAGE else content)


def named_images(target: str, limits: Limits, *, offline: bool = True, platform: str = "") -> list[Artifact]:
    """The artifact of a target that is to be an image, root filesystems and registries too; `UsageError` if it is none.

    There is one artifact for each image of an archive, and with the platform "all" for each platform too.
    """
    content = images.packed(target, offline=offline)
    path = target if images.is_reference(target) else shown(os.path.normpath(target))
    found, files = [images.Which("" if platform == ALL else platform)], None
    with contextlib.suppress(CannotRead):  # which is told when the image is opened
        if platform == ALL or not isinstance(content, images.Remote):
            files = images.files_of(content, limits)
            found = _each(content, files, platform)
    return [
        Artifact(" ".join([path, *_told(which, platform)]), Kind.IMAGE,
                 images.ImageContent(content, path, limits, which, files))
        for which in found
    ]  # fmt: skip


def _each(content: Content, files: images.Blobs, platform: str) -> list[images.Which]:
    """Which images there are; with a registry or daemon, a name has one."""
    named = ([] if isinstance(content, images.Remote) else images.names(files)) or [""]
    if platform != ALL:
        return [images.Which(platform, name) for name in named]
    return [images.Which(one, name) for name in named for one in images.platforms(files, name) or [""]]


def _told(which: images.Which, platform: str) -> list[str]:
    words = [which.name, which.platform if platform == ALL else ""]
    return [f"({shown(word)})" for word in words if word]
