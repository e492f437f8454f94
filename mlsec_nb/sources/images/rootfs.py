"""A root filesystem, as an image of one layer."""

import os
import stat
from typing import Final

from mlsec_nb.config import Limits
from mlsec_nb.core import SKIPPED, CannotRead, Location
from mlsec_nb.core.image import Layer
from mlsec_nb.io.files import LocalFile, why

from .opened import Opened
from .tree import Node

MARKS: Final = ("etc/os-release", "usr/lib/os-release", "var/lib/dpkg", "lib/apk/db", "var/lib/rpm", "bin/sh")


def is_root(path: str) -> bool:
    """Whether a folder looks like the root of a system."""
    return any(os.path.lexists(os.path.join(path, name)) for name in MARKS)


def root(path: str, shown: str, limits: Limits) -> Opened:
    """A root filesystem as an image of one layer; links are not followed."""
    layer = Layer(index=0, digest="", diff_id="", created_by="", empty=False, size=0)
    image = Opened(shown, "", {}, [layer])
    try:
        device = os.stat(path).st_dev
    except OSError as error:
        raise CannotRead(why(error)) from error
    count = 0
    for folder, folders, files in os.walk(path, onerror=lambda error: _unlisted(image, shown, error)):
        folders.sort()
        for name in sorted([*folders, *files]):
            count += 1
            full = os.path.join(folder, name)
            if count > limits.members:
                image.tell(Location(path=shown), f"goes beyond {limits.members:,} entries, the limit", "too-big")
                return image
            try:
                node, where = _node(full, os.path.relpath(full, path))
            except OSError as error:
                _unlisted(image, shown, error)
                continue
            image.tree.put(node)
            if node.kind == "dir" and where != device:
                folders.remove(name)
                place = Location(path=shown, member=node.path)
                image.tell(place, "is another file system, which is mounted there", SKIPPED)
    image.tell_odd(shown)
    return image


def _unlisted(image: Opened, shown: str, error: OSError) -> None:
    member = os.path.basename(str(error.filename or "")) or None
    image.tell(Location(path=shown, member=member), why(error), "unreadable")


def _node(full: str, path: str) -> tuple[Node, int]:
    """What stands there, and on which device."""
    found = os.lstat(full)
    kinds = ((stat.S_ISDIR, "dir"), (stat.S_ISREG, "file"), (stat.S_ISLNK, "symlink"), (stat.S_ISFIFO, "fifo"))
    kind = next((kind for test, kind in kinds if test(found.st_mode)), "device")
    clean = path.replace(os.sep, "/").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    node = Node(clean, kind, found.st_size if kind == "file" else 0, stat.S_IMODE(found.st_mode), found.st_uid,
                found.st_gid, 0, os.readlink(full) if kind == "symlink" else "", None, LocalFile(full))  # fmt: skip
    return node, found.st_dev
