"""Arithmetic, bits, ranges and random numbers."""

import math
import random
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from mlsec_nb.rego.errors import BuiltinError, BuiltinTypeError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import Set, Value, number, type_name

from .registry import Table

TABLE = Table()
_BITS = 1 << 20  # of one number


def _exact(value: float) -> Fraction:
    """The number that its shortest text means: 0.1 is a tenth, as in a JSON document."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _number(name: str, value: Fraction) -> Value:
    if value.denominator == 1:
        return _int(name, value.numerator)
    try:
        return number(float(value))
    except (OverflowError, ValueError) as error:
        raise BuiltinError(f"{name}: the number is too big") from error


def _int(name: str, value: int) -> int:
    if value.bit_length() > _BITS:
        raise BuiltinError(f"{name}: the number is too big")
    return value


@TABLE.add("plus", "number", "number")
def plus(a: Value, b: Value) -> Value:
    return a + b if type(a) is int and type(b) is int else _number("plus", _exact(a) + _exact(b))


@TABLE.add("mul", "number", "number")
def mul(a: Value, b: Value) -> Value:
    return _int("mul", a * b) if type(a) is int and type(b) is int else _number("mul", _exact(a) * _exact(b))


@TABLE.add("div", "number", "number")
def div(a: Value, b: Value) -> Value:
    if b == 0:
        raise BuiltinError("div: divide by zero")
    return _number("div", _exact(a) / _exact(b))


@TABLE.add("rem", "number", "number")
def rem(a: Value, b: Value) -> Value:
    if type(a) is not int or type(b) is not int:
        raise BuiltinError("rem: modulo on floating-point number")
    if b == 0:
        raise BuiltinError("rem: modulo by zero")
    return int(math.copysign(1, a)) * (abs(a) % abs(b)) if a else 0


@TABLE.add("minus", "any", "any")
def minus(a: Value, b: Value) -> Value:
    if type(a) is Set and type(b) is Set:
        return Set(frozenset.difference(a, b))
    for position, (value, other) in enumerate(((a, b), (b, a)), 1):
        if type(value) not in (int, float):
            wanted = "set" if type(other) is Set and position == 2 else "number or set"
            raise BuiltinTypeError(f"minus: operand {position} must be {wanted} but got {type_name(value)}")
    return a - b if type(a) is int and type(b) is int else _number("minus", _exact(a) - _exact(b))


@TABLE.add("abs", "number")
def absolute(value: Value) -> Value:
    return abs(value)


@TABLE.add("round", "number")
def rounded(value: Value) -> Value:
    """Half away from zero, as in Go."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value)) if type(value) is float else value


TABLE.add("ceil", "number")(math.ceil)
TABLE.add("floor", "number")(math.floor)


def _integers(name: str, *values: Value) -> None:
    for position, value in enumerate(values, 1):
        if type(value) is not int:
            raise BuiltinTypeError(f"{name}: operand {position} must be integer number but got floating-point number")


def _bits(name: str, call: Any, arity: int) -> None:
    def run(*values: Value) -> Value:
        _integers(name, *values)
        return call(*values)

    TABLE.add(name, *["number"] * arity)(run)


def _left(value: int, count: int) -> int:
    if count < 0:
        raise BuiltinTypeError("bits.lsh: operand 2 must be an unsigned integer number but got a negative integer")
    if count > _BITS:
        raise BuiltinError("bits.lsh: the number is too big")
    return _int("bits.lsh", value << count)


def _right(value: int, count: int) -> int:
    if count < 0:
        raise BuiltinTypeError("bits.rsh: operand 2 must be an unsigned integer number but got a negative integer")
    return value >> count


_bits("bits.and", lambda a, b: a & b, 2)
_bits("bits.or", lambda a, b: a | b, 2)
_bits("bits.xor", lambda a, b: a ^ b, 2)
_bits("bits.negate", lambda a: ~a, 1)
_bits("bits.lsh", _left, 2)
_bits("bits.rsh", _right, 2)


@TABLE.add("numbers.range", "number", "number", contextual=True)
def number_range(context: Context, first: Value, last: Value) -> Value:
    _integers("numbers.range", first, last)
    return _range(context, first, last, 1)


@TABLE.add("numbers.range_step", "number", "number", "number", contextual=True)
def number_range_step(context: Context, first: Value, last: Value, step: Value) -> Value:
    _integers("numbers.range_step", first, last, step)
    if step <= 0:
        raise BuiltinError("numbers.range_step: step must be a positive integer")
    return _range(context, first, last, step)


def _range(context: Context, first: int, last: int, step: int) -> Value:
    context.budget.size(abs(last - first) // step + 1)
    return tuple(range(first, last + 1, step)) if first <= last else tuple(range(first, last - 1, -step))


@TABLE.add("format_int", "number", "number")
def format_int(value: Value, base: Value) -> Value:
    if base not in (2, 8, 10, 16):
        raise BuiltinTypeError("format_int: operand 2 must be one of {2, 8, 10, 16}")
    whole = math.trunc(value)
    return format(whole, {2: "b", 8: "o", 10: "d", 16: "x"}[base])


@TABLE.add("rand.intn", "string", "number", contextual=True)
def random_integer(context: Context, seed: str, limit: Value) -> Value:
    """The same number for the same operands within one query."""
    _integers("rand.intn", limit)
    if limit == 0:
        return 0
    key = ("rand.intn", seed, limit)
    if key not in context.once.random:
        context.once.random[key] = random.SystemRandom().randrange(abs(limit))
    return context.once.random[key]


def decimal_text(value: Value, digits: int) -> str:
    """The number with so many decimal places, rounded as exactly as it can be."""
    with localcontext() as context:
        context.prec = 400
        return f"{Decimal(value):.{digits}f}"
