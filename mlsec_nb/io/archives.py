"""What is inside zip, tar, gzip, bzip2 and xz: members as contents, within limits, and never on disk.

A scanner that must see what a loader would see (a broken zip, a tail that is another archive) reads the bytes itself.
"""

import re
from collections.abc import Iterator

from mlsec_nb.core import CannotRead, Content

from .members import Bounds, Member, Refused
from .streams import Unpacked, Zstandard
from .tars import is_tar, tar_members
from .zips import SMALL, zip_members

__all__ = ["Bounds", "Member", "Refused", "flatten", "format_of", "members"]

_HEADS = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x5d\0\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


def format_of(content: Content) -> str | None:
    """The format by the first bytes ("zip", "tar", "gzip", "bzip2", "xz", "zstd"), or None; raises `CannotRead`."""
    with content.open() as stream:
        head = stream.read(512)
    if is_tar(head):
        return "tar"
    return next((name for magic, name in _HEADS if head.startswith(magic)), None)


def members(content: Content, bounds: Bounds) -> Iterator[Member | Refused]:
    """The members of one archive, or of a compressed file; raises `CannotRead` when it is none, damaged or too much.

    What was given before an error still counts. An archive inside is a member like any other, see `flatten`.
    """
    kind = format_of(content)
    if kind is None:
        raise CannotRead("is no archive that is known here", "unsupported")
    if kind in {"zip", "tar"}:
        yield from _within(zip_members(content, bounds) if kind == "zip" else tar_members(content), bounds)
        return
    most = min(bounds.unpacked_bytes, max(content.size * bounds.ratio, SMALL))
    inner: Content = Zstandard(content, most) if kind == "zstd" else Unpacked(content, kind, most, declared=False)
    if format_of(inner) == "tar":
        yield from _within(tar_members(inner), bounds)
    else:
        yield Member("", inner)


def flatten(content: Content, bounds: Bounds, _name: str = "", _depth: int = 1) -> Iterator[Member | Refused]:
    """The members of an archive and of the archives in it, by names like `inner.zip!a.pkl`."""
    for member in members(content, bounds):
        name = f"{_name}!{member.name}" if _name and member.name else _name or member.name
        if isinstance(member, Refused):
            yield Refused(name, member.reason, member.code)
            continue
        try:
            if format_of(member.content) is None:
                yield Member(name, member.content)
            elif _depth >= bounds.depth:
                yield Refused(name, f"is an archive {_depth} archives deep, the limit", "too-big")
            else:
                yield from flatten(member.content, bounds, name, _depth + 1)
        except CannotRead as error:
            yield Refused(name, str(error), error.code)


def _within(found: Iterator[Member | Refused], bounds: Bounds) -> Iterator[Member | Refused]:
    """Counts members and declared bytes; a name that leads out of the archive is refused."""
    total = 0
    for number, member in enumerate(found, 1):
        if number > bounds.members:
            raise CannotRead(f"has more than {bounds.members:,} members, the limit", "too-big")
        if isinstance(member, Member):
            total += member.content.size
            if total > bounds.unpacked_bytes:
                raise CannotRead(f"unpacks to more than {bounds.unpacked_bytes:,} bytes, the limit", "too-big")
            if member.name.startswith("/") or ".." in member.name.split("/") or re.match(r"[A-Za-z]:", member.name):
                yield Refused(member.name, "its name leads out of the archive", "malformed")
                continue
        yield member
