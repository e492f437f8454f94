"""Which rules a shell command breaks; the rules are the `shell` tables of the catalogue."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlsec_nb.core import Severity

from .shell import Command, Word

_PLACEHOLDER = re.compile(
    r"(?i)^(?:[\$\{<*%]|your|my[_-]|xxx|\.\.\.|none$|null$|true$|false$|change|example|dummy|test$|secret$|password$|token$|here$|insert|enter|replace|[\[(])"
)


@dataclass(frozen=True, slots=True)
class ShellRule:
    """What a command must look like; every field that is set must hold."""

    rule: str
    commands: frozenset[str] = frozenset()
    option: tuple[str, ...] = ()
    letters: str = ""
    letters_also: tuple[str, ...] = ()
    argument: re.Pattern[str] | None = None
    words: re.Pattern[str] | None = None
    words_unless: re.Pattern[str] | None = None
    last: re.Pattern[str] | None = None
    text: re.Pattern[str] | None = None
    unless_text: re.Pattern[str] | None = None
    redirects: re.Pattern[str] | None = None
    value_of: tuple[str, ...] = ()
    value: re.Pattern[str] | None = None
    secret: bool = False
    piped_from: frozenset[str] = frozenset()
    piped_words: re.Pattern[str] | None = None
    fed_by: frozenset[str] = frozenset()
    severity: Severity | None = None
    message: str = ""


def shell_rule(rule: str, table: Mapping[str, Any]) -> ShellRule:
    """A `shell` table of a rule."""
    values: dict[str, Any] = {"rule": rule}
    for name, value in table.items():
        if name in {"commands", "piped_from", "fed_by"}:
            values[name] = frozenset(value)
        elif name in {"option", "letters_also", "value_of"}:
            values[name] = tuple(value)
        elif name == "value" and value == "@secret":
            values["secret"] = True
        elif name in {"letters", "message"}:
            values[name] = value
        elif name == "severity":
            values[name] = Severity(value)
        else:
            values[name] = re.compile(value)
    return ShellRule(**values)


def broken(command: Command, rules: tuple[ShellRule, ...], text: str) -> Iterator[tuple[ShellRule, Word | None]]:
    """The rules that a command breaks, each with the word that shows it."""
    for rule in rules:
        if rule.commands and command.name not in rule.commands:
            continue
        if rule.piped_from and rule.piped_from.isdisjoint(part.name for part in command.piped_from):
            continue
        if rule.fed_by and rule.fed_by.isdisjoint(command.fed_by):
            continue
        if not _options(command, rule) or not _texts(command, rule, text):
            continue
        there, shown = _words(command, rule)
        if there:
            yield rule, shown


def _options(command: Command, rule: ShellRule) -> bool:
    texts = [word.text for word in command.options]
    if rule.option and not any(text == name or text.startswith(name + "=") for text in texts for name in rule.option):
        return False
    if rule.letters and not _has_letter(command, rule.letters):
        return False
    return not rule.letters_also or any(
        _has_letter(command, name) if len(name) == 1 else f"--{name}" in texts for name in rule.letters_also
    )


def _has_letter(command: Command, letter: str) -> bool:
    """A short option, alone or in a bundle (`-rf`); a letter behind one that takes a value (`-ok`) is its value."""
    for word in command.options:
        text = word.text
        if text.startswith("--"):
            if letter == "r" and text == "--recursive":
                return True
            continue
        bundle = text[1:]
        if command.name == "curl":
            bundle = re.split(r"[oHXdFuAbceKTxmw]", bundle)[0]
        if letter in bundle.replace("R", "r"):
            return True
    return False


def _texts(command: Command, rule: ShellRule, text: str) -> bool:
    whole = text[command.start : command.end]
    if (
        rule.text is not None
        and not rule.text.search(whole)
        and not any(rule.text.search(word.text) for _, word in command.redirects)
    ):
        return False
    if rule.unless_text is not None and rule.unless_text.search(whole):
        return False
    if rule.words_unless is not None and any(rule.words_unless.search(word.text) for word in command.words):
        return False
    if rule.piped_words is not None:
        before = (word.text for part in command.piped_from for word in part.words)
        return any(rule.piped_words.search(word) for word in before)
    return True


def _words(command: Command, rule: ShellRule) -> tuple[bool, Word | None]:
    """Whether the words that a rule asks for are there, and the first of them (None when it asks for none)."""
    asked: list[Word | None] = []
    if rule.argument is not None:
        asked.append(_first(rule.argument, command.operands))
    if rule.words is not None:
        asked.append(_first(rule.words, command.words))
    if rule.last is not None:
        asked.append(_first(rule.last, command.operands[-1:]))
    if rule.redirects is not None:
        asked.append(
            _first(
                rule.redirects,
                tuple(
                    word
                    for operator, word in command.redirects
                    if ">" in operator or "&" in operator or word.text.startswith("/dev/")
                ),
            )
        )
    if rule.value_of:
        found = command.value(*rule.value_of)
        if found is not None and (
            (rule.secret and not is_secret(found.text))
            or (rule.value is not None and not rule.value.search(found.text))
        ):
            found = None
        asked.append(found)
    if any(word is None for word in asked):
        return False, None
    return True, asked[0] if asked else None


def _first(pattern: re.Pattern[str], words: tuple[Word, ...]) -> Word | None:
    return next((word for word in words if pattern.search(word.text)), None)


def is_secret(text: str) -> bool:
    """Whether a value on a command line is meant: no variable, no placeholder, long enough."""
    return (
        len(text) >= 6
        and not _PLACEHOLDER.match(text)
        and "$" not in text
        and "{" not in text
        and " " not in text.strip()
    )
