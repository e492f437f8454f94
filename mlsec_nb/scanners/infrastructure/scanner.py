"""The infrastructure scanner: a document in, findings and gaps out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlsec_nb.config import Settings
from mlsec_nb.core import (
    Artifact,
    Component,
    Document,
    Edit,
    Evidence,
    Finding,
    Fix,
    Gap,
    Kind,
    Rule,
    Segment,
    mask_text,
)

from . import properties
from .checks import catalogue
from .items import Hit, Parsed
from .judge import hits
from .recognise import parsed_of

NAME = "infrastructure"
_SUFFIXES = (".yaml", ".yml", ".json", ".template", ".tpl", ".tf", ".tofu")
_WRITES = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?(?P<path>\S+)[^\n]*\n")
MAX_EXCERPT = 200  # characters that are handed to the masking


@dataclass(frozen=True, slots=True)
class InfrastructureScanner:
    """Reads what systems are built and run with; renders, applies and fetches nothing."""

    settings: Settings

    @property
    def name(self) -> str:
        return NAME

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(catalogue().rules.values())

    def wants(self, artifact: Artifact) -> bool:
        if artifact.kind in (Kind.IAC, Kind.NOTEBOOK):
            return True
        return artifact.kind is Kind.TEXT and (
            artifact.path.lower().endswith(_SUFFIXES) or bool(properties.NAMES.search(artifact.path))
        )

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        artifact = document.artifact
        if artifact.kind is Kind.NOTEBOOK:
            for path, segment in _written(document):
                yield from self._read(path, segment, None, Kind.TEXT)
            return
        folder = Path(artifact.content.local).parent if artifact.content.local else None
        for segment in document.segments:
            yield from self._read(artifact.path, segment, folder, artifact.kind)

    def _read(self, path: str, segment: Segment, folder: Path | None, kind: Kind) -> Iterator[Finding | Gap]:
        for parsed in parsed_of(path, segment.text, folder, kind):
            yield from self._told(parsed, segment)

    def _told(self, parsed: Parsed, segment: Segment) -> Iterator[Finding | Gap]:
        for reason, code in parsed.gaps:
            yield Gap(location=segment.place, scanner=NAME, reason=reason, code=code)
        seen = set()
        for hit in hits(parsed, segment.text):
            place = (hit.rule, hit.start, hit.end, hit.label)
            if place not in seen and (hit.rule, hit.label) not in parsed.covered:
                seen.add(place)
                yield self._finding(hit, segment)

    def _finding(self, hit: Hit, segment: Segment) -> Finding:
        rule = catalogue().rules[hit.rule]
        end = max(min(hit.end, hit.start + 4000, len(segment.text)), hit.start)
        excerpt = segment.text[hit.start : min(end, hit.start + MAX_EXCERPT)].partition("\n")[0]
        said = hit.message or rule.title
        return Finding(
            rule=rule,
            scanner=NAME,
            location=segment.at(hit.start, end),
            evidence=Evidence.excerpt(f"{hit.label}: {excerpt}" if hit.label else excerpt, self.settings.key),
            message=mask_text(f"{said} ({hit.label})" if hit.label else said),
            severity=hit.severity or rule.severity,
            fixes=_fixes(hit, segment),
        )


def _written(document: Document) -> Iterator[tuple[str, Segment]]:
    """The files that cells of a notebook write, under their names."""
    for cell in document.cells:
        match = _WRITES.match(cell.source.text)
        if match and cell.kind == "code":
            text = cell.source.text[match.end() :]
            yield match["path"].strip("\"'"), cell.source.view(text, (0,), (match.end(),))


def _fixes(hit: Hit, segment: Segment) -> tuple[Fix, ...]:
    if hit.fix is None:
        return ()
    title, edits = hit.fix
    return (Fix(title=title, edits=tuple(Edit(segment.at(start, end), text) for start, end, text in edits)),)


def build(settings: Settings) -> InfrastructureScanner:
    return InfrastructureScanner(settings)
