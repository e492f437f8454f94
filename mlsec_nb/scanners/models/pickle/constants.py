"""Opcodes that push a constant."""

import struct

from . import arguments
from .machine import Machine, Opcode, opcode
from .values import LONG, Big, Box, Stop, Unknown, Value

_DOUBLE = struct.Struct(">d").unpack
# First bytes of what a byte string may hold: pickles, zip, npy, gzip, bzip2, xz, zlib.
HEADS = frozenset({b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK", b"\x93N", b"\x1f\x8b", b"BZ", b"\xfd7",
                   b"x\x01", b"x\x9c", b"x\xda"})  # fmt: skip


# How a pickle begins in base64 and in hexadecimal, and how long a text is that could be one.
ENCODED_HEADS = frozenset({b"gAJ", b"gAN", b"gAS", b"gAW", b"800", b"H4s"})
ENCODED = 24


def _constant(value: Value) -> Opcode:
    def push(m: Machine, position: int) -> int:
        m.stack.append(value)
        return position

    return push


for _code, _value in {b"N": None, b"\x88": True, b"\x89": False}.items():
    opcode(_code)(_constant(_value))


@opcode(b"K")
def binint1(m: Machine, position: int) -> int:
    m.stack.append(m.data[position])
    return position + 1


@opcode(b"M")
def binint2(m: Machine, position: int) -> int:
    m.stack.append(int.from_bytes(m.data[position : position + 2], "little"))
    return position + 2


@opcode(b"J")
def binint(m: Machine, position: int) -> int:
    m.stack.append(int.from_bytes(m.data[position : position + 4], "little", signed=True))
    return position + 4


@opcode(b"G")
def binfloat(m: Machine, position: int) -> int:
    raw = m.data[position : position + 8]
    if len(raw) < 8:
        raise Stop("the pickle is cut off")
    m.stack.append(_DOUBLE(raw)[0])
    return position + 8


def _long(m: Machine, position: int, size: int) -> int:
    end = position + size
    if end > m.end:
        raise Stop("the pickle is cut off")
    if size > LONG:
        m.stack.append(Big("int", position, size))
    else:
        m.stack.append(int.from_bytes(m.data[position:end], "little", signed=True))
    return end


@opcode(b"\x8a")
def long1(m: Machine, position: int) -> int:
    return _long(m, position + 1, m.size(position, 1))


@opcode(b"\x8b")
def long4(m: Machine, position: int) -> int:
    size = m.size(position, 4)
    if size >> 31:
        raise Stop("a negative length")
    return _long(m, position + 4, size)


def _counted(kind: str, width: int, *, signed: bool = False) -> Opcode:
    """A string behind its length; a long one stays in the file."""

    def push(m: Machine, position: int) -> int:
        begin = position + width
        size = m.data[position] if width == 1 else int.from_bytes(m.data[position:begin], "little")
        end = begin + size
        if end > m.end:
            raise Stop("the pickle is cut off")
        if signed and size >> 31:
            raise Stop("a negative length")
        if kind == "bytes" and size > 8 and m.data[begin : begin + 2] in HEADS:
            m.blobs.append((begin, size))
        if size > LONG:
            value: Value = Big(kind, begin, size)
        else:
            value = m.data[begin:end]
            if kind == "str":
                if size > ENCODED and value[:3] in ENCODED_HEADS:
                    m.texts.append((begin, size))
                value = _text(value)
        m.stack.append(value)
        return end

    return push


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Stop("a text that is not UTF-8") from None


opcode(b"\x8c")(_counted("str", 1))
opcode(b"X")(_counted("str", 4))
opcode(b"\x8d")(_counted("str", 8))
opcode(b"C")(_counted("bytes", 1))
opcode(b"B")(_counted("bytes", 4))
opcode(b"\x8e")(_counted("bytes", 8))


def _byte_string(width: int) -> Opcode:
    """Python 2 strings: text for us, as for a reader with the default encoding (latin-1 accepts every one)."""
    inner = _counted("bytes", width, signed=width == 4)

    def push(m: Machine, position: int) -> int:
        position = inner(m, position)
        value = m.stack[-1]
        m.stack[-1] = value.decode("latin-1") if isinstance(value, bytes) else Big("str", value.offset, value.size)
        return position

    return push


opcode(b"U")(_byte_string(1))
opcode(b"T")(_byte_string(4))


@opcode(b"\x96")
def bytearray8(m: Machine, position: int) -> int:
    end = _counted("bytes", 8)(m, position)
    m.stack[-1] = Box("bytearray", [m.stack[-1]])
    return end


def _line_of(m: Machine, position: int, least: int = 2) -> tuple[bytes, int]:
    line, end = m.line(position)
    if len(line) < least:
        raise Stop("an empty argument")
    return line, end


@opcode(b"I")
def text_int(m: Machine, position: int) -> int:
    line, end = _line_of(m, position)
    value = arguments.integer(line)
    plain = b"%02d\n" % value if isinstance(value, bool) else b"%d\n" % value
    if line != plain:
        m.note("a number as no pickler spells it", m.opcode)
    m.stack.append(value)
    return end


@opcode(b"L")
def text_long(m: Machine, position: int) -> int:
    line, end = _line_of(m, position)
    digits = line[:-2] if line[-2:-1] == b"L" else line
    m.stack.append(arguments.long_integer(digits))
    return end


@opcode(b"F")
def text_float(m: Machine, position: int) -> int:
    line, end = _line_of(m, position)
    m.stack.append(arguments.real(line))
    return end


@opcode(b"S")
def text_string(m: Machine, position: int) -> int:
    line, end = _line_of(m, position)
    m.stack.append(arguments.quoted(line[:-1]).decode("latin-1"))
    return end


@opcode(b"V")
def text_unicode(m: Machine, position: int) -> int:
    line, end = m.line(position)
    m.stack.append(arguments.raw_unicode(line[:-1]))
    return end


@opcode(b"\x97")
def next_buffer(m: Machine, position: int) -> int:
    m.note("needs buffers from outside of the file", m.opcode)
    m.stack.append(Unknown("an out-of-band buffer"))
    return position


@opcode(b"\x98")
def readonly_buffer(m: Machine, position: int) -> int:
    m.top()
    return position
