"""What other tools' files already know: detect-secrets' baseline and gitleaks' ignore file."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlsec_nb.core import CannotRead, Finding, Segment, UsageError
from mlsec_nb.io.files import LocalFile

from .marks import is_secret
from .paths import inside

SECRETS_BASELINE = ".secrets.baseline"
GITLEAKS_IGNORE = ".gitleaksignore"
_LIMIT = 64 << 20
_CANDIDATES = 200  # words of one finding's lines that are compared
_WORD = re.compile(r"""[^\s"'`<>,;()\[\]{}\\]{3,}""")
_QUOTED = re.compile(r"""(["'`])((?:(?!\1)[^\n\\]){3,})\1""")


@dataclass(frozen=True, slots=True)
class Foreign:
    """What other tools know; goes to the workers, and nothing of it comes back.

    `hashes`: unsalted SHA-1 of secrets by path, as detect-secrets keeps them.
    `lines`: lines of files by path, as gitleaks keeps them. Paths are relative to `root`.
    """

    root: Path = Path()
    hashes: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def knows(self, finding: Finding, segment: Segment | None) -> str | None:
        """Which of the files knows a finding, or None; only secrets stand in them."""
        if not (self.hashes or self.lines) or not is_secret(finding):
            return None
        path = inside(finding.location.path, self.root)
        if segment and (hashes := self.hashes.get(path)) and not hashes.isdisjoint(_sha1s(finding, segment)):
            return f"stands in {SECRETS_BASELINE}"
        raw_line = finding.location.raw_line or finding.location.line
        return f"stands in {GITLEAKS_IGNORE}" if raw_line in self.lines.get(path, ()) else None


def _sha1s(finding: Finding, segment: Segment) -> Iterator[str]:
    for number, word in enumerate(_words(finding, segment)):
        if number >= _CANDIDATES:
            return
        yield hashlib.sha1(word.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _words(finding: Finding, segment: Segment) -> Iterator[str]:
    """Whatever detect-secrets may have taken for the secret: the match itself, and the strings and words in it."""
    place = finding.location
    if place.line is None:
        return
    lines = segment.text.split("\n")[place.line - 1 : place.end_line or place.line]
    if not lines:
        return
    start = (place.column or 1) - 1
    end = place.end_column - 1 if place.end_column else len(lines[-1])
    match = "\n".join([*lines[:-1], lines[-1][:end]])[start:]
    yield match
    yield match.strip("\"'` \t=:")
    yield from (quoted[1] for quoted in _QUOTED.findall(match))
    for word in _WORD.findall(match):
        yield word
        yield from (part for part in re.split(r"[=:@]+", word) if part != word)


def read_foreign(root: Path, baseline: str | None = None) -> Foreign:
    """What the files of other tools in a folder know, and `baseline` if it is one of theirs; raises `UsageError`."""
    hashes: dict[str, set[str]] = {}
    for path in {root / (baseline or SECRETS_BASELINE), root / SECRETS_BASELINE}:
        for name, found in _hashes(path):
            hashes.setdefault(name, set()).add(found)
    lines: dict[str, set[int]] = {}
    for name, line in _gitleaks(root / GITLEAKS_IGNORE):
        lines.setdefault(name, set()).add(line)
    return Foreign(
        root.resolve(),
        {name: frozenset(found) for name, found in sorted(hashes.items())},
        {name: frozenset(found) for name, found in sorted(lines.items())},
    )


def _read(path: Path) -> bytes:
    try:
        return LocalFile(str(path)).read(_LIMIT) if path.exists() else b""
    except CannotRead as error:
        raise UsageError(f"{path}: {error}") from error


def _hashes(path: Path) -> Iterator[tuple[str, str]]:
    if not (data := _read(path)):
        return
    try:
        table = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON, as detect-secrets writes it: {error}") from error
    for name, entries in hashes_table(table).items():
        for entry in entries if isinstance(entries, list) else ():
            if (
                isinstance(entry, dict)
                and isinstance(entry.get("hashed_secret"), str)
                and entry.get("is_secret") is not True
            ):
                yield name.replace("\\", "/").removeprefix("./"), entry["hashed_secret"]


def hashes_table(table: Any) -> Mapping[str, Any]:
    """The results in a baseline of detect-secrets (https://github.com/Yelp/detect-secrets); empty for anything else."""
    found = table.get("results") if isinstance(table, dict) else None
    return found if isinstance(found, dict) else {}


def _gitleaks(path: Path) -> Iterator[tuple[str, int]]:
    """Lines `path:rule:line`; those that begin with a commit speak of history, not of the files that are here."""
    for line in _read(path).decode("utf-8", "replace").splitlines():
        words = line.partition(" #")[0].strip()
        match = re.fullmatch(r"(?P<path>[^#].*):(?P<rule>[\w.-]+):(?P<line>\d{1,9})", words)
        if match and not re.match(r"[0-9a-f]{40}:", words):
            yield match["path"].replace("\\", "/").removeprefix("./"), int(match["line"])
