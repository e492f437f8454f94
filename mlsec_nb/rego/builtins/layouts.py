"""Go's way to write and read a time after an example (https://pkg.go.dev/time#pkg-constants)."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

NAMED = {
    "ANSIC": "Mon Jan _2 15:04:05 2006",
    "UnixDate": "Mon Jan _2 15:04:05 MST 2006",
    "RubyDate": "Mon Jan 02 15:04:05 -0700 2006",
    "RFC822": "02 Jan 06 15:04 MST",
    "RFC822Z": "02 Jan 06 15:04 -0700",
    "RFC850": "Monday, 02-Jan-06 15:04:05 MST",
    "RFC1123": "Mon, 02 Jan 2006 15:04:05 MST",
    "RFC1123Z": "Mon, 02 Jan 2006 15:04:05 -0700",
    "RFC3339": "2006-01-02T15:04:05Z07:00",
    "RFC3339Nano": "2006-01-02T15:04:05.999999999Z07:00",
}
_TOKEN = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|01|02|03|04|05|06|002|15|PM|pm|_2|Z07:00|Z0700|-07:00|-0700|-07"
    r"|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5"
)
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_SHORT = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time to the second, and the nanoseconds after it."""

    when: dt.datetime
    fraction: int


def _offset(when: dt.datetime, colon: str) -> str:
    seconds = int((when.utcoffset() or dt.timedelta()).total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    return f"{sign}{seconds // 3600:02}{colon}{seconds // 60 % 60:02}"


def write_time(layout: str, moment: Moment) -> str:
    """The moment as the layout shows it."""
    return _TOKEN.sub(lambda match: _written(match[0], moment), layout)


def _written(token: str, moment: Moment) -> str:
    when = moment.when
    if token[0] in ".,":
        digits = f"{moment.fraction:09}"[: len(token) - 1]
        return token[0] + digits if token[1] == "0" else (token[0] + digits.rstrip("0")).rstrip(token[0])
    if token in ("Z07:00", "Z0700"):
        return "Z" if not when.utcoffset() else _offset(when, ":" if ":" in token else "")
    if token.startswith("-07"):
        return _offset(when, ":" if ":" in token else "")[: 3 if token == "-07" else None]  # noqa: S105
    hour = (when.hour + 11) % 12 + 1
    values: dict[str, object] = {
        "January": calendar.month_name[when.month], "Jan": calendar.month_abbr[when.month],
        "Monday": calendar.day_name[when.weekday()], "Mon": calendar.day_abbr[when.weekday()],
        "MST": when.tzname() or "UTC", "2006": f"{when.year:04}", "06": f"{when.year % 100:02}",
        "01": f"{when.month:02}", "1": when.month, "02": f"{when.day:02}", "_2": f"{when.day:2}", "2": when.day,
        "002": f"{when.timetuple().tm_yday:03}", "15": f"{when.hour:02}", "03": f"{hour:02}", "3": hour,
        "04": f"{when.minute:02}", "4": when.minute, "05": f"{when.second:02}", "5": when.second,
        "PM": "PM" if when.hour >= 12 else "AM", "pm": "pm" if when.hour >= 12 else "am",
    }  # fmt: skip
    return str(values[token])


_PATTERNS = {
    "January": r"(?P<month_name>[A-Za-z]+)", "Jan": r"(?P<month_short>[A-Za-z]{3})", "Monday": r"[A-Za-z]+",
    "Mon": r"[A-Za-z]{3}", "MST": r"(?P<zone>[A-Z]{1,5}|[+-]\d{2})", "2006": r"(?P<year>\d{4})",
    "06": r"(?P<year_short>\d{2})", "01": r"(?P<month>\d{2})", "1": r"(?P<month>\d{1,2})", "02": r"(?P<day>\d{2})",
    "_2": r" ?(?P<day>\d{1,2})", "2": r"(?P<day>\d{1,2})", "002": r"(?P<yearday>\d{3})", "15": r"(?P<hour>\d{2})",
    "03": r"(?P<hour12>\d{2})", "3": r"(?P<hour12>\d{1,2})", "04": r"(?P<minute>\d{2})", "4": r"(?P<minute>\d{1,2})",
    "05": r"(?P<second>\d{2})(?P<fraction>[.,]\d{1,9}\d*)?", "5": r"(?P<second>\d{1,2})(?P<fraction>[.,]\d{1,9}\d*)?",
    "PM": r"(?P<half>AM|PM)", "pm": r"(?P<half>am|pm)", "Z07:00": r"(?P<offset>Z|[+-]\d{2}:\d{2})",
    "Z0700": r"(?P<offset>Z|[+-]\d{4})", "-07:00": r"(?P<offset>[+-]\d{2}:\d{2})", "-0700": r"(?P<offset>[+-]\d{4})",
    "-07": r"(?P<offset>[+-]\d{2})",
}  # fmt: skip


def read_time(layout: str, text: str) -> Moment:
    """The moment that a text means; raises ValueError."""
    match = re.fullmatch(_pattern(layout), text, re.ASCII)
    if not match:
        raise ValueError("cannot parse")
    found = {key: value for key, value in match.groupdict().items() if value is not None}
    fraction = found.get("fraction", "").lstrip(".,")[:9].ljust(9, "0")
    year = int(found.get("year", 0)) or _century(found)
    month = _month(found)
    base = dt.datetime(year or 1, month, 1, tzinfo=dt.UTC)
    day = int(found.get("day", 1))
    when = base.replace(
        day=day, hour=_hour(found), minute=int(found.get("minute", 0)), second=int(found.get("second", 0))
    )
    if "yearday" in found:
        when = when.replace(month=1, day=1) + dt.timedelta(days=int(found["yearday"]) - 1)
    return Moment(when - _zone_offset(found), int(fraction))


def _pattern(layout: str) -> str:
    made, position, names = [], 0, set()
    for token in _TOKEN.finditer(layout):
        made.append(re.escape(layout[position : token.start()]))
        piece = _PATTERNS.get(token[0])
        if piece is None:  # a fraction: the seconds before it have read it
            piece = "" if made and "fraction" in "".join(made) else r"(?P<fraction>[.,]\d{1,9})"
        for name in re.findall(r"\?P<(\w+)>", piece):
            piece = piece.replace(f"?P<{name}>", "") if name in names else piece
            names.add(name)
        made.append(piece)
        position = token.end()
    return "".join(made) + re.escape(layout[position:])


def _century(found: dict[str, str]) -> int:
    if "year_short" not in found:
        return 0
    short = int(found["year_short"])
    return short + (1900 if short >= 69 else 2000)


def _month(found: dict[str, str]) -> int:
    for key, table in (("month_name", _MONTHS), ("month_short", _SHORT)):
        if key in found:
            if found[key].lower() not in table:
                raise ValueError("month out of range")
            return table[found[key].lower()]
    return int(found.get("month", 1))


def _hour(found: dict[str, str]) -> int:
    if "hour12" in found:
        hour = int(found["hour12"])
        if not 1 <= hour <= 12:
            raise ValueError("hour out of range")
        return hour % 12 + (12 if found.get("half", "").upper() == "PM" else 0)
    return int(found.get("hour", 0))


def _zone_offset(found: dict[str, str]) -> dt.timedelta:
    text = found.get("offset", "Z").replace(":", "")
    if text == "Z":
        return dt.timedelta()
    hours, minutes = int(text[1:3]), int(text[3:5] or 0)
    if hours > 24 or minutes > 59:
        raise ValueError("zone out of range")
    offset = dt.timedelta(hours=hours, minutes=minutes)
    return -offset if text[0] == "-" else offset
