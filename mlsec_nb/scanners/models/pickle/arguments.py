"""The text arguments of the old opcodes, converted as `Modules/_pickle.c` does (strtol, PyLong_FromString …).

Source: https://github.com/python/cpython/blob/3.13/Modules/_pickle.c
"""

import re

from .values import Stop

_SPACE = b" \t\n\r\x0b\x0c"
_STRTOL = re.compile(rb"[ \t\n\r\x0b\x0c]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)[\n\x00]")
_LITERAL = re.compile(
    rb"([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?[0-9])*)\Z"
)
_DECIMAL = re.compile(rb"[+-]?[0-9](?:_?[0-9])*\Z")
_FLOAT = re.compile(
    rb"([+-]?(?:inf(?:inity)?|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?))[\n\x00]", re.IGNORECASE
)
MAX_DIGITS = 4300  # of a decimal number that Python converts by default; longer is a ValueError there too


def until_nul(line: bytes) -> bytes:
    """A C string ends at its first NUL, whatever stands behind it."""
    return line.partition(b"\0")[0]


def integer(line: bytes) -> int | bool:
    """The argument of INT, its newline included: base by prefix, `00` and `01` are the old spelling of booleans."""
    match = _STRTOL.match(line)
    if line[:1] == b"\0":
        return False if len(line) == 3 else 0  # no digits, and the end of a C string right away
    if match:
        sign, digits = match.groups()
        base = 16 if digits[1:2] in b"xX" and len(digits) > 1 else 8 if digits[:1] == b"0" else 10
        number = int(sign + digits, base)
        if -(1 << 63) <= number < 1 << 63:
            return bool(number) if len(line) == 3 and number in (0, 1) else number
    return long_integer(line)


def long_integer(line: bytes) -> int:
    """What PyLong_FromString makes of a line in base 0; raises `Stop`."""
    text = until_nul(line).strip(_SPACE)
    match = _LITERAL.match(text)
    if not match or len(text) > MAX_DIGITS:
        raise Stop("a number that Python cannot read")
    return int(text, 0)


def memo_key(line: bytes) -> int:
    """The argument of GET and PUT: base 10, NUL ends it; raises `Stop`."""
    text = until_nul(line).strip(_SPACE)
    if not _DECIMAL.match(text) or len(text) > 20:
        raise Stop("a memo number that Python cannot read")
    return int(text)


def real(line: bytes) -> float:
    """The argument of FLOAT, its newline included; a NUL may end it; raises `Stop`."""
    match = _FLOAT.match(line)
    if not match:
        raise Stop("a float that Python cannot read")
    return float(match.group(1))


_ESCAPES = {ord("\n"): b"", ord("\\"): b"\\", ord("'"): b"'", ord('"'): b'"', ord("b"): b"\b", ord("f"): b"\f",
            ord("t"): b"\t", ord("n"): b"\n", ord("r"): b"\r", ord("v"): b"\v", ord("a"): b"\a"}  # fmt: skip
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|(.)|\Z)", re.DOTALL)


def _unescape(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, other = match.groups()
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if not other or other == b"x":
        raise Stop("an escape that Python cannot read")
    return _ESCAPES.get(other[0], b"\\" + other)


def quoted(line: bytes) -> bytes:
    """The argument of STRING without its newline: quotes are needed, escapes are those of a bytes literal."""
    if len(line) < 2 or line[0] != line[-1] or line[:1] not in {b"'", b'"'}:
        raise Stop("a STRING without quotes")
    return _ESCAPE.sub(_unescape, line[1:-1])


def raw_unicode(line: bytes) -> str:
    """The argument of UNICODE without its newline: raw-unicode-escape; raises `Stop`."""
    try:
        return line.decode("raw-unicode-escape")
    except UnicodeDecodeError:
        raise Stop("a UNICODE that Python cannot read") from None
