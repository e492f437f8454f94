"""A pin against what lies there."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from mlsec_nb.config import Limits
from mlsec_nb.core import SKIPPED, CannotRead, Finding, Gap

from . import dvc, hashing
from .pins import Base, Pin
from .rules import Teller, named

MOST = 50  # files of one folder that are told one by one


@dataclass(frozen=True, slots=True)
class Verifier:
    """Compares pins with the files of one repository; always by their bytes."""

    base: Base
    teller: Teller
    limits: Limits

    def check(self, pin: Pin) -> Iterator[Finding | Gap]:
        """What is wrong with one pinned file or folder; nothing when it is what it was."""
        if not os.path.lexists(pin.target):
            if not pin.input:
                code = SKIPPED if pin.optional else "unreadable"
                yield self.teller.gap(f"{pin.name} is pinned but not here, so it was not verified", code, pin.line)
            return
        try:
            if pin.folder:
                yield from self._folder(pin)
            elif pin.target.is_dir():
                yield self._changed(pin, f"{pin.name} is a folder, but a file is pinned", "a folder")
            else:
                yield from self._file(pin)
        except CannotRead as error:
            yield self.teller.gap(f"{pin.name}: {error}, so it was not verified", error.code, pin.line)

    def _file(self, pin: Pin) -> Iterator[Finding]:
        if pin.size is not None and pin.algorithm != "md5-dos2unix":
            size = pin.target.stat().st_size
            if size != pin.size:
                told = f"{pin.name} has {size:,} bytes, {pin.size:,} are pinned"
                yield self._changed(pin, told, f"{size} bytes")
                return
        actual = hashing.of_file(pin.target, pin.algorithm)
        if actual != pin.digest:
            yield self._changed(pin, f"{pin.name} is not what is pinned: its {_told(pin, actual)}", actual[:12])

    def _folder(self, pin: Pin) -> Iterator[Finding]:
        listed, is_sound = dvc.manifest(pin, self.base)
        if not is_sound:
            told = f"the list of {pin.name} in the cache does not have the digest that it is kept under"
            yield self.teller.found("DATA-PIN-CACHE", pin.name, told, line=pin.line)
        if not pin.target.is_dir():
            yield self._changed(pin, f"{pin.name} is a file, but a folder is pinned", "a file")
            return
        ignored = hashing.ignored_by(self.base.root, pin.target)
        there = dict(hashing.walk(pin.target, ignored, self.limits.members))
        digests = hashing.of_files(there, pin.algorithm)
        if hashing_of(digests) == pin.digest:
            return
        if listed is None or pin.input:
            actual = hashing_of(digests)
            told = f"{pin.name} is not what is pinned: its {_told(pin, actual)}"
            if listed is None:
                told += "; the list of the folder is not in the cache, so the file cannot be named"
            yield self._changed(pin, told, actual[:12])
            return
        yield from self._compared(pin, listed, digests)

    def _compared(self, pin: Pin, listed: dict[str, str], there: dict[str, str]) -> Iterator[Finding]:
        different = sorted(name for name in listed.keys() | there.keys() if listed.get(name) != there.get(name))
        for name in different[:MOST]:
            shown = f"{pin.name}/{named(name)}"
            if name not in there:
                yield self.teller.found("DATA-REMOVED", shown, f"{shown} is pinned but not there", line=pin.line)
            elif name not in listed:
                yield self.teller.found("DATA-ADDED", shown, f"{shown} is there but not pinned", line=pin.line)
            else:
                told = f"{shown} is not what is pinned"
                yield self.teller.found("DATA-CHANGED", f"{shown}: {there[name][:12]}", told, line=pin.line)
        rest = len(different) - MOST
        if rest > 0:
            yield self._changed(pin, f"{rest} further files of {pin.name} are not as pinned", f"{rest} further files")
        if not different:
            told = f"{pin.name}: every file is as listed, but the digest of the list is another"
            yield self._changed(pin, told, "the list")

    def _changed(self, pin: Pin, told: str, shown: str) -> Finding:
        if pin.input:
            return self.teller.found("DATA-STALE", f"{pin.name}: {shown}", told, line=pin.line)
        return self.teller.found("DATA-CHANGED", f"{pin.name}: {shown}", told, line=pin.line,
                                 details={"algorithm": pin.algorithm, "pinned": pin.digest})  # fmt: skip


def hashing_of(digests: dict[str, str]) -> str:
    """The digest of a folder in DVC's way."""
    return hashlib.md5(hashing.listing(digests), usedforsecurity=False).hexdigest()


def _told(pin: Pin, actual: str) -> str:
    name = pin.algorithm.removesuffix("-dos2unix")
    return f"{name} begins with {actual[:12]}, the pinned one with {pin.digest[:12]}"
