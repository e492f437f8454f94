"""`sprintf`, with Go's verbs and flags (https://pkg.go.dev/fmt)."""

import re

from mlsec_nb.rego.errors import BuiltinError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import Boolean, Value, quote, write, write_float

from .numbers import decimal_text
from .registry import Table

TABLE = Table()
_VERB = re.compile(
    r"%(?P<flags>[+\-# 0]*)(?:\[(?P<index>\d+)\])?(?P<width>\d+|\*)?(?:\.(?P<precision>\d+|\*)?)?(?P<verb>.)?",
    re.DOTALL,
)
_WIDTH = 10_000


@TABLE.add("sprintf", "string", "array", contextual=True)
def sprintf(context: Context, template: str, values: Value) -> Value:
    if "%" not in template:
        return template + _extra(values, 0)
    made = _Formatter(values).run(template)
    context.budget.size(len(made))
    return made


def _extra(values: Value, used: int) -> str:
    if used >= len(values):
        return ""
    return "%!(EXTRA " + ", ".join(f"{_go_type(value)}={_plain(value)}" for value in values[used:]) + ")"


def _go_type(value: Value) -> str:
    kind = type(value)
    return "int" if kind is int else "float64" if kind is float else "string"


def _plain(value: Value) -> str:
    """A value as `%v` shows it: a string without quotes."""
    return value if type(value) is str else write(value)


class _Formatter:
    def __init__(self, values: Value) -> None:
        self.values = values
        self.next = 0
        self.reordered = False

    def run(self, template: str) -> str:
        made = _VERB.sub(self._replace, template)
        return made if self.reordered else made + _extra(self.values, self.next)

    def _number(self, shown: str | None) -> int | None:
        if shown is None:
            return None
        if shown == "*":
            value = self.values[self.next] if self.next < len(self.values) else 0
            self.next += 1
            shown = str(value) if type(value) is int else "0"
        number = int(shown) if len(shown) < 7 else _WIDTH + 1
        if abs(number) > _WIDTH:
            raise BuiltinError("sprintf: a width or precision is too big")
        return number

    def _replace(self, match: re.Match[str]) -> str:
        verb = match["verb"]
        if verb is None:
            return "%!(NOVERB)"
        if verb == "%":
            return "%"
        flags = match["flags"]
        if match["index"]:
            self.next, self.reordered = int(match["index"]) - 1, True
        width = self._number(match["width"])
        has_precision = "." in match[0][:-1].split("]")[-1]
        precision = (self._number(match["precision"]) or 0) if has_precision else None
        if not 0 <= self.next < len(self.values):
            return f"%!{verb}(BADINDEX)" if match["index"] else f"%!{verb}(MISSING)"
        value = self.values[self.next]
        self.next += 1
        if width is not None and width < 0:
            flags, width = flags + "-", -width
        return _padded(_formatted(verb, value, flags, precision), flags, width, numeric=verb in "dxXobeEfFgG")


def _padded(shown: str, flags: str, width: int | None, *, numeric: bool) -> str:
    if width is None or len(shown) >= width:
        return shown
    if "-" in flags:
        return shown.ljust(width)
    if "0" in flags and numeric and not shown.startswith("%!"):
        sign = shown[0] if shown[:1] in ("-", "+") else ""
        return sign + shown[len(sign) :].rjust(width - len(sign), "0")
    return shown.rjust(width)


def _formatted(verb: str, value: Value, flags: str, precision: int | None) -> str:
    kind = type(value)
    if verb == "v":
        return _signed(_plain(value), value, flags)
    if verb == "T":
        return _go_type(value)
    if verb == "s":
        return (
            _bad(verb, value) if kind is float or (kind is int and abs(value) < 1 << 63) else _plain(value)[:precision]
        )
    if verb == "q":
        return (
            quote(_plain(value))
            if kind is not int
            else f"'{chr(value)}'"
            if 0 <= value < 0x110000
            else _bad(verb, value)
        )
    if verb == "t":
        return str(value) if kind is Boolean else _bad(verb, value)
    if verb in "dboxXcU":
        return _whole(verb, value, flags)
    if verb in "eEfFgG":
        return _float(verb, value, flags, precision)
    return _bad(verb, value)


def _bad(verb: str, value: Value) -> str:
    return f"%!{verb}({_go_type(value)}={_plain(value)})"


def _signed(shown: str, value: Value, flags: str) -> str:
    if type(value) in (int, float) and not shown.startswith("-"):
        return ("+" if "+" in flags else " " if " " in flags else "") + shown
    return shown


def _whole(verb: str, value: Value, flags: str) -> str:
    if type(value) is str and verb in "xX":
        shown = value.encode("utf-8", "replace").hex()
        return shown.upper() if verb == "X" else shown
    if type(value) is not int:
        return _bad(verb, value)
    if verb == "c":
        return chr(value) if 0 <= value < 0x110000 else "\ufffd"
    if verb == "U":
        return f"U+{value:04X}"
    prefix = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}.get(verb, "") if "#" in flags else ""
    shown = f"{'-' if value < 0 else ''}{prefix}{format(abs(value), verb)}"
    return _signed(shown, value, flags)


def _float(verb: str, value: Value, flags: str, precision: int | None) -> str:
    if type(value) not in (int, float):
        return _bad(verb, value)
    if type(value) is int and verb in "eEfFgG" and abs(value) > 1 << 1000:
        raise BuiltinError("sprintf: the number is too big")
    if verb in "fF":
        return _signed(decimal_text(value, 6 if precision is None else precision), value, flags)
    if verb in "eE":
        return _signed(format(float(value), f".{6 if precision is None else precision}{verb}"), value, flags)
    if precision is None:
        return _signed(write_float(float(value)).removesuffix(".0"), value, flags)
    return _signed(format(float(value), f".{precision}{verb}"), value, flags)
