"""OSV records, EPSS and KEV out of files: JSON, YAML, zip and tar archives, folders."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io import archives
from mlsec_nb.io.files import LocalFile, Memory

ONE: Final = 64 << 20  # bytes of one record, list or table
_RECORDS: Final = (".json", ".yaml", ".yml")


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Every record below a folder, in an archive, or in a file; what is none is passed over.

    Raises `UsageError` for a path that is not there or cannot be read.
    """
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and file.suffix in _RECORDS:
                yield from _parsed(file.name, _bytes(file))
        return
    if path.suffix in _RECORDS:
        yield from _parsed(path.name, _bytes(path))
        return
    yield from packed(path.name, LocalFile(str(path)))


def packed(name: str, content: LocalFile | Memory) -> Iterator[dict[str, Any]]:
    """Every record in an archive."""
    limits = Limits(members=2_000_000, unpacked_bytes=64 << 30)
    try:
        for member in archives.members(content, limits):
            if isinstance(member, archives.Member) and member.name.endswith(_RECORDS):
                yield from _parsed(member.name, member.content.read(ONE))
    except CannotRead as error:
        raise UsageError(f"{name}: {error}") from error


def _bytes(path: Path) -> bytes:
    try:
        return LocalFile(str(path)).read(ONE)
    except CannotRead as error:
        raise UsageError(f"{path}: {error}") from error


def _parsed(name: str, data: bytes) -> Iterator[dict[str, Any]]:
    try:
        value = json.loads(data) if name.endswith(".json") else _yaml(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: is no record of an advisory: {error}") from error
    listed = value.get("vulns") if isinstance(value, dict) and "vulns" in value else value
    for record in listed if isinstance(listed, list) else [listed]:
        if isinstance(record, dict) and is_record(record):
            yield record


def is_record(value: Any) -> bool:
    """Whether a value has the shape of an OSV record, as far as it is used here."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("id"), str)
        and isinstance(value.get("modified"), str)
        and all(_is_list(value.get(name)) for name in ("affected", "aliases", "upstream", "severity"))
        and all(_is_affected(entry) for entry in _rows(value.get("affected")))
    )


def _is_affected(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("package") or {}, dict):
        return False
    ranges = entry.get("ranges")
    listed = [one.get("events") for one in _rows(ranges) if isinstance(one, dict)]
    events = [event for one in listed for event in _rows(one)]
    lists = (ranges, entry.get("versions"), entry.get("severity"), *listed)
    return all(map(_is_list, lists)) and all(isinstance(event, dict) for event in events)


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_list(value: Any) -> bool:
    return value is None or isinstance(value, list)


def _yaml(data: bytes) -> Any:
    """YAML turns times into dates of its own kind; records have them as text with a Z at the end."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _plain(yaml.load(data, loader))  # noqa: S506 - both are safe ones
    except yaml.YAMLError as error:
        raise ValueError("no valid YAML") from error


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        moment = value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return moment.isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return f"{value.isoformat()}T00:00:00Z"
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def epss(data: bytes) -> Iterator[tuple[str, float, float]]:
    """The rows of https://www.first.org/epss/data_stats, packed or not."""
    text = unpacked(data).decode("utf-8", "replace")
    lines = (line for line in io.StringIO(text) if not line.startswith("#"))
    for row in csv.DictReader(lines):
        if row.get("cve") and row.get("epss"):
            yield row["cve"], float(row["epss"]), float(row.get("percentile") or 0)


def kev(data: bytes) -> Iterator[tuple[str, str, bool]]:
    """The entries of https://www.cisa.gov/known-exploited-vulnerabilities-catalog."""
    for entry in json.loads(unpacked(data))["vulnerabilities"]:
        yield entry["cveID"], str(entry.get("dateAdded", "")), entry.get("knownRansomwareCampaignUse") == "Known"


def unpacked(data: bytes) -> bytes:
    """The bytes, unpacked when they are packed."""
    if archives.format_of(Memory(data)) != "gzip":
        return data
    (member,) = archives.members(Memory(data), Limits())
    if not isinstance(member, archives.Member):
        raise CannotRead("cannot be unpacked")
    return member.content.read(1 << 30)
