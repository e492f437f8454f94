"""Versions of Linux distributions' packages as keys that Python's own comparison orders."""

import re
from typing import Final

Part = tuple[int, ...] | int

_DIGITS: Final = re.compile(r"([^0-9]*)([0-9]*)")
_RPM: Final = re.compile(r"~|\^|[0-9]+|[A-Za-z]+")
_APK: Final = re.compile(
    r"(?P<numbers>\d+(?:\.\d+)*)(?P<letter>[a-z]?)(?P<suffixes>(?:_[a-z]+\d*)*)(?:~[0-9a-f]+)?(?:-r(?P<revision>\d+))?\Z"
)
_BEFORE: Final = ("alpha", "beta", "pre", "rc")
_AFTER: Final = ("cvs", "svn", "git", "hg", "p")


def _order(char: str) -> int:
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + 256


def _debian_part(text: str) -> tuple[Part, ...]:
    """Runs of non-digits and digits in turn; a run of non-digits ends in 0, below which only `~` is."""
    parts: list[Part] = []
    for letters, digits in _DIGITS.findall(text):
        if not letters and not digits:
            break
        parts += [(*map(_order, letters), 0), int(digits or 0)]
    return (*parts, (0,))


def debian(version: str) -> tuple[int, tuple[Part, ...], tuple[Part, ...]]:
    """https://www.debian.org/doc/debian-policy/ch-controlfields.html#version."""
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.strip().isdecimal():
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, "0"
    return int(epoch), _debian_part(upstream), _debian_part(revision)


def _rpm_part(text: str) -> tuple[tuple[int, int | str], ...]:
    """`~` is below the end, `^` just above it, letters below numbers."""
    parts: list[tuple[int, int | str]] = []
    for run in _RPM.findall(text):
        if run in "~^":
            parts.append((0, "") if run == "~" else (2, ""))
        else:
            parts.append((4, int(run)) if run.isdecimal() else (3, run))
    return (*parts, (1, ""))


def rpm(version: str) -> tuple[int, tuple[tuple[int, int | str], ...], tuple[tuple[int, int | str], ...]]:
    """https://rpm.org/docs/latest/man/rpm-version.7."""
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "0", version
    name, _, release = rest.partition("-")
    return int(epoch), _rpm_part(name), _rpm_part(release)


def alpine(version: str) -> tuple[tuple[int, int | str], ...]:
    """https://gitlab.alpinelinux.org/alpine/apk-tools, `apk_version_compare`.

    Where two versions stop to be equal, what follows decides: a suffix of a pre-release, the end, the revision, a
    suffix's number, a suffix of a later one, a letter, a further number, in this order.
    """
    found = _APK.match(version)
    if not found:
        return ((-1, version),)
    first, *others = found["numbers"].split(".")
    parts: list[tuple[int, int | str]] = [(8, int(first))]
    # Digits behind a zero are those of a fraction: 1.05 is below 1.1, and above 1.005.
    parts += [(6, text) if text[0] == "0" and len(text) > 1 else (7, int(text)) for text in others]
    if found["letter"]:
        parts.append((5, found["letter"]))
    for name, number in re.findall(r"_([a-z]+)(\d*)", found["suffixes"]):
        if name in _BEFORE:
            parts.append((0, _BEFORE.index(name)))
        else:
            parts.append((4, _AFTER.index(name) if name in _AFTER else len(_AFTER)))
        if number:
            parts.append((3, int(number)))
    if found["revision"]:
        parts.append((2, int(found["revision"])))
    return (*parts, (1, ""))
