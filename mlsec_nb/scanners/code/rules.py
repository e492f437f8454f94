"""The rules as data: the tables of `rules/*.toml` as rules, sinks and patterns."""

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from mlsec_nb.core import Confidence, Rule, Severity

from .elements import Known, known
from .shell_rules import ShellRule, shell_rule


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
    program: bool = False  # a list of arguments whose first is fixed
    contains: tuple[str, ...] = ()  # a list, tuple or dict that holds one of these


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
    words: tuple[str, ...] = ()  # of which one must stand in the code; spares parsing


@dataclass(frozen=True)
class Pattern:
    """A regular expression over one language's text."""

    rule: str
    languages: tuple[str, ...]
    pattern: re.Pattern[str]
    keywords: tuple[str, ...] = ()
    severity: Severity | None = None
    unless: re.Pattern[str] | None = None

    def possible(self, text: str) -> bool:
        """Whether a keyword stands in a text; a pattern without one may match anywhere."""
        return not self.keywords or any(word in text for word in self.keywords)

    @cached_property
    def marks(self) -> frozenset[str]:
        """A word of each keyword."""
        return frozenset(max(re.findall(r"\w+", keyword), key=len) for keyword in self.keywords)


@dataclass(frozen=True, slots=True)
class Need:
    """What must stand somewhere in the code for a sink to be possible: a word of each set, data of one of the kinds."""

    words: tuple[frozenset[str], ...]
    kinds: tuple[str, ...]

    def met(self, words: frozenset[str], kinds: frozenset[str]) -> bool:
        if any(choice.isdisjoint(words) for choice in self.words):
            return False
        return not self.kinds or any(kind in kinds for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class BanditGate:
    """What must stand in code before it is handed to Bandit."""

    words: frozenset[str]
    when: tuple[tuple[frozenset[str], re.Pattern[str]], ...]  # words that count where the pattern finds them
    secret: re.Pattern[str]
    called: frozenset[str]  # of which one stands in the name of every call that a test is about,
    arguments: frozenset[str]  # or among its keywords
    modules: frozenset[str]  # of which any call may be what a test is about


@dataclass(frozen=True)
class Catalogue:
    """All rules of this room, with the ways that each is found."""

    rules: Mapping[str, Rule]
    sinks: Mapping[str, tuple[Sink, ...]]
    loose: Mapping[str, tuple[Sink, ...]]  # by last name, for names that begin with "*."
    targets: Mapping[str, tuple[Sink, ...]]  # assignments
    loose_targets: Mapping[str, tuple[Sink, ...]]
    patterns: tuple[Pattern, ...]
    names: Mapping[str, Any]
    shell_rules: tuple[ShellRule, ...]
    needs: Mapping[str, tuple[Need, ...]]  # by the last name of a sink
    kinds: Mapping[str, frozenset[str]]  # kind of origin → the last names of what brings it
    triggers: frozenset[str]
    codes: Mapping[str, tuple[str, ...]]  # rule → bandit test ids that say the same
    content: dict[str, str] = field(default_factory=dict)
    bandit: dict[str, Any] = field(default_factory=dict)
    found: dict[str, tuple[Sink, ...]] = field(default_factory=dict)

    def targets_of(self, name: str) -> Iterator[Sink]:
        """The assignments that a qualified name may be."""
        yield from self.targets.get(name, ())
        for sink in self.loose_targets.get(name.rpartition(".")[2], ()):
            if any(_matches(pattern, name) for pattern in sink.names):
                yield sink

    @cached_property
    def bandit_gate(self) -> "BanditGate":
        table = self.bandit
        return BanditGate(
            frozenset(table["words"]),
            tuple((frozenset(item["words"]), re.compile(item["pattern"])) for item in table["when"]),
            re.compile(table["secret"]),
            frozenset([*table["words"], *(word for item in table["when"] for word in item["words"])])
            - frozenset(table["written"]),
            frozenset(table["arguments"]),
            frozenset(table["modules"]),
        )

    @cached_property
    def known(self) -> Known:
        return known(self.content)

    def patterns_of(self, language: str) -> tuple[Pattern, ...]:
        """The patterns over texts in a language."""
        return self._by_language.get(language, ())

    @cached_property
    def _by_language(self) -> dict[str, tuple[Pattern, ...]]:
        found: dict[str, list[Pattern]] = {}
        for item in self.patterns:
            for language in item.languages:
                found.setdefault(language, []).append(item)
        return {language: tuple(items) for language, items in found.items()}

    def sinks_of(self, name: str) -> tuple[Sink, ...]:
        """The sinks that a qualified name may be."""
        known = self.found.get(name)
        if known is None:
            known = self.found[name] = tuple(self._sinks_of(name))
        return known

    def _sinks_of(self, name: str) -> Iterator[Sink]:
        yield from self.sinks.get(name, ())
        for sink in self.loose.get(name.rpartition(".")[2], ()):
            if any(_matches(pattern, name) for pattern in sink.names):
                yield sink


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
        program=table.get("program", False),
        contains=tuple(table.get("contains", ())),
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
        words=tuple(table.get("words", ())),
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
            is_loose = "*" in name and not name.startswith("**")
            table, key = (loose, name.rpartition(".")[2].lstrip("*")) if is_loose else (exact, name)
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
    targets, loose_targets = _index(assigns)
    return Catalogue(
        rules={name: _rule(name, table) for name, table in tables.items()} | _bandit_rules(knowledge["bandit"]),
        sinks=exact,
        loose=loose,
        targets=targets,
        loose_targets=loose_targets,
        patterns=tuple(_pattern(rule, item) for rule, table in tables.items() for item in table.get("pattern", ())),
        content=knowledge["content"],
        bandit=knowledge["bandit"],
        names=_names(knowledge["names"]),
        shell_rules=tuple(shell_rule(rule, item) for rule, table in tables.items() for item in table.get("shell", ())),
        needs=_needs([*sinks, *assigns], knowledge["names"]),
        kinds=_kinds(knowledge["names"]),
        triggers=frozenset(knowledge["names"]["triggers"]),
        codes={
            rule: tuple(ref for ref in table.get("references", ()) if re.fullmatch(r"B\d{3}", ref))
            for rule, table in tables.items()
        },
    )


def _bandit_rules(table: Mapping[str, Any]) -> dict[str, Rule]:
    """The rules of Bandit's tests that no rule of ours says."""
    fix = "See what Bandit says of this test; a line that is meant gets `# nosec` and the reason."
    link = "https://bandit.readthedocs.io/en/latest/plugins/index.html"
    return {
        f"BANDIT-{name}": Rule(
            id=f"BANDIT-{name}", title=row["title"], severity=Severity(row["severity"]), confidence=Confidence.MEDIUM,
            why=row["why"], fix=fix, references=(row["cwe"], name, link), bad=(row["bad"],), good=(row["good"],),
        )
        for name, row in table["tests"].items()
    }  # fmt: skip


def _names(table: dict[str, Any]) -> dict[str, Any]:
    return {**table, "builtins": frozenset(table["builtins"]), "shell_pattern": re.compile(table["shell_pattern"]),
            "secret_pattern": re.compile(table["secret"]), "asked_name": re.compile(table["asked_name"]),
            "credential_pattern": re.compile(table["credentials"]),
            "credential_hint": re.compile(table["credentials_hint"]),
            "unset_pattern": re.compile(table["unset_secret"]),
            "appliers": frozenset(table["appliers"])}  # fmt: skip


_COMMON = frozenset(
    [
        "get",
        "post",
        "request",
        "create",
        "read",
        "open",
        "load",
        "decode",
        "chat",
        "generate",
        "value",
        "data",
        "json",
        "args",
        "form",
        "values",
        "headers",
        "loads",
        "dumps",
        "stream",
        "accept",
        "download",
    ]
)


def _kinds(names: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """By the kind of origin, a word that must stand in the code of whatever brings it."""
    found: dict[str, set[str]] = {
        "environment": {"environ"},
        "credentials": {"ssh", "aws", "gcloud", "kaggle", "netrc", "pypirc", "docker", "kube",
                        "credentials", "huggingface", "shadow", "azure",
                        "application_default_credentials", "serviceaccount"},
        "decoded": {"chr"},
    }  # fmt: skip
    for name, kind in (*names["flow"]["sources"].items(), *names["attributes"].items()):
        parts = re.findall(r"\w+", name)
        chosen = parts[-2] if parts[-1] in _COMMON and len(parts) > 1 else parts[-1]
        found.setdefault(kind, set()).add(chosen)
    return {kind: frozenset(words) for kind, words in found.items()}


def _needs(sinks: Iterable[Sink], names: Mapping[str, Any]) -> dict[str, tuple[Need, ...]]:
    """By the last name of every sink, what else must stand in the code: its module's words, arguments that it needs."""
    written: dict[str, set[str]] = {}
    for table in (names["canonical"], names["conventions"]):
        for alias, name in table.items():
            word = alias.partition(".")[0] if "." in name else alias.rpartition(".")[2]
            written.setdefault(name.partition(".")[0], set()).add(word)
    needs: dict[str, set[Need]] = {}
    for sink in sinks:
        asked = [frozenset({item.argument}) for item in sink.only if item.position is None and not item.missing]
        asked += [frozenset(sink.words)] if sink.words else []
        for name in sink.names:
            words = re.findall(r"\w+", name)
            if " " in name or name.startswith("file."):
                continue  # names of our own for what no word betrays; their words are among the triggers
            own = name[0] != "*" and words[0] != "builtins"
            roots = [frozenset({words[0], *written.get(words[0], ())})] if own else []
            if own and words[0] not in written:
                roots += [frozenset({word}) for word in words[1:-1]]
            needs.setdefault(words[-1], set()).add(Need((*asked, *roots), sink.requires))
    return {leaf: tuple(found) for leaf, found in needs.items()}
