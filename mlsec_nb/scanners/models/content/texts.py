"""Addresses in texts: hosts that take stolen data, and bare addresses of machines on the Internet."""

import ipaddress
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

_NUMBERS = re.compile(rb"(?:https?|ftp|tcp|wss?)://((?:\d{1,3}\.){3}\d{1,3})(?=[:/])")


@cache
def _hosts() -> re.Pattern[bytes]:
    table = tomllib.loads(files(__package__).joinpath("hosts.toml").read_text(encoding="utf-8"))
    hosts = "|".join(table["hosts"])
    return re.compile(rf"://((?:[\w.-]{{0,80}}[.@])?(?:{hosts})(?:(?<=/)|(?![\w-])))".encode())


def addresses(window: bytes) -> Iterator[tuple[int, str, str]]:
    """Offset, address and what it is, of every address that a model has no use for."""
    if b"://" not in window:
        return
    for match in _hosts().finditer(window):
        yield match.start(), match.group(1).decode("ascii"), "takes data from anybody"
    for match in _NUMBERS.finditer(window):
        number = match.group(1).decode("ascii")
        if _is_public(number):
            yield match.start(), number, "is a machine without a name"


def _is_public(number: str) -> bool:
    try:
        return ipaddress.IPv4Address(number).is_global
    except ValueError:
        return False
