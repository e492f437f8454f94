"""Time: nanoseconds since 1970, RFC 3339, Go's layouts, calendars and zones."""

import calendar
import datetime as dt
import re
from zoneinfo import ZoneInfo

from mlsec_nb.rego.errors import BuiltinError, BuiltinTypeError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import Value, type_name

from .layouts import NAMED, Moment, read_time, write_time
from .registry import Table

TABLE = Table()
SECOND = 1_000_000_000
_LIMIT = 1 << 63
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

TABLE.add("time.now_ns", contextual=True)(lambda context: context.once.now_ns)


def _in_range(name: str, value: int) -> int:
    if not -_LIMIT <= value < _LIMIT:
        raise BuiltinError(f"{name}: time outside of valid range")
    return value


def _zone(name: str, text: Value) -> dt.tzinfo:
    if type(text) is not str:
        raise BuiltinTypeError(f"{name}: a zone must be a string but got {type_name(text)}")
    if text in ("", "UTC"):
        return dt.UTC
    try:
        return ZoneInfo(text) if text != "Local" else dt.UTC
    except (ValueError, OSError, KeyError) as error:
        raise BuiltinError(f"{name}: unknown time zone {text}") from error


def _moment(name: str, value: Value) -> tuple[Moment, str | None]:
    """Nanoseconds, or `[ns, zone]`, or `[ns, zone, layout]`."""
    parts = value if type(value) is tuple else (value,)
    if type(value) not in (int, tuple) or not 1 <= len(parts) <= 3 or type(parts[0]) is not int:
        raise BuiltinTypeError(f"{name}: operand 1 must be either number (ns) or array of it, a zone and a layout")
    zone = _zone(name, parts[1]) if len(parts) > 1 else dt.UTC
    layout = parts[2] if len(parts) > 2 else None
    if layout is not None and type(layout) is not str:
        raise BuiltinTypeError(f"{name}: a layout must be a string")
    ns = _in_range(name, parts[0])
    when = (_EPOCH + dt.timedelta(seconds=ns // SECOND)).astimezone(zone)
    return Moment(when, ns % SECOND), layout


def _ns(when: dt.datetime, fraction: int) -> int:
    delta = when - _EPOCH
    return (delta.days * 86400 + delta.seconds) * SECOND + fraction


@TABLE.add("time.parse_rfc3339_ns", "string")
def parse_rfc3339(text: str) -> Value:
    return _parse("time.parse_rfc3339_ns", NAMED["RFC3339"], text)


@TABLE.add("time.parse_ns", "string", "string")
def parse_ns(layout: str, text: str) -> Value:
    return _parse("time.parse_ns", NAMED.get(layout, layout), text)


def _parse(name: str, layout: str, text: str) -> Value:
    try:
        moment = read_time(layout, text)
    except ValueError as error:
        raise BuiltinError(f"{name}: {text!r} does not fit the layout: {error}") from error
    return _in_range(name, _ns(moment.when, moment.fraction))


_UNITS = {
    "ns": 1,
    "us": 1000,
    "µs": 1000,
    "μs": 1000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}


@TABLE.add("time.parse_duration_ns", "string")
def parse_duration(text: str) -> Value:
    body = text.lstrip("+-") if len(text) - len(text.lstrip("+-")) < 2 else "?"
    pieces = re.findall(r"(\d*\.?\d*)(ns|us|µs|μs|ms|s|m|h)", body)
    if body != "0" and (not pieces or "".join(map("".join, pieces)) != body or any(n in ("", ".") for n, _ in pieces)):
        raise BuiltinError(f"time.parse_duration_ns: invalid duration {text!r}")
    total = sum(_scaled(amount, _UNITS[unit]) for amount, unit in pieces)
    return _in_range("time.parse_duration_ns", -total if text.startswith("-") else total)


def _scaled(amount: str, unit: int) -> int:
    whole, _, part = amount.partition(".")
    return int(whole or 0) * unit + (int(part) * unit // 10 ** len(part) if part else 0)


@TABLE.add("time.date", "any")
def date(value: Value) -> Value:
    moment, _ = _moment("time.date", value)
    return moment.when.year, moment.when.month, moment.when.day


@TABLE.add("time.clock", "any")
def clock(value: Value) -> Value:
    moment, _ = _moment("time.clock", value)
    return moment.when.hour, moment.when.minute, moment.when.second


@TABLE.add("time.weekday", "any")
def weekday(value: Value) -> Value:
    moment, _ = _moment("time.weekday", value)
    return calendar.day_name[moment.when.weekday()]


@TABLE.add("time.format", "any")
def format_time(value: Value) -> Value:
    moment, layout = _moment("time.format", value)
    return write_time(NAMED.get(layout or "", layout) or NAMED["RFC3339Nano"], moment)


@TABLE.add("time.add_date", "number", "number", "number", "number")
def add_date(ns: Value, years: Value, months: Value, days: Value) -> Value:
    name = "time.add_date"
    if any(type(one) is not int for one in (ns, years, months, days)):
        raise BuiltinTypeError(f"{name}: the operands must be whole numbers")
    moment, _ = _moment(name, ns)
    month = moment.when.year * 12 + moment.when.month - 1 + years * 12 + months
    try:
        first = moment.when.replace(year=month // 12, month=month % 12 + 1, day=1)
        made = first + dt.timedelta(days=moment.when.day - 1 + days)
    except (ValueError, OverflowError) as error:
        raise BuiltinError(f"{name}: time outside of valid range") from error
    return _in_range(name, _ns(made, moment.fraction))


@TABLE.add("time.diff", "any", "any")
def diff(first: Value, second: Value) -> Value:
    """Years, months, days, hours, minutes and seconds between two moments, in the zone of the first."""
    one, other = (_moment("time.diff", value)[0] for value in (first, second))
    start, end = sorted((one.when, other.when.astimezone(one.when.tzinfo)))
    parts = [
        end.year - start.year, end.month - start.month, end.day - start.day,
        end.hour - start.hour, end.minute - start.minute, end.second - start.second,
    ]  # fmt: skip
    for at, size in ((5, 60), (4, 60), (3, 24)):
        if parts[at] < 0:
            parts[at] += size
            parts[at - 1] -= 1
    if parts[2] < 0:
        parts[2] += calendar.monthrange(start.year, start.month)[1]
        parts[1] -= 1
    if parts[1] < 0:
        parts[1] += 12
        parts[0] -= 1
    return tuple(parts)


@TABLE.add("test.sleep", "any", contextual=True)
def sleep(context: Context, duration: Value) -> Value:
    """Waits for nothing: a policy must not hold up a gate."""
    del context, duration
    return None
