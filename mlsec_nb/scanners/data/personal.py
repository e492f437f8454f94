"""Personal data in columns, by checksums: a column is told when far more of its values pass than chance lets through.

Names and addresses are not recognised: that takes a language model. One number alone proves nothing, because every
tenth number passes Luhn's test.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mlsec_nb.core import Document, Evidence, Finding, Segment

from .rules import NAME, catalogue, named

_LEAST = 5  # different values of one column
_CARD = re.compile(r"(?<![\w.+-])\d{4}[ -]?\d{4,6}[ -]?\d{4,5}(?:[ -]?\d{1,7})?(?![\w.-])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_SSN = re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w.-])")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w.-])")
# Issuers and lengths: ISO/IEC 7812; those of Visa, Mastercard, American Express, Discover, JCB and Diners Club.
_ISSUERS = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d)\d{12}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}"
)
_KEY = re.compile(r"\"([^\"\\]{1,60})\"\s{0,4}:\s{0,4}\"?[^\"]{0,80}\Z")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of personal data; `share` of the candidates of a column have to be real."""

    rule: str
    shape: re.Pattern[str]
    is_real: Callable[[str], bool]
    hint: str
    share: float = 0.5
    least: int = _LEAST


@dataclass(slots=True)
class _Column:
    candidates: int = 0
    real: set[str] = field(default_factory=set)
    passed: int = 0


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdecimal()]
    if not _ISSUERS.fullmatch("".join(map(str, digits))) or len(set(digits)) < 3:
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _mod97(text: str) -> bool:
    """ISO 13616: the check digits of an IBAN."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def _issued(text: str) -> bool:
    """Numbers that are given out: no area 000, 666 or 9xx, no group 00, no serial 0000 (https://www.ssa.gov/employer)."""
    area, group, serial = text.split("-")
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def _reachable(text: str) -> bool:
    """Not one of the domains that documentation uses (RFC 2606)."""
    return re.search(r"@(?:.*\.)?(?:example(?:\.\w+)?|test|invalid|localhost)\Z", text.lower()) is None


_KINDS = (
    _Kind("DATA-PERSONAL-CARD", _CARD, _luhn, ""),
    _Kind("DATA-PERSONAL-IBAN", _IBAN, _mod97, ""),
    _Kind("DATA-PERSONAL-SSN", _SSN, _issued, "-", 0.95, 8),
    _Kind("DATA-PERSONAL-MAIL", _MAIL, _reachable, "@", 0.5, 20),
)


def personal(document: Document, key: bytes) -> Iterator[Finding]:
    """The columns in the text of a document that hold personal data."""
    for segment in document.segments:
        for kind in _KINDS:
            if kind.hint in segment.text:
                yield from _columns(segment, kind, key)


def _columns(segment: Segment, kind: _Kind, key: bytes) -> Iterator[Finding]:
    columns: dict[str, _Column] = {}
    for match in kind.shape.finditer(segment.text):
        column = columns.setdefault(_column(segment, match.start()), _Column())
        column.candidates += 1
        if kind.is_real(match[0]):
            column.passed += 1
            if len(column.real) < kind.least:
                column.real.add(match[0])
    for part, column in columns.items():
        if len(column.real) >= kind.least and column.passed >= kind.share * column.candidates:
            rule = catalogue()[kind.rule]
            yield Finding(
                rule=rule, scanner=NAME, location=segment.place.with_(part=part), evidence=Evidence.fact(part, key),
                message=f"{rule.title} ({part})",
            )  # fmt: skip


def _column(segment: Segment, at: int) -> str:
    """What the column is called in which an offset stands: by its part, its key in JSON or its number."""
    if segment.place.part:
        return segment.place.part
    text = segment.text
    begin = max(text.rfind("\n", 0, at) + 1, at - 4096)
    if text[begin : begin + 1] in "{[":
        found = _KEY.search(text, max(begin, at - 200), at)
        return f"key {named(found[1])}" if found else "a value"
    number = max(text.count(separator, begin, at) for separator in ",;\t|") + 1
    return f"column {number}"
