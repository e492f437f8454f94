"""Opcodes that import, call or set something: all that a load can do to its reader."""

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

from .machine import Machine, opcode
from .stack import as_tuple
from .values import Big, Box, Call, Ref, Stop, Unknown, Value


def _class(m: Machine, module: str, name: str, how: str) -> Ref:
    """What find_class would look up: Python 2 names are renamed below protocol 3."""
    if m.proto < 3:
        renamed = NAME_MAPPING.get((module, name))
        module, name = renamed or (IMPORT_MAPPING.get(module, module), name)
    return m.refer(module, name, how)


def _name_line(m: Machine, position: int, encoding: str) -> tuple[str, int]:
    line, end = m.line(position)
    if len(line) < 2:
        raise Stop("an empty name")
    try:
        return line[:-1].decode(encoding), end
    except UnicodeDecodeError:
        raise Stop("a name that is no text") from None


@opcode(b"c")
def global_(m: Machine, position: int) -> int:
    module, position = _name_line(m, position, "utf-8")
    name, position = _name_line(m, position, "utf-8")
    m.stack.append(_class(m, module, name, "GLOBAL"))
    return position


@opcode(b"\x93")
def stack_global(m: Machine, position: int) -> int:
    name, module = m.pop(), m.pop()
    if isinstance(name, str) and isinstance(module, str):
        m.stack.append(_class(m, module, name, "STACK_GLOBAL"))
    elif isinstance(name, str | Big | Unknown | Call) and isinstance(module, str | Big | Unknown | Call):
        shown = [value if isinstance(value, str) else "?" for value in (module, name)]
        m.note("imports something whose name is computed", m.opcode)
        m.stack.append(m.refer(shown[0], shown[1], "STACK_GLOBAL"))
    else:
        raise Stop("STACK_GLOBAL without two texts")
    return position


@opcode(b"i")
def inst(m: Machine, position: int) -> int:
    mark = m.unmark()
    module, position = _name_line(m, position, "ascii")
    name, position = _name_line(m, position, "ascii")
    target = _class(m, module, name, "INST")
    m.stack.append(m.call("inst", target, as_tuple(m, m.pop_from(mark))))
    return position


@opcode(b"o")
def obj(m: Machine, position: int) -> int:
    values = m.pop_from(m.unmark())
    if not values:
        raise Stop("takes from an empty stack")
    m.stack.append(m.call("obj", values[0], as_tuple(m, values[1:])))
    return position


def _is_tuple(value: Value) -> bool:
    return isinstance(value, tuple | Call | Unknown) or (isinstance(value, Box) and value.kind == "tuple")


def _callable(value: Value) -> bool:
    return isinstance(value, Ref | Call | Unknown)


@opcode(b"R")
def reduce(m: Machine, position: int) -> int:
    args, target = m.pop(), m.pop()
    if not _is_tuple(args) or not _callable(target):
        raise Stop("REDUCE of something that cannot be called")
    m.stack.append(m.call("reduce", target, args))
    return position


@opcode(b"\x81")
def newobj(m: Machine, position: int) -> int:
    args, target = m.pop(), m.pop()
    if not _is_tuple(args) or not _callable(target):
        raise Stop("NEWOBJ of something that is no class")
    m.stack.append(m.call("newobj", target, args))
    return position


@opcode(b"\x92")
def newobj_ex(m: Machine, position: int) -> int:
    kwargs, args, target = m.pop(), m.pop(), m.pop()
    if not _is_tuple(args) or not _callable(target):
        raise Stop("NEWOBJ_EX of something that is no class")
    m.stack.append(m.call("newobj_ex", target, args, kwargs))
    return position


@opcode(b"b")
def build(m: Machine, position: int) -> int:
    if len(m.stack) - 2 < m.fence:
        raise Stop("takes from an empty stack")
    state = m.pop()
    target = m.stack[-1]
    if not isinstance(target, Ref | Call | Unknown):
        m.note("state for a value that has none", m.opcode)  # C takes None for an answer
        return position
    m.call("build", target, (state,))
    if isinstance(target, Call):
        target.state = state
        if m.build is not None:
            return m.build(m, target, state, position)
    return position


@opcode(b"P")
def persid(m: Machine, position: int) -> int:
    line, position = m.line(position)
    try:
        m.stack.append(m.call("persistent", None, (line[:-1].decode("ascii"),)))
    except UnicodeDecodeError:
        raise Stop("a persistent id that is no text") from None
    return position


@opcode(b"Q")
def binpersid(m: Machine, position: int) -> int:
    m.stack.append(m.call("persistent", None, (m.pop(),)))
    return position


def _extension(m: Machine, position: int, width: int) -> int:
    code = m.size(position, width)
    if code == 0 or code >> 31:
        raise Stop("an extension code below 1")
    m.stack.append(m.refer("copyreg", f"extension {code}", "EXT"))
    return position + width


@opcode(b"\x82")
def ext1(m: Machine, position: int) -> int:
    return _extension(m, position, 1)


@opcode(b"\x83")
def ext2(m: Machine, position: int) -> int:
    return _extension(m, position, 2)


@opcode(b"\x84")
def ext4(m: Machine, position: int) -> int:
    return _extension(m, position, 4)
