"""Git LFS: pointers that stand where data should be, and data that is not what its pointer says.

https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

import re
from collections.abc import Iterator
from pathlib import Path

from mlsec_nb.core import CannotScan, Finding, Gap
from mlsec_nb.io import git

from .pins import Base, Pin
from .rules import named

POINTER = 1024  # bytes; the specification's own limit
_HEAD = b"version https://git-lfs.github.com/spec/v"
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_SIZE = re.compile(rb"^size (\d{1,18})$", re.MULTILINE)


def is_pointer(data: bytes) -> bool:
    return data.startswith(_HEAD)


def promised(data: bytes) -> tuple[str, int] | None:
    """The SHA-256 and the size that a pointer names."""
    oid, size = _OID.search(data), _SIZE.search(data)
    return (oid[1].decode(), int(size[1])) if is_pointer(data) and oid and size else None


def pins(base: Base) -> Iterator[Pin | Finding | Gap]:
    """What the index of a repository promises of the files below a `.gitattributes` that hands them to LFS."""
    if not (base.root / ".git").exists():
        return
    inside = base.folder.relative_to(base.root).as_posix()
    listed = git.git(base.root, "ls-files", "--stage", "-z", "--", inside)
    named_in = dict(_staged(listed))
    sizes = dict(_sizes(base.root, set(named_in.values())))
    try:
        for name, oid in sorted(named_in.items()):
            size = sizes.get(oid, POINTER)
            if size >= POINTER:
                continue
            data = git.Blob(str(base.root), oid, size).read(POINTER)
            told = promised(data)
            path = base.root / name
            if told and not _is_still_pointer(path, data):
                yield Pin(
                    target=path, name=named(name), algorithm="sha256", digest=told[0], size=told[1], optional=True
                )
    finally:
        git.close(str(base.root))


def _staged(listed: bytes) -> Iterator[tuple[str, str]]:
    """Name and blob of every regular file of `git ls-files --stage -z`."""
    for entry in listed.split(b"\0"):
        head, _, name = entry.partition(b"\t")
        words = head.split(b" ")
        if len(words) == 3 and words[0].startswith(b"100"):
            yield name.decode("utf-8", "surrogateescape"), words[1].decode()


def _sizes(root: Path, wanted: set[str]) -> Iterator[tuple[str, int]]:
    try:
        found = git.blobs(root)
    except CannotScan:
        return
    yield from ((oid, size) for oid, size in found if oid in wanted)


def _is_still_pointer(path: Path, pointer: bytes) -> bool:
    """A pointer that was not replaced by its data is told where it is met as a file."""
    try:
        with path.open("rb") as stream:
            return stream.read(POINTER) == pointer
    except OSError:
        return False
