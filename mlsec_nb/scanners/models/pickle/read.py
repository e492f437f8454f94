"""Pickles in a view: one after the other, each run by the machine, with the trick that joblib plays."""

import gc
from dataclasses import dataclass, field

from . import actions, constants, stack
from .machine import LEAVE, Machine
from .values import Box, Call, OutOfBudget, Ref, Seen, Stop, Value

OPCODES = (actions, constants, stack)  # imported to register
READINGS = 64  # of one pickle that are followed
SMALL = 1 << 26  # bytes of a pickle that may be copied for a second reading


@dataclass(slots=True)
class Run:
    """What came of one pickle; `stop` is None when it was read to its STOP."""

    machine: Machine
    end: int
    stop: str | None = None
    exhausted: bool = False
    arrays: list[tuple[int, int]] = field(default_factory=list)  # raw array data that joblib reads: start, end


def run(data: bytes, start: int, end: int, see: Seen, deadline: float = float("inf"), box: type[Box] = Box) -> Run:
    """Run one pickle; never raises. `box` is what its containers are kept in."""
    arrays: list[tuple[int, int]] = []

    def after_build(machine: Machine, target: Value, state: Value, position: int) -> int:
        return _joblib(machine, target, state, position, arrays)

    machine = Machine(data, start, end, see, after_build, deadline, box)
    collecting = gc.isenabled()
    gc.disable()  # millions of small values, hardly a circle among them: collecting takes a third of the time
    try:
        return Run(machine, machine.run(), arrays=arrays)
    except OutOfBudget as stop:
        return Run(machine, machine.position, stop.reason, exhausted=True, arrays=arrays)
    except Stop as stop:
        return Run(machine, machine.position, stop.reason, arrays=arrays)
    finally:
        if collecting:
            gc.enable()


_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"


def _joblib(m: Machine, target: Value, state: Value, position: int, arrays: list[tuple[int, int]]) -> int:
    """Joblib writes an array's bytes right behind the wrapper that describes it.

    Source: https://github.com/joblib/joblib/blob/main/joblib/numpy_pickle.py (NumpyArrayWrapper.read_array)
    """
    origin = target.target
    if not (isinstance(origin, Ref) and origin.full.endswith(_WRAPPER) and isinstance(state, Box)):
        return position
    dtype, shape = state.get("dtype"), state.get("shape")
    width = item_size(dtype)
    if width is None:
        m.frame_end = None
        return Machine(m.data, position, m.end, m.see, None, m.deadline).run() + LEAVE
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise Stop("an array without a shape")
    begin = position
    if state.get("numpy_array_alignment_bytes") is not None:
        begin += 1 + m.size(position, 1)
    size = width
    for n in shape:
        size *= n
    if begin + size > m.end:
        raise Stop("an array that is cut off")
    arrays.append((position, begin + size))
    m.frame_end = None  # joblib ends the frame in front of the array
    return begin + size + LEAVE


_WIDTHS: dict[str, int] = {"b": 1, "?": 1}


def item_size(dtype: Value) -> int | None:
    """Bytes of one item of a pickled numpy dtype; None when it holds objects (a pickle follows) or is unknown."""
    if not isinstance(dtype, Call) or not isinstance(dtype.args, tuple) or not dtype.args:
        return None
    code = dtype.args[0]
    if not isinstance(code, str):
        return None
    state = dtype.state if isinstance(dtype.state, tuple) else ()
    flags = state[7] if len(state) > 7 else 0
    if "O" in code or (isinstance(flags, int) and flags & 1):
        return None
    if len(state) > 5 and isinstance(state[5], int) and state[5] > 0:
        return state[5]
    digits = code.lstrip("<>=|")[1:].partition("[")[0]
    if code.lstrip("<>=|")[:1] == "U" and digits.isdecimal():
        return 4 * int(digits)
    return int(digits) if digits.isdecimal() else _WIDTHS.get(code)


def other_readings(first: Run, deadline: float = float("inf")) -> list[bytes]:
    """The pickle as a reader of files takes it when an argument runs over the end of a frame.

    Before CPython 3.13.15 and 3.14.7 the rest of the frame is then dropped and reading goes on behind it. Which of an
    opcode's reads it is that runs over is not asked: all are tried, and what follows from each.
    """
    machine = first.machine
    if machine.end - machine.start > SMALL:
        return []
    todo = _cut(machine)
    found: list[bytes] = []
    while todo and len(found) < READINGS:
        data = todo.pop(0)
        if data not in found:
            found.append(data)
            todo += _cut(run(data, 0, len(data), _deaf, deadline).machine)
    return found


def _deaf(event: Ref | Call) -> None:
    del event


def _cut(machine: Machine) -> list[bytes]:
    """What is left when the rest of a frame is dropped, for each place in the opcode where that could be."""
    found = []
    for opcode, frame_end in machine.cuts:
        argument = machine.data[opcode:frame_end]
        lines = [opcode + at + 1 for at, byte in enumerate(argument) if byte == ord("\n")][:4]
        cuts = [cut for cut in (opcode + 1, opcode + 2, opcode + 5, opcode + 9, *lines) if cut <= frame_end]
        found += [machine.data[machine.start : cut] + machine.data[frame_end : machine.end] for cut in cuts]
    return found
