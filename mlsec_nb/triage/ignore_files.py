"""The ignore files of other tools: Trivy's, Grype's, osv-scanner's and Safety's."""

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io.files import LocalFile

from .exempting import Exemption, worded

_LIMIT = 16 << 20
_EXPIRES = re.compile(r"\bexp:(\S+)")


def read(root: Path) -> list[Exemption]:
    """What the files in a folder say; a file that cannot be understood is a `UsageError`."""
    found: list[Exemption] = []
    for name, reader in _READERS.items():
        if (path := root / name).exists():
            try:
                data = LocalFile(str(path)).read(_LIMIT).decode("utf-8")
                found += reader(data, name)
            except (CannotRead, ValueError, RecursionError, TypeError, AttributeError) as error:
                raise UsageError(f"{path}: cannot be understood: {str(error).partition(chr(10))[0]}") from error
    return found


def _trivy(text: str, name: str) -> Iterator[Exemption]:
    """Lines of an id, perhaps with `exp:2030-01-31`; the comment above a line is its reason."""
    reason = ""
    for raw in text.splitlines():
        line, _, note = raw.partition("#")
        if not line.strip():
            reason = note.strip()
            continue
        expires = _EXPIRES.search(line)
        until = day(expires[1]) if expires else None
        yield Exemption(source=name, ids=_ids(line.split()[0]), reason=worded(note.strip() or reason), until=until)
        reason = ""


def _trivy_yaml(text: str, name: str) -> Iterator[Exemption]:
    table = _yaml(text)
    for kind in ("vulnerabilities", "misconfigurations", "secrets", "licenses"):
        for one in _entries(table.get(kind)):
            if one.get("id"):
                yield Exemption(
                    source=name, ids=_ids(one["id"]), paths=_words(one.get("paths")), packages=_words(one.get("purls")),
                    reason=worded(one.get("statement")), until=day(one.get("expired_at")),
                )  # fmt: skip


def _grype(text: str, name: str) -> Iterator[Exemption]:
    """Rules of which every word must hold; one that asks for what is not known here holds for nothing."""
    for one in _entries(_yaml(text).get("ignore")):
        package = one.get("package") or {}
        known = {"vulnerability", "include-aliases", "reason", "fix-state", "package"}
        if set(one) - known or not isinstance(package, Mapping) or set(package) - {"name", "version", "location"}:
            continue
        made = Exemption(
            source=name, ids=_ids(one.get("vulnerability")), packages=_words(package.get("name")),
            versions=_words(package.get("version")), paths=_words(package.get("location")),
            states=tuple(word.lower().replace("-", " ") for word in _words(one.get("fix-state"))),
            reason=worded(one.get("reason")),
        )  # fmt: skip
        if made.ids or made.packages or made.versions or made.paths or made.states:
            yield made


def _osv(text: str, name: str) -> Iterator[Exemption]:
    table = tomllib.loads(text)
    for one in _entries(table.get("IgnoredVulns")):
        if one.get("id"):
            yield Exemption(source=name, ids=_ids(one["id"]), reason=worded(one.get("reason")),
                            until=day(one.get("ignoreUntil")))  # fmt: skip
    for one in _entries(table.get("PackageOverrides")):
        inner = one.get("vulnerability")
        if one.get("name") and (
            one.get("ignore") is True or (isinstance(inner, Mapping) and inner.get("ignore") is True)
        ):
            yield Exemption(
                source=name, packages=_words(one["name"]), versions=_words(one.get("version")),
                reason=worded(one.get("reason")), until=day(one.get("effectiveUntil")),
            )  # fmt: skip


def _safety(text: str, name: str) -> Iterator[Exemption]:
    """The vulnerabilities that a policy of version 2 or 3 names; thresholds of its own are for Safety alone."""
    table = _yaml(text)
    second = _below(table, "security", "ignore-vulnerabilities")
    third = _below(table, "report", "dependency-vulnerabilities", "auto-ignore-in-report", "vulnerabilities")
    for key, said in [*second.items(), *third.items()]:
        ids = _ids(key) | (_ids(f"SFTY-{key}") if str(key).isdigit() else frozenset())
        told = said if isinstance(said, Mapping) else {}
        yield Exemption(source=name, ids=ids, reason=worded(told.get("reason")), until=day(told.get("expires")))


_READERS: Mapping[str, Callable[[str, str], Iterator[Exemption]]] = {
    ".trivyignore": _trivy, ".trivyignore.yaml": _trivy_yaml, ".trivyignore.yml": _trivy_yaml,
    ".grype.yaml": _grype, ".grype.yml": _grype, ".grype/config.yaml": _grype,
    "osv-scanner.toml": _osv, ".safety-policy.yml": _safety, ".safety-policy.yaml": _safety,
}  # fmt: skip


def _yaml(text: str) -> Mapping[str, Any]:
    import yaml

    try:
        table = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"is not YAML: {error}") from error
    if table is None:
        return {}
    if not isinstance(table, Mapping):
        raise ValueError("is no mapping")  # noqa: TRY004 - it is what stands in the file that is wrong
    return table


def _below(table: Mapping[str, Any], *keys: str) -> Mapping[Any, Any]:
    value: Any = table
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _entries(value: Any) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("a list is needed")  # noqa: TRY004 - the same
    return [one if isinstance(one, Mapping) else {"id": one} for one in value]


def _ids(value: Any) -> frozenset[str]:
    return frozenset({str(value).upper()}) if value else frozenset()


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in (value if isinstance(value, list) else [value]) if one)


def day(value: Any) -> dt.date | None:
    """The day in a date, a time, or a text; raises `ValueError` for what is none, which must not be for ever."""
    if not value:
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])
