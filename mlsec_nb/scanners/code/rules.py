"""The rules as data: the tables of `rules/*.toml` as rules, sinks and patterns."""

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from mlsec_nb.core import Confidence, Rule, Severity


@dataclass(frozen=True, slots=True)
class Condition:
    """What an argument must be: one of `values`, or a text that `pattern` finds; `missing` is what holds without it."""

    argument: str
    position: int | None = None
    values: tuple[Any, ...] = ()
    pattern: re.Pattern[str] | None = None
    missing: bool = False
    unknown: bool = False
    origins: tuple[str, ...] = ()
    built: bool = False  # a text that is put together from parts that are not known
    literal: bool = False  # a string literal
    given: bool = False  # any value at all


@dataclass(frozen=True, slots=True)
class Edits:
    """How a call is mended: set keyword `argument` to `value`, and/or replace the last name of the callee."""

    title: str
    argument: str | None = None
    position: int | None = None
    value: str | None = None
    rename: str | None = None


@dataclass(frozen=True, slots=True)
class Sink:
    """A callable (or an assignment target) that a rule is about, and when it is."""

    rule: str
    names: tuple[str, ...]
    data: tuple[str | int, ...] = ()
    only: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    severity: Severity | None = None
    confidence: Confidence | None = None
    edits: Edits | None = None
    safe_since: tuple[str, tuple[int, ...]] | None = None
    raised: Mapping[str, Severity] = field(default_factory=dict, hash=False)
    assigned: bool = False
    requires: tuple[str, ...] = ()  # kinds of origin of which one must reach `data`
    quiet: tuple[str, ...] = ()  # kinds of origin that make it no finding
    message: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression over one language's text."""

    rule: str
    languages: tuple[str, ...]
    pattern: re.Pattern[str]
    keywords: tuple[str, ...] = ()
    severity: Severity | None = None
    unless: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Catalogue:
    """All rules of this room, with the ways that each is found."""

    rules: Mapping[str, Rule]
    sinks: Mapping[str, tuple[Sink, ...]]
    loose: Mapping[str, tuple[Sink, ...]]  # by last name, for names that begin with "*."
    targets: Mapping[str, tuple[Sink, ...]]  # assignments
    patterns: tuple[Pattern, ...]
    names: Mapping[str, Any]
    shell: Mapping[str, Any]
    needs: Mapping[str, frozenset[str]]  # last name → words of which one must stand beside it (none: any)
    triggers: frozenset[str]
    codes: Mapping[str, tuple[str, ...]]  # rule → bandit test ids that say the same

    def sinks_of(self, name: str) -> Iterator[Sink]:
        yield from self.sinks.get(name, ())
        for sink in self.loose.get(name.rpartition(".")[2], ()):
            if any(_matches(pattern, name) for pattern in sink.names):
                yield sink

    def concerns(self, words: frozenset[str]) -> bool:
        """Whether any rule can be about code in which these words stand."""
        if not self.triggers.isdisjoint(words):
            return True
        return any(not roots or not roots.isdisjoint(words)
                   for leaf in self.needs.keys() & words for roots in (self.needs[leaf],))  # fmt: skip


def _matches(pattern: str, name: str) -> bool:
    head, star, tail = pattern.partition("*")
    return bool(star) and name.startswith(head) and name.endswith(tail) and len(name) >= len(head) + len(tail)


