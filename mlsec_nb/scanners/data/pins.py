"""What a pin is, and where the repository ends in which it stands."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlsec_nb.core import CannotScan

LIMIT = 64 << 20  # bytes of a file of pins
HEX = re.compile(r"[0-9a-fA-F]+\Z")
# Digests by their number of hexadecimal digits, as checksum lists leave it to be guessed.
BY_LENGTH = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
ROOTS = (".dvc", ".git", ".hg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One promise: what lies at `target` has this digest; `name` is how the pin calls it.

    `algorithm` is a name of hashlib, "md5-dos2unix" (DVC 2) or "git-blob".
    """

    target: Path
    name: str
    algorithm: str
    digest: str
    size: int | None = None
    line: int | None = None
    folder: bool = False
    input: bool = False  # of a stage: another version makes the lock stale
    optional: bool = False  # lists of downloads name more than was downloaded
    provenance: Mapping[str, str] | None = None  # where it comes from, as its pin says: stage, deps, remote, source


@dataclass(frozen=True, slots=True)
class Base:
    """The folder of a file of pins, and the repository that it stands in."""

    folder: Path
    root: Path

    @classmethod
    def of(cls, local: str | None) -> "Base":
        """The base of a file on this machine; raises `CannotScan` for one that is only in memory."""
        if local is None:
            raise CannotScan("is not on this machine's disk, so what it pins cannot be found", "unsupported")
        folder = Path(os.path.abspath(local)).parent  # noqa: PTH100 - links are left as they are
        home = next((place for place in (folder, *folder.parents) if any((place / n).exists() for n in ROOTS)), folder)
        return cls(folder, home)

    def find(self, name: str, folder: str = "") -> Path | None:
        """Where a pin's path leads; None when that is outside of the repository."""
        if "\0" in name or "\0" in folder:
            return None
        path = Path(os.path.normpath(self.folder / folder / name))
        return path if path.is_relative_to(self.root) else None


def line_of(text: str, digest: str) -> int | None:
    """The line in which a digest stands."""
    at = text.find(digest) if digest else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else None
