"""The loop and the state of the machine; the opcodes stand in the files beside it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .values import Box, Call, OutOfBudget, Ref, Seen, Stop, Value

LEAVE = 1 << 62  # added to a position: leave the inner loop (a frame begins, the pickle ends)
CHUNK = 1 << 20  # bytes between two looks at the clock
ACROSS = "an argument longer than its frame"
MAX_NAMED = 50_000  # values of long dicts, and long dicts, that are kept beside them
MAX_KEPT = 8_000_000  # memo entries and stack slots together, about 1 GB


Data = bytes  # or a memory map: both have `find`, `[i]` and `[a:b]`


@dataclass(slots=True)
class Machine:
    """One pickle in `data[start:end]`, read by `run`."""

    data: Data
    start: int
    end: int
    see: Seen
    build: Callable[["Machine", Value, Value, int], int] | None = None  # after BUILD: where reading goes on
    deadline: float = float("inf")  # by time.monotonic()
    box: type[Box] = Box  # what containers are made of
    limit: int = 0  # of the inner loop
    frame_end: int | None = None
    stack: list[Value] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    fence: int = 0
    memo: dict[int, Value] = field(default_factory=dict)
    proto: int = 0
    stopped: bool = False
    result: Value = None  # what STOP gives
    odd: dict[str, int] = field(default_factory=dict)  # what no pickler writes: words → first offset
    cuts: list[tuple[int, int]] = field(default_factory=list)  # an argument across a frame end: (its start, frame end)
    position: int = 0
    opcode: int = 0
    blobs: list[tuple[int, int]] = field(default_factory=list)  # byte strings that look like a file: offset, size
    named: dict[int, tuple[Value, list[Value]]] = field(
        default_factory=dict
    )  # what is called of the rest of long dicts
    texts: list[tuple[int, int]] = field(default_factory=list)  # texts that look like an encoded pickle: offset, size

    def run(self) -> int:
        """Read to STOP and give the offset behind it; raises `Stop` where a load would fail, at `position`."""
        position = self.start
        try:
            while not self.stopped:
                limit = self._next_limit(position)
                position = self._steps(position, limit)
                if position >= LEAVE:
                    position -= LEAVE
                elif self.frame_end is not None and position > self.frame_end:
                    self._crossed()
                if position > self.end or (position == self.end and not self.stopped):
                    raise Stop("the pickle is cut off")
        finally:
            self.position = min(position & (LEAVE - 1), self.end) if position != self.start else self.position
        return position

    def _next_limit(self, position: int) -> int:
        if time.monotonic() > self.deadline:
            raise OutOfBudget("no time left")
        if len(self.memo) + len(self.stack) > MAX_KEPT:
            raise OutOfBudget(f"more than {MAX_KEPT} values to remember")
        if self.frame_end is not None and position >= self.frame_end:
            self.frame_end = None
        return min(position + CHUNK, self.end if self.frame_end is None else min(self.frame_end, self.end))

    def _steps(self, position: int, limit: int) -> int:
        """The hot loop: one table look-up and one call for each opcode."""
        data, table = self.data, TABLE
        try:
            while position < limit:
                self.opcode = position
                position = table[data[position]](self, position + 1)
        except IndexError:
            self.position = position
            raise Stop("the pickle is cut off or takes from an empty stack") from None
        except Stop:
            self.position = position
            raise
        return position

    def _crossed(self) -> None:
        """An opcode's argument runs over the end of its frame: readers of files and of bytes then differ."""
        assert self.frame_end is not None
        self.note(ACROSS, self.opcode)
        if len(self.cuts) < 4:
            self.cuts.append((self.opcode, self.frame_end))
        self.frame_end = None

    def note(self, words: str, offset: int) -> None:
        self.odd.setdefault(words, offset)

    def keep_called(self, target: Box, values: list[Value]) -> None:
        """Of items that a long dict does not keep, those that are the result of a call: they may be its tensors."""
        if len(self.named) < MAX_NAMED:
            called = self.named.setdefault(id(target), (target, []))[1]
            pairs = zip(values[::2], values[1::2], strict=True)
            called += [part for pair in pairs if type(pair[1]) is Call for part in pair][: MAX_NAMED - len(called)]

    # What opcodes share

    def pop(self) -> Value:
        if len(self.stack) <= self.fence:
            raise Stop("takes from an empty stack")
        return self.stack.pop()

    def top(self) -> Value:
        if len(self.stack) <= self.fence:
            raise Stop("takes from an empty stack")
        return self.stack[-1]

    def unmark(self) -> int:
        """Forget the last mark and give its place on the stack."""
        if not self.marks:
            raise Stop("a MARK is missing")
        mark = self.marks.pop()
        self.fence = self.marks[-1] if self.marks else 0
        return mark

    def pop_from(self, mark: int) -> list[Value]:
        """Everything from `mark` up, taken off the stack."""
        if mark < self.fence or mark > len(self.stack):
            raise Stop("takes from an empty stack")
        values = self.stack[mark:]
        del self.stack[mark:]
        return values

    def line(self, position: int) -> tuple[bytes, int]:
        """The line at `position`, newline included, and the offset behind it."""
        newline = self.data.find(b"\n", position, self.end)
        if newline < 0:
            raise Stop("the pickle is cut off")
        return self.data[position : newline + 1], newline + 1

    def size(self, position: int, width: int) -> int:
        """A length field: little-endian, unsigned."""
        if position + width > self.end:
            raise Stop("the pickle is cut off")
        return int.from_bytes(self.data[position : position + width], "little")

    def refer(self, module: str, name: str, how: str) -> Ref:
        ref = Ref(module, name, how, self.opcode)
        self.see(ref)
        return ref

    def call(self, how: str, target: Value, args: Value, kwargs: Value = None) -> Call:
        call = Call(how, target, args, self.opcode, kwargs)
        self.see(call)
        return call


Opcode = Callable[[Machine, int], int]


def _invalid(m: Machine, position: int) -> int:
    raise Stop(f"no opcode 0x{m.data[position - 1]:02x}")


TABLE: list[Opcode] = [_invalid] * 256


def opcode(*codes: bytes) -> Callable[[Opcode], Opcode]:
    """Register what an opcode does: from the offset behind it, give the offset behind its argument."""

    def register(function: Opcode) -> Opcode:
        for code in codes:
            TABLE[code[0]] = function
        return function

    return register
