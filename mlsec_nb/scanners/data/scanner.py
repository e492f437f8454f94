"""The scanner of the room: pins first, then what the data holds."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from mlsec_nb.config import Settings
from mlsec_nb.core import SKIPPED, Artifact, CannotRead, Component, Content, Document, Finding, Gap, Kind, Rule
from mlsec_nb.io import tables
from mlsec_nb.io.files import LocalFile

from . import checks, drift, dvc, labelled, lfs, lists, profile, stores, suites
from .content import harmful
from .personal import personal
from .pins import LIMIT, Base, Pin
from .rules import NAME, Teller, catalogue, named
from .verify import Verifier


def build(settings: Settings) -> "DataScanner":
    """The scanner with its options."""
    return DataScanner(settings)


class DataScanner:
    """Says whether data is what its pins promise, and what in it harms."""

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(catalogue().values())

    def wants(self, artifact: Artifact) -> bool:
        if artifact.kind is Kind.DATA:
            return True
        name = PurePosixPath(artifact.path).name
        return _is_pins(name) or _may_be_pointer(artifact) or self._hub(artifact) is not None

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        artifact = document.artifact
        if document.segments and artifact.kind is Kind.DATA:  # a piece of a data file's text
            yield from harmful(document, self.settings.key)
            yield from personal(document, self.settings.key)
            return
        teller = Teller(artifact.path, self.settings.key)
        name = PurePosixPath(artifact.path).name
        if _is_pins(name):
            yield from self._pins(artifact, name, teller)
            return
        if (gap := _pointer(artifact, teller)) is not None:
            yield gap
            return
        if pin := self._hub(artifact):
            yield from Verifier(Base.of(artifact.content.local), teller, self.settings.limits).check(pin)
        if artifact.kind is Kind.DATA and tables.format_of(artifact.content, artifact.path):
            yield from self._table(artifact, teller)

    def _table(self, artifact: Artifact, teller: Teller) -> Iterator[Finding | Gap]:
        """What the columns of a table say: by themselves where there are labels, and beside an earlier profile."""
        old, label = self._expected(), self.settings.options.get("label")
        wanted = self._checks()
        if old is None and label is None and not wanted and not labelled.may_be(artifact.content):
            return
        if old is None and label is None and not wanted and not tables.is_there():
            yield teller.gap(f"its labels were not searched for triggers: it {tables.MISSING}", SKIPPED)
            return
        with tables.opened(artifact.content, artifact.path) as table:
            yield from labelled.suspicions(table, None if label is None else str(label), teller)
            yield from checks.judged(wanted, table, teller)
            if old is None:
                return
            if table.loose:
                reason = "has lines that do not fit its columns, so it was not compared with a profile"
                yield teller.gap(reason, "malformed")
                return
            new = profile.of(table, old)
        for change in drift.changes(old, new):
            column = named(change.column) if change.column is not None else None
            part = f"column {column}" if column is not None else None
            told = f"{column}: {change.told}" if column is not None else change.told
            yield teller.found(change.rule, told, told, part=part, severity=change.severity, details=change.numbers)

    def _checks(self) -> list[checks.Check]:
        path = self.settings.options.get("checks")
        if path is None:
            return []
        text = LocalFile(suites.parted(str(path))[0]).read(LIMIT).decode("utf-8", "replace")
        return suites.load(text, str(path))

    def _expected(self) -> profile.Profile | None:
        """The profile that data is held against: a file of one, or other data."""
        if (path := self.settings.options.get("profile")) is not None:
            return _profiles(str(path), LocalFile(str(path)).read(LIMIT))
        if (path := self.settings.options.get("against")) is not None:
            return _profile_of(str(path))
        return None

    def _hub(self, artifact: Artifact) -> Pin | None:
        local = artifact.content.local
        return lists.of_hub(local) if local and artifact.kind is not Kind.IMAGE else None

    def _pins(self, artifact: Artifact, name: str, teller: Teller) -> Iterator[Finding | Gap | Component]:
        text = artifact.content.read(LIMIT).decode("utf-8-sig", "replace")
        if name == ".gitattributes" and "filter=lfs" not in text:
            return
        if lists.is_descriptor(name) and not ("hash" in text or "sha256" in text or "md5" in text):
            return
        base = Base.of(artifact.content.local)
        verifier = Verifier(base, teller, self.settings.limits)
        for item in _promises(text, name, base, teller):
            if not isinstance(item, Pin):
                yield item
                continue
            wrong = list(verifier.check(item))
            yield from wrong
            if item.provenance is not None:
                yield _dataset(item, teller, verified=not wrong)
                if self.settings.options.get("remotes"):
                    yield from stores.checked(item, base, teller)


def _dataset(pin: Pin, teller: Teller, *, verified: bool) -> Component:
    """A pinned file or folder as an inventory and a policy see it."""
    told = {"verified": "yes" if verified else "no", "pinned": pin.algorithm, **(pin.provenance or {})}
    if pin.algorithm == "md5" and not pin.folder:
        told["md5"] = pin.digest
    return Component(
        name=pin.name, kind="dataset", location=teller.place(pin.line), version=pin.digest,
        properties={key: value for key, value in told.items() if value},
    )  # fmt: skip


@lru_cache(maxsize=4)
def _profiles(path: str, text: bytes) -> profile.Profile:
    return profile.load(text.decode("utf-8", "replace"), path)


@lru_cache(maxsize=4)
def _profile_of(path: str) -> profile.Profile:
    return measured(LocalFile(path), path)


def measured(content: Content, path: str) -> profile.Profile:
    """The profile of a data file; raises `CannotRead` when it is no table that can be read whole."""
    with tables.opened(content, path) as table:
        if table.loose:
            raise CannotRead(f"{path}: has lines that do not fit its columns", "malformed")
        return profile.of(table)


def _is_pins(name: str) -> bool:
    return (
        name in {"dvc.lock", ".gitattributes"}
        or (name.endswith(".dvc") and name != ".dvc")
        or lists.is_list(name)
        or lists.is_descriptor(name)
    )


def _promises(text: str, name: str, base: Base, teller: Teller) -> Iterator[Pin | Finding | Gap]:
    if name == "dvc.lock" or name.endswith(".dvc"):
        yield from dvc.pins(text, base, teller, lock=name == "dvc.lock")
    elif name == ".gitattributes":
        yield from lfs.pins(base)
    elif lists.is_descriptor(name):
        yield from lists.of_descriptor(text, base, teller)
    else:
        yield from lists.of_list(text, name, base, teller)


def _may_be_pointer(artifact: Artifact) -> bool:
    return artifact.kind in {Kind.DATA, Kind.MODEL, Kind.BINARY} and 100 < artifact.content.size < lfs.POINTER


def _pointer(artifact: Artifact, teller: Teller) -> Gap | None:
    """A pointer that stands where its data should be: there is nothing to look at."""
    if artifact.content.size >= lfs.POINTER:
        return None
    try:
        told = lfs.promised(artifact.content.read(lfs.POINTER))
    except CannotRead:
        return None
    if told is None:
        return None
    return teller.gap(f"is a pointer of Git LFS; its data ({told[1]:,} bytes) is not here (`git lfs pull`)")
