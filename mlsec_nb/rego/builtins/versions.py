"""Semantic versions (https://semver.org) and units of size."""

import re
from decimal import Decimal, InvalidOperation

from mlsec_nb.rego.errors import BuiltinError
from mlsec_nb.rego.values import FALSE, Value, boolean, number

from .registry import Table

TABLE = Table()
_IDENTIFIER = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_SEMVER = re.compile(rf"(\d{{1,100}})\.(\d{{1,100}})\.(\d{{1,100}})(?:-({_IDENTIFIER}))?(?:\+{_IDENTIFIER})?", re.ASCII)


def _version(text: str) -> tuple[tuple[int, ...], list[tuple[int, int, str]]]:
    match = _SEMVER.fullmatch(text)
    if not match:
        raise BuiltinError(f"semver.compare: {text!r} is not a semantic version")
    parts = match[4].split(".") if match[4] else []
    before = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
    return tuple(int(match[group]) for group in (1, 2, 3)), before


@TABLE.add("semver.compare", "string", "string")
def semver_compare(left: str, right: str) -> Value:
    (release, before), (other, other_before) = _version(left), _version(right)
    if release != other:
        return -1 if release < other else 1
    if not before or not other_before:
        return bool(other_before) - bool(before)
    return (before > other_before) - (before < other_before)


@TABLE.add("semver.is_valid", "any")
def semver_is_valid(text: Value) -> Value:
    return boolean(_SEMVER.fullmatch(text)) if type(text) is str else FALSE


_DECIMAL = {"": 1, "m": Decimal("0.001"), **{mark: 1000**power for power, mark in enumerate("kmgtpe", 1)}}
_BINARY = {f"{mark}i": 1024**power for power, mark in enumerate("kmgtpe", 1)}
_AMOUNT = re.compile(r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]{1,3})?)([A-Za-z]*)", re.ASCII)


def _amount(name: str, text: str) -> tuple[Decimal, str]:
    text = text.replace('"', "")
    if " " in text:
        raise BuiltinError(f"{name}: spaces not allowed in resource strings")
    match = _AMOUNT.fullmatch(text)
    if not match:
        raise BuiltinError(
            f"{name}: no amount provided" if not re.search(r"\d", text) else f"{name}: could not parse amount"
        )
    try:
        return Decimal(match[1]), match[2]
    except InvalidOperation as error:
        raise BuiltinError(f"{name}: could not parse amount to a number") from error


@TABLE.add("units.parse", "string")
def units_parse(text: str) -> Value:
    amount, unit = _amount("units.parse", text)
    small = unit if unit == "m" else unit.lower()
    table = {**_DECIMAL, **_BINARY}
    if unit == "M":
        factor: Decimal | int = 1000**2
    elif unit == "m":
        factor = Decimal("0.001")
    elif small in table:
        factor = table[small]
    else:
        raise BuiltinError(f"units.parse: unit {unit} not recognized")
    return _scaled(amount, factor)


def _scaled(amount: Decimal, factor: Decimal | int) -> Value:
    made = amount * factor
    return int(made) if made == made.to_integral_value() else number(float(made))


@TABLE.add("units.parse_bytes", "string")
def units_parse_bytes(text: str) -> Value:
    amount, unit = _amount("units.parse_bytes", text)
    small = unit.lower()
    table = {"b": 1, **{key if key != "m" else "m": value for key, value in _DECIMAL.items()}, **_BINARY}
    table["m"] = 1000**2
    short = small.removesuffix("b") if small != "b" else small
    if short not in table:
        raise BuiltinError(f"units.parse_bytes: byte unit {unit} not recognized")
    return int(amount * table[short])
