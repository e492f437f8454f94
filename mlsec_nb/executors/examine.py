"""One artifact in, everything about it out."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import PurePosixPath
from types import FrameType

from mlsec_nb import notebooks, sources, triage
from mlsec_nb.config import Config
from mlsec_nb.core import (
    SKIPPED,
    Artifact,
    CannotRead,
    CannotScan,
    Component,
    Document,
    Finding,
    Gap,
    Inside,
    Kind,
    Location,
    Scanner,
)
from mlsec_nb.scanners import KINDS, OF_ANY_TEXT, available, marks

from .inside import moved
from .scanned import Scanned, unknown_files

Item = Finding | Gap | Component | Inside


@dataclass(slots=True)
class Late:
    """A scanner that is imported and built when the first artifact comes that it may want."""

    name: str
    build: Callable[[], Scanner]
    marks: tuple[str, ...] = ()  # of which one must stand in a notebook
    built: Scanner | None = None

    def for_(self, artifact: Artifact) -> Scanner | None:
        """The scanner, if it wants the artifact."""
        kinds = KINDS.get(self.name)
        if kinds is not None and artifact.kind not in kinds:
            return None
        scanner = self.scanner()
        return scanner if scanner.wants(artifact) else None

    def scanner(self) -> Scanner:
        self.built = self.built or self.build()
        return self.built


def chosen(config: Config) -> list[Late]:
    """The scanners that `only` and `skip` leave, in the order of their registration."""
    return [
        Late(name, partial(build, config.settings(name)), marks(name, config.settings(name)))
        for name, build in available().items()
        if (not config.only or name in config.only) and name not in config.skip
    ]


def examine(
    artifact: Artifact, scanners: Sequence[Late], config: Config, foreign: triage.Foreign | None = None
) -> Scanned:
    """Read the artifact once and let every scanner that wants it look; nothing that was found is ever lost.

    `foreign` is what the files of other tools already know, for triage.
    """
    waiting = [late for late in scanners if late.marks and artifact.kind is Kind.NOTEBOOK]
    try:
        wanted = [scanner for late in scanners if late not in waiting and (scanner := late.for_(artifact))]
    except CannotRead as error:  # it went away since it was collected
        return Scanned(artifact, gaps=[_gap(artifact, "reader", str(error), error.code)], scanners=("reader",))
    texts = [late.scanner() for late in scanners if late.name in OF_ANY_TEXT] if artifact.kind is Kind.DATA else []
    names = [*(scanner.name for scanner in (*wanted, *texts)), *(late.name for late in waiting)]
    scanned = Scanned(artifact, scanners=tuple(dict.fromkeys(names)))
    if not scanned.scanners:
        return scanned
    document = _document(artifact, config, scanned)
    if document is None:
        return scanned
    scanned.gaps.extend(document.gaps)
    wanted += [late.scanner() for late in waiting if _stands_in(document, late.marks)]
    findings: dict[object, Finding] = {}
    for scanner, part in chain(((s, document) for s in wanted), _windows(artifact, texts, config, scanned)):
        for item in _results(scanner, part, config):
            if isinstance(item, Inside):
                _look_inside(item, scanned, scanners, config, foreign)
            elif isinstance(item, Finding):
                # pieces overlap, and the same value stands in many rows
                key = len(findings) if part is document else (item.rule.id, item.location, item.evidence)
                findings.setdefault(key, item)
            else:
                scanned.add(item)
    if scanned.unknown:
        scanned.gaps.append(_gap(artifact, "executor", unknown_files(scanned.unknown), SKIPPED))
    if findings:
        from mlsec_nb import fixes  # not needed for most files

        own = fixes.mended(document, triage.once(list(findings.values())))
        scanned.judged = [*triage.inline(document, own, foreign), *scanned.judged]
    return scanned


def _stands_in(document: Document, words: Sequence[str]) -> bool:
    texts = [cell.source.text for cell in document.cells] or [segment.text for segment in document.segments]
    return any(word in text for text in texts for word in words)


def _look_inside(
    inside: Inside, scanned: Scanned, scanners: Sequence[Late], config: Config, foreign: triage.Foreign | None
) -> None:
    """Examine a file that was met inside the artifact, and tell what is in it at its place there."""
    try:
        artifact = sources.artifact_inside(inside, config.limits)
    except CannotRead as error:
        scanned.gaps.append(Gap(location=inside.place, scanner="reader", reason=str(error), code=error.code))
        return
    if artifact.kind is Kind.IMAGE:  # which may hold images without end
        reason = "is an image inside of another one: it was not opened, name it itself"
        scanned.gaps.append(Gap(location=inside.place, scanner="executor", reason=reason, code="unsupported"))
        return
    if inside.kinds is None or artifact.kind in inside.kinds:
        found = moved(examine(artifact, scanners, config, foreign), inside)
        other = [gap for gap in found.gaps if inside.kinds is None or gap.code != "unsupported"]
        if not found.scanners or len(other) < len(found.gaps):  # by its name alone it was of a kind that was asked for
            scanned.unknown[PurePosixPath(artifact.path).suffix or "no suffix"] += 1
        scanned.judged += found.judged
        scanned.gaps += other
        scanned.components += found.components


def _document(artifact: Artifact, config: Config, scanned: Scanned) -> Document | None:
    if not artifact.is_text:
        return Document(artifact=artifact)
    try:
        return notebooks.read(artifact, config.limits)
    except CannotRead as error:
        scanned.gaps.append(_gap(artifact, "reader", str(error), error.code))
        return None


def _windows(
    artifact: Artifact, scanners: Sequence[Scanner], config: Config, scanned: Scanned
) -> Iterator[tuple[Scanner, Document]]:
    """What stands in a data file, piece by piece, for those who judge a text by itself."""
    if not scanners:
        return
    try:
        for part in notebooks.windows(artifact, config.limits):
            scanned.gaps.extend(part.gaps)
            yield from ((scanner, part) for scanner in scanners if part.segments)
    except CannotRead as error:
        scanned.gaps.append(_gap(artifact, "reader", str(error), error.code))


def _results(scanner: Scanner, document: Document, config: Config) -> Iterator[Item]:
    """What the scanner yields; its giving up, its crash and its time-out become a last `Gap`."""
    artifact = document.artifact
    try:
        yield from _in_time(scanner.scan(document), config.limits.seconds)
    except CannotRead as error:
        yield _gap(artifact, scanner.name, str(error), error.code)
    except Exception as error:  # noqa: BLE001 - a crash of one scanner must cost neither the others nor what it found
        # The message of an unforeseen error may quote what was scanned; its type and place cannot.
        yield _gap(artifact, scanner.name, f"the scanner crashed: {type(error).__name__} {_where(error)}", "failed")


def _in_time(found: Iterator[Item], seconds: float) -> Iterator[Item]:
    """The items until the time is over; what is done with them meanwhile is not the scanner's time."""
    left = seconds
    while True:
        began = time.monotonic()
        with _deadline(max(left, 1e-3), seconds):
            item = next(found, None)
        if item is None:
            return
        left -= time.monotonic() - began
        yield item


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace else ""


def _gap(artifact: Artifact, scanner: str, reason: str, code: str) -> Gap:
    return Gap(location=Location(path=artifact.path), scanner=scanner, reason=reason, code=code)


@contextmanager
def _deadline(seconds: float, whole: float) -> Iterator[None]:
    """Stop what runs inside after `seconds`, the rest of a `whole`.

    Only a main thread can, elsewhere the scanners' own budgets hold.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise CannotScan(f"not finished after {whole:g} s", "timeout")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
