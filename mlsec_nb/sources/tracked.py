"""Which files git tracks: an ignore rule does not hold for them, and what was committed by force is what leaks.

The index is read by ourselves, for running git in a stranger's repository can start what its configuration names.
Format: https://git-scm.com/docs/index-format
"""

import os
import struct
from collections.abc import Iterator

from mlsec_nb.core import CannotRead
from mlsec_nb.io.files import LocalFile

_LIMIT = 512 << 20  # bytes of an index; about four million files
_LONGEST = 4096  # bytes of a path
_FIXED = 62  # bytes of an entry before its name, with SHA-1


def tracked(repository: str) -> frozenset[str]:
    """Absolute paths of all tracked files and of the folders that they lie in; empty without an index to read."""
    found = {repository}
    try:
        index = LocalFile(os.path.join(_git_folder(repository), "index")).read(_LIMIT)
        budget = max(len(index) * 8, 1 << 20)  # characters of paths; what costs more was made to cost much
        for name in _names(index):
            path = os.path.join(repository, os.fsdecode(name).replace("/", os.sep))
            while path not in found and budget > 0:
                budget -= len(path)
                found.add(path)
                path = os.path.dirname(path)
    except (CannotRead, struct.error, IndexError, ValueError):
        return frozenset()
    return frozenset(found) if budget > 0 else frozenset()


def _git_folder(repository: str) -> str:
    """`.git`, or where it points to in worktrees and submodules."""
    git = os.path.join(repository, ".git")
    if os.path.isdir(git):
        return git
    line = LocalFile(git).read(1 << 16).decode("utf-8", "surrogateescape")
    return os.path.join(repository, line.removeprefix("gitdir:").strip())


def _names(data: bytes) -> Iterator[bytes]:
    magic, version, count = struct.unpack_from(">4sLL", data)
    if magic != b"DIRC" or version not in {2, 3, 4}:
        raise ValueError
    at, name = 12, b""
    for _ in range(count):
        begin = at
        flags = int.from_bytes(data[at + _FIXED - 2 : at + _FIXED], "big")
        at += _FIXED + (2 if version > 2 and flags & 0x4000 else 0)
        kept = 0
        if version == 4:
            dropped, at = _varint(data, at)
            kept = len(name) - dropped
        end = data.index(b"\0", at)
        name = name[:kept] + data[at:end]
        if len(name) > _LONGEST:
            raise ValueError
        at = end + 1 if version == 4 else begin + (end - begin) // 8 * 8 + 8
        yield name


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Git's variable-width number (as in pack files: each further byte adds one)."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1
