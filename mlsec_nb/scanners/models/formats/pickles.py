"""Pickles, bare or one after the other, of any protocol, under any name."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.knowledge import Opinion
from mlsec_nb.scanners.models.knowledge.judge import handed_on, resolved, walk
from mlsec_nb.scanners.models.knowledge.names import of_name
from mlsec_nb.scanners.models.pickle.machine import ACROSS
from mlsec_nb.scanners.models.pickle.read import Run, other_readings, run
from mlsec_nb.scanners.models.pickle.render import call as shown_call
from mlsec_nb.scanners.models.pickle.render import name as shown_name
from mlsec_nb.scanners.models.pickle.values import Big, Call, Ref, Value
from mlsec_nb.scanners.models.tensors import Met
from mlsec_nb.scanners.models.view import View

from . import torch_legacy

MAX_PICKLES = 10_000  # one after the other in one file
MAX_BLOBS = 10_000  # byte strings inside one pickle that are looked at
MAX_PACKAGES = 100  # that are told as needed by a file
MAX_ARRAYS = 1_000  # of one joblib file that are also read as opcodes
MAX_TREE = 500  # steps of a load that are kept
MAX_USES = 12  # earlier steps that one step is told to stand on
IN_FINDING = 60  # steps that go with a finding: those that lead to it, and the first of the others
TRIED = 1 << 20  # bytes of a file without a magic that are tried as a pickle
_RULES = {
    "stdlib": "PICKLE-STDLIB", "unknown-call": "PICKLE-UNKNOWN-CALL", "unknown": "PICKLE-UNKNOWN-CLASS",
    "main": "PICKLE-UNKNOWN-CLASS", "by-value": "PICKLE-BY-VALUE",
}  # fmt: skip


def rule_id(opinion: Opinion) -> str:
    """The rule that goes with the effect of an opinion."""
    return _RULES.get(opinion.effect, f"PICKLE-{opinion.effect.upper()}")


_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z", re.ASCII)
_INSIDE = ("bytes in", "data behind", "zip gap", "tensor")  # where two bytes are no sign yet
_CONTAINER_HEADS = (b"PK\x03\x04", b"PK\x05\x06", b"\x89HDF", b"\x93NUMPY")


@dataclass(slots=True)
class Story:
    """Collects what the machine sees of one view and what is thought of it."""

    view: View
    context: Context
    tree: list[dict[str, Any]] = field(default_factory=list)
    bad: dict[tuple[str, str], tuple[Opinion, Ref | Call, int]] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    refs: int = 0
    calls: int = 0
    more: int = 0
    nested: list[Value] = field(default_factory=list)  # bytes that a call hands to another loader
    persistent: list[Call] = field(default_factory=list)
    tensors: Met = field(default_factory=Met)

    def see(self, event: Ref | Call) -> None:
        opinion = self.context.judge.opinion(event)
        self.tensors.see(event)
        if isinstance(event, Ref):
            self.refs += 1
            root = event.module.partition(".")[0]
            if root.isidentifier() and len(self.context.packages) < MAX_PACKAGES:
                self.context.packages.add(root)
        elif event.how == "persistent":
            self.persistent.append(event)
            return
        else:
            self.calls += 1
            self.nested += handed_on(event)
        if not opinion.safe:
            key = (opinion.effect, _target_name(event))
            self.counts[key] = self.counts.get(key, 0) + isinstance(event, Call)
            known = self.bad.get(key)
            if known is None or _outranks(opinion, event, known[0], known[1]):
                self.bad[key] = (opinion, event, event.offset - self.view.start)
        self._grow(event, opinion)

    def _grow(self, event: Ref | Call, opinion: Opinion) -> None:
        if len(self.tree) >= MAX_TREE:
            self.more += 1
            return
        self.tree.append(self._step(event, opinion))

    def _step(self, event: Ref | Call, opinion: Opinion) -> dict[str, Any]:
        what = f"import {shown_name(event.full)}" if isinstance(event, Ref) else shown_call(event)
        grade = "safe" if opinion.safe else "dangerous" if opinion.dangerous else "needs a look"
        step: dict[str, Any] = {"offset": event.offset - self.view.start, "does": what, "grade": grade}
        if uses := [one.offset - self.view.start for one in _uses(event)]:
            step["uses"] = uses
        return step

    def _leading_to(self, event: Ref | Call) -> list[dict[str, Any]]:
        """The steps that an event stands on, itself, and the first of all steps, in order."""
        found: dict[tuple[int, bool], dict[str, Any]] = {}
        todo: list[Ref | Call] = [event]
        while todo and len(found) < IN_FINDING:
            one = todo.pop(0)
            key = (one.offset - self.view.start, isinstance(one, Call))
            if key not in found:
                found[key] = self._step(one, self.context.judge.opinion(one))
                todo += _uses(one)
        for step in self.tree:
            if len(found) < IN_FINDING:
                found.setdefault((step["offset"], not step["does"].startswith("import ")), step)
        return [found[key] for key in sorted(found)]

    def findings(self) -> Iterator[Finding]:
        for key, (opinion, event, offset) in self._without_imports_of_calls().items():
            shown = shown_name(event.full) if isinstance(event, Ref) else shown_call(event)
            times = f" ({self.counts[key]} times)" if self.counts[key] > 1 else ""
            does = "is imported and " if isinstance(event, Ref) else ""
            details = {"does": shown, "effect": opinion.effect, "loading": self._leading_to(event)}
            yield self.context.found(
                rule_id(opinion),
                self.view,
                shown,
                f"{shown_name(key[1])} {does}{opinion.why}{times}: {shown}",
                masked=True,
                offset=offset,
                severity=opinion.severity,
                details={**details, "triggered_by": self.view.via or "pickle.load"},
            )

    def _without_imports_of_calls(self) -> dict[tuple[str, str], tuple[Opinion, Ref | Call, int]]:
        """A call says all that the import of the same name would say."""
        called = {name for (_, name), (_, event, _) in self.bad.items() if isinstance(event, Call)}
        return {key: value for key, value in self.bad.items() if not (isinstance(value[1], Ref) and key[1] in called)}

    @property
    def dangerous(self) -> bool:
        return any(opinion.dangerous for opinion, _, _ in self.bad.values())


def _uses(event: Ref | Call) -> list[Ref | Call]:
    """The imports and calls whose results a call is made of: what is called first, then its arguments."""
    if isinstance(event, Ref):
        return []
    given = (event.target, event.args, event.kwargs)
    found = (item for value in given for item in walk(value, calls=False) if isinstance(item, Ref | Call))
    return list(islice(dict.fromkeys(found), MAX_USES))


def _target_name(event: Ref | Call) -> str:
    target = event if isinstance(event, Ref) else resolved(event.target)
    depth = 0
    while isinstance(target, Call) and depth < 3:
        target = resolved(target.target)
        depth += 1
    name = target.full if isinstance(target, Ref) else "something"
    return "the result of " * depth + name


def _outranks(opinion: Opinion, event: Ref | Call, known: Opinion, before: Ref | Call) -> bool:
    if opinion.severity is not known.severity:
        return opinion.severity is not None and known.severity is not None and opinion.severity.at_least(known.severity)
    return isinstance(event, Call) and isinstance(before, Ref)


def matches(view: View) -> bool:
    """True for PROTO at the head, and for anything that runs like a pickle from its first byte on."""
    head = view.head(2)
    if len(head) == 2 and head[0] == 0x80 and head[1] <= 5 and not view.via.startswith(_INSIDE):
        return True
    return bool(head) and view.via != "tensor" and _runs(view)


def _runs(view: View) -> bool:
    events: list[Ref | Call] = []
    end = min(view.end, view.start + TRIED)
    outcome = run(view.data, view.start, end, events.append)
    refs = [event for event in events if isinstance(event, Ref) and (event.how != "EXT" or outcome.stop is None)]
    if not all(_IDENTIFIER.match(ref.full) for ref in refs if ref.how != "EXT"):
        refs = [ref for ref in refs if _IDENTIFIER.match(ref.full)]
        return any(of_name(ref.module, ref.name).dangerous for ref in refs) and len(events) > len(refs)
    if outcome.stop is None:
        return bool(refs) or outcome.end == view.end
    calls = sum(isinstance(event, Call) and event.how != "persistent" for event in events)
    cut = end < view.end and outcome.end >= end - 16
    return bool(refs) and (
        bool(calls)
        or cut
        or any(of_name(r.module, r.name).severity in {Severity.CRITICAL, Severity.HIGH} for r in refs)
    )


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    """Every pickle of the view, then whatever stands behind the last."""
    position, number, legacy = view.start, 0, torch_legacy.is_legacy(view.head(32))
    stored = 0  # bytes of tensors behind the pickles
    while position < view.end and number < (5 if legacy else MAX_PICKLES):
        story = Story(view, context)
        outcome = run(view.data, position, view.end, story.see, context.deadline)
        if number and outcome.stop and not story.bad:
            break
        number += 1
        yield from _told(view, context, story, outcome)
        position = outcome.end
        if outcome.stop:
            return
        if legacy and number == 4:
            stored = torch_legacy.length(torch_legacy.storages(iter(story.persistent)))
    position += stored
    if position > view.end:
        yield context.gap(view, f"{position - view.end} bytes of its tensors are missing", "malformed")
    elif position == view.end:
        context.covered.add((id(view.data), view.start, view.end))
    else:
        yield from behind(view, context, position)


def _told(view: View, context: Context, story: Story, outcome: Run) -> Iterator[Finding | Gap | View]:
    yield from story.findings()
    context.loading += story.tree[: max(0, MAX_TREE - len(context.loading))]
    machine = outcome.machine
    for row in story.tensors.rows(machine):
        context.tensors.add(*row)
    offset = outcome.end - view.start
    if outcome.exhausted:
        yield context.gap(view, f"the pickle was read only to byte {offset}: {outcome.stop}", "timeout")
    elif outcome.stop and not _headless(view, outcome):
        message = f"At byte {offset} {outcome.stop}; what stands before has run by then"
        severity = Severity.HIGH if story.dangerous else None
        yield context.found("PICKLE-MALFORMED", view, outcome.stop, message, offset=offset, severity=severity)
        yield context.gap(view, f"the pickle was read only to byte {offset}: {outcome.stop}", "malformed")
    for words, place in sorted(machine.odd.items(), key=lambda item: item[1]):
        severity = Severity.HIGH if words == ACROSS else None
        yield context.found(
            "PICKLE-UNUSUAL", view, words, f"The pickle has {words}", offset=place - view.start, severity=severity
        )
    for data in other_readings(outcome, context.deadline):
        yield from _second_reading(view, context, data)
    yield from _inside(view, context, story, outcome)


def _inside(view: View, context: Context, story: Story, outcome: Run) -> Iterator[Gap | View]:
    """Byte strings that a call hands to another loader, and those that look like a file."""
    for number, value in enumerate(story.nested):
        if isinstance(value, Big) and value.kind == "str":
            data = (
                view.data[value.offset : value.offset + value.size]
                .decode("utf-8", "replace")
                .encode("latin-1", "replace")
            )
            yield view.member(f"nested bytes {number + 1}", data, 0, len(data), "a nested load")
        elif isinstance(value, Big):
            begin = value.offset - view.start
            yield view.part(begin, begin + value.size, f"{view.name} (bytes at {begin})", "a nested load")
        else:
            yield view.member(f"nested bytes {number + 1}", value, 0, len(value), "a nested load")
    for start, _ in outcome.arrays[:MAX_ARRAYS]:
        # joblib steps over an array; a plain pickle.load would take its bytes for opcodes
        begin = start - view.start
        array = view.part(begin, view.size, f"{view.name} (array at {begin})", "bytes in an array")
        if _runs(array):
            yield array
    blobs, texts = outcome.machine.blobs, outcome.machine.texts
    if len(blobs) + len(texts) > MAX_BLOBS:
        yield context.gap(view, f"only the first {MAX_BLOBS} byte strings inside were looked at", "too-big")
    for start, size in blobs[:MAX_BLOBS]:
        begin = start - view.start
        yield view.part(begin, begin + size, f"{view.name} (bytes at {begin})", "bytes in a pickle")
    for start, size in texts[: max(MAX_BLOBS - len(blobs), 0)]:
        if data := decoded(view.data[start : start + size]):
            yield view.member(f"text at byte {start - view.start}", data, 0, len(data), "bytes in a text")


def decoded(text: bytes) -> bytes:
    """What stands in a text in hexadecimal or base64; empty when it is neither."""
    try:
        return bytes.fromhex(text.decode("ascii")) if text[:3] == b"800" else base64.b64decode(text, validate=True)
    except (ValueError, UnicodeDecodeError):
        return b""


def _headless(view: View, outcome: Run) -> bool:
    """A zip that was tried as a pickle because something in it ran is broken only as a pickle."""
    return view.head(6).startswith(_CONTAINER_HEADS) and not outcome.machine.stopped


def _second_reading(view: View, context: Context, data: bytes) -> Iterator[Finding]:
    story = Story(view, context)
    run(data, 0, len(data), story.see, context.deadline)
    yield from story.findings()


def behind(view: View, context: Context, position: int) -> Iterator[Finding | Gap | View]:
    """What follows the last pickle: padding is nothing, everything else is looked at and said."""
    rest = view.part(position - view.start, view.size, f"{view.name} (behind the pickle)", "data behind a pickle")
    if rest.size <= 1 << 16 and not rest.raw().strip(b"\0"):
        return
    size = f"{rest.size} bytes"
    message = f"{size} follow the end of the pickle"
    yield context.found("MODEL-TRAILING-DATA", view, size, message, offset=position - view.start)
    yield rest
