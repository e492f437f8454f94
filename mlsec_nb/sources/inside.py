"""What kind an archive or compressed file is, by what is in it; only names and the first bytes are looked at."""

import contextlib
from itertools import islice

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, Content, Kind
from mlsec_nb.io.archives import format_of, members
from mlsec_nb.io.streams import Unpacked

from .magic import HEAD, kind_of_bytes, kind_of_members

_NAMES = 2_000
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


def kind_inside(content: Content, head: bytes, limits: Limits) -> Kind | None:
    """The kind that the inside tells, or None: it is no archive, cannot be read, or holds nothing that tells."""
    try:
        if head.startswith(_ZLIB):
            return kind_of_bytes(_first_bytes(Unpacked(content, "zlib", limits.unpacked_bytes, declared=False)))
        kind = format_of(content)
        if kind in {"gzip", "bzip2", "xz"}:
            unpacked = Unpacked(content, kind, limits.unpacked_bytes, declared=False)
            return kind_of_bytes(_first_bytes(unpacked))
        return kind_of_members(_names(content, limits)) if kind else None
    except (CannotRead, OSError):
        return None


def _first_bytes(content: Content) -> bytes:
    with content.open() as stream:
        return stream.read(HEAD)


def _names(content: Content, limits: Limits) -> list[bytes]:
    names: list[bytes] = []
    with contextlib.suppress(CannotRead):  # the names until then tell, too
        names.extend(
            member.name.encode("utf-8", "surrogatepass") for member in islice(members(content, limits), _NAMES)
        )
    return names
