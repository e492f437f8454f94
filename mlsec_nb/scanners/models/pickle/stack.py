"""Opcodes that move values about: marks, memo, containers, frames."""

from . import arguments
from .machine import LEAVE, Machine, Opcode, opcode
from .values import KEPT, NAMES, Box, Call, Ref, Stop, Unknown, Value

HIGHEST_PROTOCOL = 5


@opcode(b".")
def stop(m: Machine, position: int) -> int:
    m.result = m.pop()
    m.stopped = True
    return position + LEAVE


@opcode(b"\x80")
def proto(m: Machine, position: int) -> int:
    number = m.size(position, 1)
    if number > HIGHEST_PROTOCOL:
        raise Stop(f"protocol {number}")
    if m.opcode != m.start:
        m.note("PROTO in the middle", m.opcode)
    m.proto = number
    return position + 1


@opcode(b"\x95")
def frame(m: Machine, position: int) -> int:
    end = position + 8 + m.size(position, 8)
    if end > m.end:
        m.note("a frame that is cut off", m.opcode)  # only the C unpickler refuses it
    if m.frame_end is not None and position + 8 < m.frame_end and end != m.frame_end:
        m.note("a frame inside a frame", m.opcode)
        if end > m.frame_end:
            m.cuts.append((m.opcode, m.frame_end))
        end = max(end, m.frame_end)
    m.frame_end = end
    return position + 8 + LEAVE


@opcode(b"(")
def mark(m: Machine, position: int) -> int:
    m.fence = len(m.stack)
    m.marks.append(m.fence)
    return position


@opcode(b"0")
def pop(m: Machine, position: int) -> int:
    if m.marks and m.marks[-1] == len(m.stack):
        m.unmark()
    else:
        m.pop()
    return position


@opcode(b"1")
def pop_mark(m: Machine, position: int) -> int:
    del m.stack[m.unmark() :]
    return position


@opcode(b"2")
def dup(m: Machine, position: int) -> int:
    m.stack.append(m.top())
    return position


def _get(m: Machine, key: int) -> None:
    try:
        m.stack.append(m.memo[key])
    except KeyError:
        m.note("reads a memo entry that was never written", m.opcode)
        m.stack.append(Unknown("a memo entry that was never written"))


@opcode(b"g")
def get(m: Machine, position: int) -> int:
    line, end = m.line(position)
    _get(m, arguments.memo_key(line))
    return end


@opcode(b"h")
def binget(m: Machine, position: int) -> int:
    key = m.data[position]
    if key in m.memo:
        m.stack.append(m.memo[key])
    else:
        _get(m, key)
    return position + 1


@opcode(b"j")
def long_binget(m: Machine, position: int) -> int:
    _get(m, int.from_bytes(m.data[position : position + 4], "little"))
    return position + 4


@opcode(b"p")
def put(m: Machine, position: int) -> int:
    line, end = m.line(position)
    key = arguments.memo_key(line)
    if key < 0:
        raise Stop("a negative memo number")
    m.memo[key] = m.top()
    return end


@opcode(b"q")
def binput(m: Machine, position: int) -> int:
    m.memo[m.data[position]] = m.top()
    return position + 1


@opcode(b"r")
def long_binput(m: Machine, position: int) -> int:
    m.memo[int.from_bytes(m.data[position : position + 4], "little")] = m.top()
    return position + 4


@opcode(b"\x94")
def memoize(m: Machine, position: int) -> int:
    m.memo[len(m.memo)] = m.top()
    return position


def _empty(kind: str) -> Opcode:
    def push(m: Machine, position: int) -> int:
        m.stack.append(m.box(kind))
        return position

    return push


for _code, _kind in {b"]": "list", b"}": "dict", b"\x8f": "set"}.items():
    opcode(_code)(_empty(_kind))


def as_tuple(m: Machine, values: list[Value]) -> Value:
    """A short tuple is kept whole, and one of names; of a long one what the machine keeps of containers."""
    whole = len(values) <= KEPT or (len(values) <= NAMES and all(type(value) is str for value in values))
    return tuple(values) if whole else m.box("tuple", values)


@opcode(b")")
def empty_tuple(m: Machine, position: int) -> int:
    m.stack.append(())
    return position


def _tuple_of(count: int) -> Opcode:
    def push(m: Machine, position: int) -> int:
        stack = m.stack
        if len(stack) - count < m.fence:
            raise Stop("takes from an empty stack")
        stack[-count:] = [tuple(stack[-count:])]
        return position

    return push


opcode(b"\x85")(_tuple_of(1))
opcode(b"\x86")(_tuple_of(2))
opcode(b"\x87")(_tuple_of(3))


@opcode(b"t")
def tuple_(m: Machine, position: int) -> int:
    m.stack.append(as_tuple(m, m.pop_from(m.unmark())))
    return position


def _collect(kind: str) -> Opcode:
    def push(m: Machine, position: int) -> int:
        values = m.pop_from(m.unmark())
        if kind == "dict" and len(values) % 2:
            m.note("an odd number of items for a dict", m.opcode)
            values.pop()
        m.stack.append(m.box(kind, values))
        return position

    return push


for _code, _kind in {b"l": "list", b"d": "dict", b"\x91": "frozenset"}.items():
    opcode(_code)(_collect(_kind))


def _append(m: Machine, at: int) -> None:
    """`list.extend` for a list; for any other object a call of its `extend` or `append`."""
    if at > len(m.stack) or at <= m.fence:
        raise Stop("takes from an empty stack")
    if len(m.stack) == at:
        return
    values = m.stack[at:]
    del m.stack[at:]
    target = m.stack[-1]
    if isinstance(target, Box) and target.kind == "list":
        target.extend(values)
    elif isinstance(target, Ref | Call | Unknown | Box):
        m.call("extend", target, (as_tuple(m, values),))
    else:
        raise Stop("appends to a value that is no list")


@opcode(b"a")
def append(m: Machine, position: int) -> int:
    _append(m, len(m.stack) - 1)
    return position


@opcode(b"e")
def appends(m: Machine, position: int) -> int:
    _append(m, m.unmark())
    return position


def _set_items(m: Machine, at: int) -> None:
    if at > len(m.stack) or at <= m.fence:
        raise Stop("takes from an empty stack")
    if len(m.stack) == at:
        return
    if (len(m.stack) - at) % 2:
        raise Stop("an odd number of items for a dict")
    values = m.stack[at:]
    del m.stack[at:]
    target = m.stack[-1]
    if isinstance(target, Box) and target.kind == "dict":
        target.extend(values)
        if target.count > KEPT and len(values) > 2:
            m.keep_called(target, values)
    elif isinstance(target, Ref | Call | Unknown | Box):
        m.call("setitem", target, as_tuple(m, values))
    else:
        raise Stop("sets an item of a value that has none")


@opcode(b"s")
def setitem(m: Machine, position: int) -> int:
    _set_items(m, len(m.stack) - 2)
    return position


@opcode(b"u")
def setitems(m: Machine, position: int) -> int:
    _set_items(m, m.unmark())
    return position


@opcode(b"\x90")
def additems(m: Machine, position: int) -> int:
    at = m.unmark()
    if at > len(m.stack) or at <= m.fence:
        raise Stop("takes from an empty stack")
    values = m.stack[at:]
    del m.stack[at:]
    target = m.stack[-1]
    if isinstance(target, Box) and target.kind == "set":
        target.extend(values)
    elif values and isinstance(target, Ref | Call | Unknown | Box):
        m.call("add", target, as_tuple(m, values))
    elif values:
        raise Stop("adds to a value that is no set")
    return position
