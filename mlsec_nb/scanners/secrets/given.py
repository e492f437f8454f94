"""Rules that the user gives: our own TOML, an existing `.gitleaks.toml`, Kingfisher's YAML; read as they are."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io.files import LocalFile
from mlsec_nb.scanners.patterns import parse

from .catalogue import Catalogue, of_tables
from .go_patterns import translate

LARGEST: Final = 8 << 20  # bytes of a file of rules
_WHY: Final = "A rule of your own says that this is a secret."
_FIX: Final = "Change the credential, and read it from the environment or a secret store instead."


def with_given(catalogue: Catalogue, paths: Sequence[str]) -> Catalogue:
    """The catalogue and the rules in these files; a rule with an id that is taken replaces it."""
    rows = [row for path in paths for row in _rows(path)]
    if not rows:
        return catalogue
    given = of_tables(rows)
    return Catalogue(
        (*(pattern for pattern in catalogue.patterns if pattern.rule.id not in given.rules), *given.patterns),
        (*(named for named in catalogue.named if named.rule.id not in given.rules), *given.named),
        {**catalogue.rules, **given.rules},
    )


def _rows(path: str) -> Iterator[Mapping[str, Any]]:
    try:
        data = LocalFile(path).read(LARGEST)
    except CannotRead as error:
        raise UsageError(f"{path}: {error}") from error
    if path.endswith((".yml", ".yaml")):
        yield from _kingfisher(path, data)
        return
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    if "rules" in content:
        yield from _gitleaks(path, content)
    else:
        yield from ({**row, "checked": True} for row in parse(path, data))


def _gitleaks(path: str, content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Gitleaks' rules (https://github.com/gitleaks/gitleaks#configuration); those about paths alone are left out."""
    for rule in _tables(path, content.get("rules")):
        if not rule.get("regex"):
            continue
        yield {
            **_row(path, rule, str(rule.get("description") or rule.get("id", "?"))),
            "pattern": translate(str(rule["regex"])),
            "keywords": [str(word) for word in rule.get("keywords") or ()],
            "group": int(rule.get("secretGroup") or 0),
            "entropy": float(rule.get("entropy") or 0),
            "allowed": [
                *_allowed(rule.get("allowlist")),
                *_allowed(rule.get("allowlists")),
                *_allowed(content.get("allowlist")),
            ],
        }


def _kingfisher(path: str, data: bytes) -> Iterator[Mapping[str, Any]]:
    """Kingfisher's rules (https://github.com/mongodb/kingfisher/blob/main/docs/RULES.md)."""
    yaml: Any = import_module("yaml")
    try:
        content = yaml.safe_load(data)
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: {' '.join(str(error).split())}") from error
    for rule in _tables(path, content.get("rules") if isinstance(content, Mapping) else None):
        if not rule.get("pattern"):
            raise UsageError(f"{path}: rule {rule.get('id', '?')}: needs a pattern")
        yield {
            **_row(path, rule, str(rule.get("name") or rule.get("id", "?"))),
            "pattern": translate(str(rule["pattern"]).strip()),
            "keywords": [],
            "entropy": float(rule.get("min_entropy") or 0),
            "confidence": str(rule.get("confidence") or "medium").lower(),
        }


def _tables(path: str, value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise UsageError(f"{path}: holds no rules")
    return value


def _row(path: str, rule: Mapping[str, Any], title: str) -> dict[str, Any]:
    if not rule.get("id"):
        raise UsageError(f"{path}: a rule has no id")
    words = re.sub(r"[^A-Z0-9]+", "-", str(rule["id"]).upper()).strip("-")
    return {
        "id": f"SECRET-{words}", "title": title, "severity": "high", "confidence": "medium", "why": _WHY, "fix": _FIX,
        "borders": False, "window": [240, 1200], "fold": True, "checked": True, "rank": 2,
    }  # fmt: skip


def _allowed(value: Any) -> list[str]:
    """The patterns of an allowlist (or of several) that a secret is held against."""
    lists = value if isinstance(value, list) else [value] if isinstance(value, Mapping) else []
    found = []
    for item in lists:
        if item.get("regexTarget", "secret") in ("secret", "match"):
            found += [translate(str(pattern)) for pattern in item.get("regexes") or ()]
        found += [f"(?i:{re.escape(str(word))})" for word in item.get("stopwords") or ()]
    return found
