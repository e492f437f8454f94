"""The words that can stand in a line with our magic: commands, options and their values, rules."""

import argparse

from mlsec_nb import cli, pipeline, reporters
from mlsec_nb.cli import options
from mlsec_nb.config import Config
from mlsec_nb.core import Severity

GUARD = ("on", "off", "status", "report", "load", "output", "cell", "events", "--mode", "--threshold")


def candidates(before: list[str], word: str) -> list[str]:
    """The words that begin with `word` after the words `before`."""
    command = next((item for item in before if item), "")
    if not command and not word.startswith("-"):
        offered = [*cli.COMMANDS, "guard"]
    elif command == "explain":
        return [rule for rule in pipeline.catalogue(Config()) if rule.startswith(word.upper())]
    elif command == "guard":
        values: dict[str, list[str]] = {"--mode": ["block", "warn", "strict"], "--threshold": [*Severity]}
        offered = values.get(before[-1], [*GUARD])
    else:
        offered = _of_parser(cli.parser(command if command in cli.COMMANDS else "scan"), before, word)
    return [item for item in offered if item.startswith(word)]


def _of_parser(parser: argparse.ArgumentParser, before: list[str], word: str) -> list[str]:
    """Options, the values of an option that has a list of them, or the words of the first position."""
    last = before[-1] if before else ""
    if last in ("--only", "--skip"):
        from mlsec_nb.scanners import available

        return list(available())
    if last in ("-f", "--format"):
        return list(reporters.FORMATS)
    if last == "--view":
        return ["static", "widget"]
    if word.startswith("-"):
        known = options.of(parser)
        return [*known, *(["--view"] if "--format" in known else [])]
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of its actions
        if action.choices and (last in action.option_strings or (not action.option_strings and len(before) == 1)):
            return [str(choice) for choice in action.choices]
    return []
