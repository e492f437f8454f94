"""TruffleHog: `trufflehog … --json`, one finding a line, versions 2 and 3 (https://github.com/trufflesecurity/trufflehog)."""

from collections.abc import Mapping
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Location, Severity

from .told import Told
from .values import all_have, at, first, line, text, texts

_SEVERITIES = {True: Severity.CRITICAL, False: Severity.HIGH}  # whether the service took the secret


def is_mine(value: Any) -> bool:
    return all_have(value, "SourceMetadata", "DetectorName") or all_have(value, "stringsFound", "reason")


def read(value: Any, told: Told) -> None:
    """Every secret; lines of its log between them are no findings."""
    for one in told.rows(value):
        if "stringsFound" in one:
            _second(one, told)
            continue
        if "DetectorName" not in one and ("level" in one or "msg" in one):
            if text(one, "level") == "error":
                told.missed(first(text(one, "msg"), "the tool complained"), code="failed")
            continue
        is_live = one.get("Verified") is True
        kind = first(text(one, "DetectorName"), "unnamed")
        told.found(
            kind, f"A secret of {kind}" + (", which is valid" if is_live else ""), severity=_SEVERITIES[is_live],
            message=f"{kind}: " + ("the service takes it" if is_live else "not verified"), place=_place(one, told),
            confidence=Confidence.HIGH if is_live else Confidence.MEDIUM, references=("CWE-798",),
            shown=Evidence.secret(first(text(one, "RawV2"), text(one, "Raw"), text(one, "Redacted")), told.key),
            details=_details(one, is_live=is_live),
        )  # fmt: skip


def _second(one: Mapping[str, Any], told: Told) -> None:
    """A finding of version 2: a piece of a commit, and the strings in it."""
    kind = first(text(one, "reason"), "unnamed")
    commit = text(one, "commitHash")[:64]
    told.found(
        kind, f"A secret ({kind})", severity=_SEVERITIES[False], place=told.place(text(one, "path")),
        shown=Evidence.secret("\n".join(texts(one, "stringsFound")), told.key), references=("CWE-798",),
        details={"commit": commit} if commit else {},
    )  # fmt: skip


def _source(one: Mapping[str, Any]) -> Any:
    """What stands below the one key of `Data`: "Filesystem", "Git", "Docker" …."""
    data = at(one, "SourceMetadata", "Data")
    return next(iter(data.values()), None) if isinstance(data, Mapping) else None


def _place(one: Mapping[str, Any], told: Told) -> Location:
    source = _source(one)
    path = first(*(text(source, key) for key in ("file", "path", "filename", "key", "link", "image")))
    return told.place(path, line(source, "line"), layer=text(source, "layer"))


def _details(one: Mapping[str, Any], *, is_live: bool) -> dict[str, Any]:
    commit = text(_source(one), "commit")
    return {"verified": is_live, **({"commit": commit[:64]} if commit else {})}