def expand(text: str) -> list[str]:
    """`{a,b}.{c,d}` → a.c, a.d, b.c, b.d."""
    parts = [part.split(",") if index % 2 else [part] for index, part in enumerate(re.split(r"\{([^}]*)\}", text))]
    return ["".join(chosen) for chosen in itertools.product(*parts)]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def _many(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _condition(table: Mapping[str, Any]) -> Condition:
    return Condition(
        argument=table["argument"],
        position=table.get("position"),
        values=_many(table["is"]) if "is" in table else (),
        pattern=re.compile(table["matches"]) if "matches" in table else None,
        missing=table.get("missing", False),
        unknown=table.get("unknown", False),
        origins=tuple(table.get("origins", ())),
        built=table.get("built", False),
        literal=table.get("literal", False),
        given=table.get("given", False),
    )


def _sink(rule: str, table: Mapping[str, Any], *, assigned: bool = False) -> Sink:
    since = table.get("safe_since")
    edits = table.get("edit")
    return Sink(
        rule=rule,
        names=tuple(name for text in _many(table["names"]) for name in expand(text)),
        data=tuple(table.get("data", ())),
        only=tuple(_condition(item) for item in table.get("only", ())),
        unless=tuple(_condition(item) for item in table.get("unless", ())),
        severity=Severity(table["severity"]) if "severity" in table else None,
        confidence=Confidence(table["confidence"]) if "confidence" in table else None,
        edits=Edits(**edits) if edits else None,
        safe_since=(since["package"], _version(since["version"])) if since else None,
        raised={kind: Severity(grade) for kind, grade in table.get("raised", {}).items()},
        assigned=assigned,
        requires=tuple(table.get("requires", ())),
        quiet=tuple(table.get("quiet", ())),
        message=table.get("message", ""),
    )


def _pattern(rule: str, table: Mapping[str, Any]) -> Pattern:
    return Pattern(
        rule=rule,
        languages=_many(table["languages"]),
        pattern=re.compile(table["pattern"]),
        keywords=_many(table.get("keywords", [])),
        severity=Severity(table["severity"]) if "severity" in table else None,
        unless=re.compile(table["unless"]) if "unless" in table else None,
    )


def _rule(name: str, table: Mapping[str, Any]) -> Rule:
    return Rule(
        id=name,
        title=table["title"],
        severity=Severity(table["severity"]),
        confidence=Confidence(table.get("confidence", "high")),
        why=table["why"].strip(),
        fix=table["fix"].strip(),
        references=tuple(table.get("references", ())),
        bad=tuple(table.get("bad", ())),
        good=tuple(table.get("good", ())),
    )


def _index(sinks: Iterable[Sink]) -> tuple[dict[str, tuple[Sink, ...]], dict[str, tuple[Sink, ...]]]:
    exact: dict[str, list[Sink]] = {}
    loose: dict[str, list[Sink]] = {}
    for sink in sinks:
        for name in sink.names:
            table, key = (loose, name.rpartition(".")[2].lstrip("*")) if "*" in name else (exact, name)
            if sink not in table.setdefault(key, []):
                table[key].append(sink)
    return ({k: tuple(v) for k, v in exact.items()}, {k: tuple(v) for k, v in loose.items()})


@cache
def catalogue() -> Catalogue:
    """The catalogue as shipped; read once for each process."""
    tables: dict[str, Mapping[str, Any]] = {}
    folder = files(__package__) / "rules"
    knowledge = {}
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.name.endswith(".toml"):
            table = tomllib.loads(item.read_text(encoding="utf-8"))
            if item.name.startswith("_"):
                knowledge[item.name[1:-5]] = table
            else:
                tables |= table
    sinks = [_sink(rule, call) for rule, table in tables.items() for call in table.get("call", ())]
    assigns = [_sink(rule, item, assigned=True) for rule, table in tables.items() for item in table.get("assign", ())]
    exact, loose = _index(sinks)
    targets, _ = _index(assigns)
    return Catalogue(
        rules={name: _rule(name, table) for name, table in tables.items()},
        sinks=exact,
        loose=loose,
        targets=targets,
        patterns=tuple(_pattern(rule, item) for rule, table in tables.items() for item in table.get("pattern", ())),
        names=_names(knowledge["names"]),
        shell=knowledge.get("shell", {}),
        needs=_needs([*sinks, *assigns], knowledge["names"]),
        triggers=frozenset(knowledge["names"]["triggers"]),
        codes={
            rule: tuple(ref for ref in table.get("references", ()) if re.fullmatch(r"B\d{3}", ref))
            for rule, table in tables.items()
        },
    )


def _names(table: dict[str, Any]) -> dict[str, Any]:
    return {**table, "builtins": frozenset(table["builtins"]), "secret_pattern": re.compile(table["secret"])}


def _needs(sinks: Iterable[Sink], names: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """By the last name of every sink, the words by which its module can be written."""
    written: dict[str, set[str]] = {}
    for table in (names["canonical"], names["conventions"]):
        for alias, name in table.items():
            written.setdefault(name.partition(".")[0], set()).add(alias.partition(".")[0])
    needs: dict[str, set[str]] = {}
    free: set[str] = set()
    for sink in sinks:
        for name in sink.names:
            words = re.findall(r"\w+", name)
            if not words:
                continue
            leaf, root = words[-1], words[0]
            needs.setdefault(leaf, set()).update({root}, written.get(root, ()))
            if name[0] in "*?" or root == "builtins":
                free.add(leaf)
    return {leaf: frozenset() if leaf in free else frozenset(roots) for leaf, roots in needs.items()}
