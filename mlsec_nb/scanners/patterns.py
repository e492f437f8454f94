"""Rules that are data: TOML tables with keywords and a pattern, and the loop that finds them in a text.

One table is one rule: `id`, `title`, `severity`, `confidence`, `why`, `fix`, `references`, `keywords`, `pattern`,
`window`, `bad`, `good`. What stands above the first table (`severity`, `why` …) is the default of the whole file.

Speed and safety come from the same thing: a pattern is only ever tried where one of its keywords stands, inside a
window of a few hundred characters. The keywords are found by whatever is at hand (`matchers`), so all engines see the
same.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any, Final

from mlsec_nb.core import Confidence, Rule, Severity, UsageError

from .matchers import Literals, best, built

DEFAULT_WINDOW: Final = (0, 512)
# A token begins where no letter or digit stands before it, or where what stands there is half of an escape.
LEFT: Final = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrtfbv])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\x[0-9A-Fa-f]{2}))"
RIGHT: Final = r"(?![A-Za-z0-9])"
_LEFT: Final = re.compile(LEFT)
_NAME: Final = -1  # stands for a name where indices of patterns stand


@dataclass(frozen=True)
class Pattern:
    """A rule with the pattern that finds it; `table` keeps whatever else its table says."""

    rule: Rule
    source: str
    keywords: tuple[str, ...] = ()
    window: tuple[int, int] = DEFAULT_WINDOW
    ignore_case: bool = False
    fold: bool = False  # keywords in any case
    needs: str = ""  # stands in the window behind the keyword, wherever the pattern matches
    group: int = 0  # of the secret where none is called so; 0: the first that matched, or the whole
    table: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled when it is first needed: most rules never are."""
        return re.compile(self.source, re.IGNORECASE if self.ignore_case else 0)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern was found; `start` and `end` are those of its group `secret`, if it has one."""

    pattern: Pattern
    start: int
    end: int
    found: re.Match[str] = field(compare=False)


def tables(*files: Traversable) -> list[dict[str, Any]]:
    """The rule tables of TOML files in order, each file's defaults filled in (240 tables: 15 ms)."""
    return [table for file in files for table in parse(file.name, file.read_bytes())]


def parse(name: str, text: bytes) -> list[dict[str, Any]]:
    """The rule tables of one TOML text; what is wrong in it is a `UsageError` under `name`."""
    try:
        content = tomllib.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{name}: {error}") from error
    rules = content.pop("rule", [])
    if not isinstance(rules, list) or not all(isinstance(table, dict) for table in rules):
        raise UsageError(f"{name}: rules are written as [[rule]] tables")
    return [{**content, **table} for table in rules]


def to_rule(table: Mapping[str, Any]) -> Rule:
    """The rule that a table tells; a mistake in it is a `UsageError` that names the rule and the key."""
    for key in ("id", "title", "severity"):
        if not isinstance(table.get(key), str):
            raise UsageError(f"rule {table.get('id', '?')}: needs {key}")
    try:
        severity, confidence = Severity(table["severity"]), Confidence(table.get("confidence", "high"))
    except ValueError as error:
        raise UsageError(f"rule {table['id']}: {error}") from error
    return Rule(
        id=table["id"], title=table["title"], severity=severity, confidence=confidence,
        why=str(table.get("why", "")), fix=str(table.get("fix", "")),
        references=tuple(map(str, table.get("references", ()))),
        bad=tuple(map(str, table.get("bad", ()))), good=tuple(map(str, table.get("good", ()))),
    )  # fmt: skip


def to_pattern(table: Mapping[str, Any]) -> Pattern:
    """The pattern of a table: `pattern` stands between token borders unless `borders` is false."""
    rule = to_rule(table)
    source = table.get("pattern")
    keywords = table.get("keywords", ())
    if not isinstance(source, str) or not all(isinstance(k, str) and k for k in keywords):
        raise UsageError(f"rule {rule.id}: needs a pattern and keywords, one of which stands in every match")
    if table.get("borders", True):
        source = f"{LEFT}(?:{source}){RIGHT}"
    before, after = table.get("window", DEFAULT_WINDOW)
    ignore_case = bool(table.get("ignore_case"))
    pattern = Pattern(
        rule, source, tuple(keywords), (before, after), ignore_case, ignore_case or bool(table.get("fold")),
        str(table.get("needs", "")), int(table.get("group", 0)), table,
    )  # fmt: skip
    if table.get("checked"):
        _check(pattern)
    return pattern


def _check(pattern: Pattern) -> None:
    try:
        re.compile(pattern.source)
    except re.error as error:
        raise UsageError(f"rule {pattern.rule.id}: pattern: {error}") from error


def load(*files: Traversable) -> tuple[Pattern, ...]:
    """All pattern rules of TOML files."""
    return tuple(to_pattern(table) for table in tables(*files))


