"""Where a value of a parsed file stands in its text: parsers of TOML, JSON and YAML do not say."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from mlsec_nb.core import CannotScan
from mlsec_nb.scanners.dependencies.facts import Span

MAX_YAML = 20_000_000  # characters; a YAML parser takes a minute for as much


class Cursor:
    """Finds words in the order of the file, each behind the one before it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def find(self, word: str, before: str = "", after: str = "") -> Span:
        """The next place of a word, which `before` and `after` (patterns) enclose; that of any such, else the start."""
        if not word:
            return self.at, self.at
        pattern = re.compile(f"(?:{before}){re.escape(word)}(?={after})" if before or after else re.escape(word))
        found = pattern.search(self.text, self.at) or pattern.search(self.text)
        if not found:
            start = self.text.find(word)
            return (start, start + len(word)) if start >= 0 else (self.at, self.at)
        self.at = found.end()
        return found.end() - len(word), found.end()

    def quoted(self, word: str) -> Span:
        """The next place of a word between quotes, without them."""
        return self.find(word, "[\"']", "[\"']")


def toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CannotScan(f"is no valid TOML ({str(error).partition(' (')[0].lower()})", "malformed") from error


def json_of(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CannotScan("is no valid JSON", "malformed") from error
    return table(value)


def yaml_of(text: str) -> list[Any]:
    """Every document of a YAML text, in plain values."""
    import yaml

    if len(text) > MAX_YAML:
        raise CannotScan(f"has more than {MAX_YAML:,} characters of YAML", "too-big")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return list(yaml.load_all(text, loader))  # both loaders are the safe ones
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CannotScan("is no valid YAML", "malformed") from error


def table(value: Any) -> dict[str, Any]:
    """A table, or an empty one in place of what is none."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def word(value: Any) -> str:
    """A string, or "" in place of what is none."""
    return value if isinstance(value, str) else ""


def tables(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (item for item in rows(value) if isinstance(item, dict))
