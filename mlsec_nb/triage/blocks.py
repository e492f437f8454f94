"""What other tools' comments say of infrastructure: of a line, of the block around it, of the block below, of the file.

Checkov: https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html; tfsec and Trivy: `tfsec:ignore`,
`trivy:ignore`; KICS: https://docs.kics.io/latest/running-kics/; hadolint and zizmor: `ignore=`, `ignore[…]`.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from mlsec_nb.core import Finding

from .marks import Covers, Mark, Scope, understood

SCANNER = "infrastructure"
_LEAD = r"(?:#|//)[ \t]*"
_CHECKOV = re.compile(_LEAD + r"(?:checkov|bridgecrew):skip=(?P<ids>[\w*,-]+)(?:[: ][ \t]*(?P<reason>[^\n]*))?")
_ANNOTATION = re.compile(
    r"^[ \t]*[\"']?(?:checkov|bridgecrew)\.io/skip\d*[\"']?:[ \t]*[\"']?(?P<ids>\w+)(?:=(?P<reason>[^\n\"']*))?"
)
_COMMENT = re.compile(r"#|(?<!:)//")
_TRIVY = re.compile(r"(?P<tool>tfsec|trivy):ignore:(?P<ids>[\w*./-]+)(?P<rest>[^\s]*)")
_EXPIRES = re.compile(r":?exp:(\d{4}-\d{2}-\d{2})")
_KICS = re.compile(r"#[ \t]*kics-scan[ \t]+(?P<how>ignore-line|ignore-block|ignore)\b")
_HADOLINT = re.compile(r"#[ \t]*hadolint[ \t]+(?P<all>global[ \t]+)?ignore=(?P<ids>[\w,]+)")
_ZIZMOR = re.compile(r"#[ \t]*zizmor:[ \t]*ignore\[(?P<ids>[\w,: -]+)\](?P<reason>[^\n]*)")
ANY = re.compile(r"(?:checkov|bridgecrew)(?::skip|\.io/skip)|(?:tfsec|trivy):ignore|kics-scan|hadolint|zizmor:")
_HEAD = re.compile(r"[A-Za-z]")


def block_marks(text: str) -> Iterator[Mark]:
    """Every such mark, with the lines that it reaches."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if ANY.search(line):
            yield from _checkov(lines, number)
            yield from _trivy(lines, number)
            yield from _kics(lines, number)
            yield from _hadolint(lines, number)
            if match := _ZIZMOR.search(line):
                yield _mark("zizmor: ignore", number, (number, number), match["ids"], match["reason"])


def covering_ids(ids: str) -> Covers:
    """Findings of infrastructure whose rule refers to one of these ids; `*` is every one."""
    wanted = {word.strip().upper() for word in re.split(r"[, ]+", ids) if word.strip()}

    def covers(found: Finding) -> bool:
        if found.scanner != SCANNER:
            return False
        return "*" in wanted or not wanted.isdisjoint(reference.upper() for reference in found.rule.references)

    return covers


def _mark(
    name: str, line: int, reach: tuple[int, int], ids: str, reason: str | None, until: dt.date | None = None
) -> Mark:
    words, date, broken = understood(reason or "")
    return Mark(
        scope=Scope.BLOCK, line=line, reach=reach, covers=covering_ids(ids), name=name, reason=words,
        until=until or date, broken=broken,
    )  # fmt: skip


def _checkov(lines: Sequence[str], number: int) -> Iterator[Mark]:
    if match := _CHECKOV.search(lines[number - 1]):
        reach = _around(lines, number) or (1, len(lines))
        yield _mark("checkov:skip", number, reach, match["ids"], match["reason"])
    elif match := _ANNOTATION.search(lines[number - 1]):
        yield _mark("checkov.io/skip", number, _document(lines, number), match["ids"], match["reason"])


def _trivy(lines: Sequence[str], number: int) -> Iterator[Mark]:
    """On its line; above a block, or in the first line of one, on the whole block."""
    line = lines[number - 1]
    comment = _COMMENT.search(line)
    if not comment:
        return
    first = number
    if not line[: comment.start()].strip():
        while first <= len(lines) and lines[first - 1].lstrip()[:1] in ("#", "/"):
            first += 1
    reach = _block(lines, first) or (first, first)
    for match in _TRIVY.finditer(line, comment.start()):
        expires = _EXPIRES.search(match["rest"])
        until = _date(expires[1]) if expires else None
        place = (min(number, reach[0]), reach[1])
        yield _mark(f"{match['tool']}:ignore", number, place, match["ids"], "", until)


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return dt.date.min  # what cannot be read is over


def _kics(lines: Sequence[str], number: int) -> Iterator[Mark]:
    if match := _KICS.search(lines[number - 1]):
        how = match["how"]
        reach = (1, len(lines))
        if how == "ignore-line":
            reach = (number, number + 1)
        elif how == "ignore-block":
            reach = _block(lines, number + 1) or (number, number + 1)
        elif number > 1 and any(line.strip() and not line.lstrip().startswith("#") for line in lines[: number - 1]):
            return  # for the whole file it stands at the top
        yield _mark(f"kics-scan {how}", number, reach, "*", "")


def _hadolint(lines: Sequence[str], number: int) -> Iterator[Mark]:
    if match := _HADOLINT.search(lines[number - 1]):
        reach = (1, len(lines)) if match["all"] else (number, number + 1)
        yield _mark("hadolint ignore", number, reach, match["ids"], "")


def _block(lines: Sequence[str], first: int) -> tuple[int, int] | None:
    """The block in braces that begins in a line, by its indentation."""
    if first > len(lines) or not lines[first - 1].rstrip().endswith("{"):
        return None
    indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
    for number in range(first + 1, len(lines) + 1):
        if lines[number - 1].startswith(indent + "}"):
            return first, number
    return first, len(lines)


def _around(lines: Sequence[str], number: int) -> tuple[int, int] | None:
    """The top-level block in braces that a line lies in."""
    first = number
    while first > 0 and not (_HEAD.match(lines[first - 1]) and lines[first - 1].rstrip().endswith("{")):
        if lines[first - 1].startswith("}") and first != number:
            return None
        first -= 1
    found = _block(lines, first) if first else None
    return found if found and found[1] >= number else None


def _document(lines: Sequence[str], number: int) -> tuple[int, int]:
    """The YAML document that a line lies in."""
    first = number
    while first > 1 and not lines[first - 2].startswith("---"):
        first -= 1
    last = number
    while last < len(lines) and not lines[last].startswith("---"):
        last += 1
    return first, last