class Matcher:
    """Finds many patterns in a text in one sweep; the same findings whatever engine finds the keywords."""

    def __init__(
        self, patterns: Sequence[Pattern], engine: type[Literals] | None = None, names: Sequence[str] = ()
    ) -> None:
        """`names`, in lower case, are words that are looked for in the same sweep, in any case."""
        self._patterns = tuple(patterns)
        exact: dict[str, list[int]] = {}
        folded: dict[str, list[int]] = {name: [_NAME] for name in names}
        for index, pattern in enumerate(self._patterns):
            for keyword in pattern.keywords:
                where = folded if pattern.fold else exact
                where.setdefault(keyword.lower() if pattern.fold else keyword, []).append(index)
        self._anywhere = [index for index, pattern in enumerate(self._patterns) if not pattern.keywords]
        self._literals = built(engine or best(), tuple(exact), tuple(folded))
        self._owners = [*exact.values(), *folded.values()]
        self._telling = {index for index, pattern in enumerate(self._patterns) if _is_telling(pattern)}
        self._short = {index for index, pattern in enumerate(self._patterns) if _begins(pattern)} - self._telling

    def find(self, text: str) -> Iterator[Match]:
        """Every match, in the order of patterns and then of places."""
        yield from self.matches(text, self.look(text)[0])

    def look(self, text: str) -> tuple[dict[int, list[int]], list[int]]:
        """Where the keywords of each pattern (by its index) stand in a text, and where names do, in order."""
        hits: dict[int, list[int]] = {}
        owners = self._owners
        for place, word in self._literals.find(text):
            for index in owners[word]:
                if index in hits:
                    hits[index].append(place)
                else:
                    hits[index] = [place]
        names = hits.pop(_NAME, [])
        hits.update((index, [0]) for index in self._anywhere)
        return hits, sorted(names)

    def beginnings(self, text: str, hits: Mapping[int, list[int]]) -> list[int]:
        """Where tokens begin: what they begin with is hardly anything else, or stands where a literal begins."""
        places = (place for index in self._telling.intersection(hits) for place in hits[index])
        quoted = (place for index in self._short.intersection(hits) for place in hits[index])
        found = {place for place in places if _LEFT.match(text, place)}
        return sorted(found.union(place for place in quoted if text[place - 1 : place] in ("'", '"')))

    def matches(self, text: str, hits: Mapping[int, list[int]]) -> Iterator[Match]:
        """The matches around these places."""
        for index in sorted(hits):
            yield from matches(self._patterns[index], text, sorted(hits[index]))


def _begins(pattern: Pattern) -> bool:
    """Whether the keyword of a pattern is the public beginning of a token."""
    return bool(pattern.table.get("prefix", 0) >= 2 and pattern.window[0] == 0)


def _is_telling(pattern: Pattern) -> bool:
    """Whether the keyword of a pattern is hardly anything else: the public beginning of a token."""
    return bool(pattern.table.get("prefix", 0) >= 4 and pattern.table.get("telling", True))


def matches(pattern: Pattern, text: str, places: Sequence[int]) -> Iterator[Match]:
    """The matches of one pattern in the windows around ascending keyword places; none overlaps another."""
    before, after = pattern.window
    done = 0
    regex = pattern.regex
    if not pattern.keywords:  # a rule of somebody else that names none: it costs what it costs
        yield from (
            Match(pattern, *_span(pattern, found), found) for found in regex.finditer(text) if "\0" not in found.group()
        )
        return
    for place in places:
        if place < done:
            continue
        stop = place + after
        if pattern.needs and text.find(pattern.needs, place, stop) < 0:
            continue
        if before == 0:
            at = regex.match(text, place, stop)
            if at and "\0" in at.group():
                at = regex.match(text, place, _until_border(text, place, stop))
            spans: tuple[re.Match[str], ...] = (at,) if at else ()
        else:
            begin = max(place - before, done, text.rfind("\0", max(place - before, 0), place) + 1)
            spans = tuple(regex.finditer(text, begin, _until_border(text, place, stop)))
        for found in spans:
            yield Match(pattern, *_span(pattern, found), found)
            done = max(done, found.end())


def _span(pattern: Pattern, found: re.Match[str]) -> tuple[int, int]:
    """Where the secret stands in a match."""
    if "secret" in found.re.groupindex:
        span = found.span("secret")
    elif pattern.group:
        span = found.span(pattern.group)
    elif pattern.fold and not pattern.ignore_case:  # other tools take the first group
        span = next((found.span(n) for n in range(1, found.re.groups + 1) if found.start(n) >= 0), found.span())
    else:
        span = found.span()
    return span if span[0] >= 0 else found.span()


def _until_border(text: str, start: int, stop: int) -> int:
    border = text.find("\0", start, stop)
    return stop if border < 0 else border


@dataclass(frozen=True, slots=True)
class Joined:
    """Many texts laid end to end, so that one sweep serves them all; nothing can match across a border."""

    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Joined":
        starts, place = [], 0
        for text in texts:
            starts.append(place)
            place += len(text) + len(BORDER)
        return cls(BORDER.join(texts), tuple(starts))

    def locate(self, offset: int) -> tuple[int, int]:
        """Which text an offset stands in, and where that text begins."""
        index = bisect_right(self.starts, offset) - 1
        return index, self.starts[index]


BORDER: Final = "\n\0\n"
