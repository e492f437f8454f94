"""Bandit's rule set on the Python of a document, with our positions; what a rule of ours says already is merged.

Bandit is a library here: it gets the readable cells as one module, so that imports of one cell count in the next.
"""

import io
import logging
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from mlsec_nb.core import Confidence, Finding, Gap, Severity

from .parsing import Parsed
from .rules import Catalogue
from .source import Source
from .spots import Spot

_SECRETS = frozenset({"B105", "B106", "B107"})  # what these point at is a password


@cache
def _manager() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated names inside Bandit are not the user's
        from bandit.core import config, manager

    quiet = logging.getLogger("bandit")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    quiet.setLevel(logging.CRITICAL + 1)
    for name in ("bandit.core.utils", "bandit.core.node_visitor", "bandit.core.tester", "bandit.core.manager"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return manager.BanditManager(config.BanditConfig(), "file", quiet=True)


@dataclass(frozen=True)
class BanditScan:
    """Runs Bandit over what could be parsed."""

    catalogue: Catalogue
    name: str
    key: bytes

    def scan(self, parsed: list[tuple[Source, Parsed]], ours: Iterable[Finding]) -> Iterator[Finding | Gap]:
        """Bandit's findings but those that stand at a finding of ours which says the same."""
        readable = [(source, read.text) for source, read in parsed if read.text.strip()]
        if not readable:
            return
        module, starts = _module(readable)
        issues, failed = _issues(module)
        if failed and readable:
            yield Gap(location=readable[0][0].segment.place, scanner=self.name, code="failed",
                      reason="Bandit could not read this code; the rules of this scanner were applied")  # fmt: skip
        said = {
            (finding.location.cell, line, code)
            for finding in ours
            for line in _lines(finding)
            for code in self._codes(finding)
        }
        for issue in issues:
            index = bisect_right(starts, issue.lineno) - 1
            source = readable[index][0]
            yield from self._finding(issue, source, issue.lineno - starts[index] + 1, starts[index], said)

    def _codes(self, finding: Finding) -> tuple[str, ...]:
        return self.catalogue.codes.get(finding.rule.id, ())

    def _finding(
        self, issue: Any, source: Source, line: int, first: int, said: set[tuple[int | None, int, str]]
    ) -> Iterator[Finding]:
        lines = [number - first + 1 for number in issue.linerange] or [line]
        if any((source.cell, number, issue.test_id) in said for number in [line, *lines]):
            return
        rule = f"BANDIT-{issue.test_id}"
        known = rule in self.catalogue.rules
        if not known:
            rule = next((name for name, codes in self.catalogue.codes.items() if issue.test_id in codes), "")
        if not rule:
            return
        start = source.offset(line, issue.col_offset)
        same_line = len(lines) <= 1 and issue.end_col_offset > issue.col_offset
        end = source.offset(line, issue.end_col_offset) if same_line else source.offset(line + 1, 0) - 1
        severity = None if known else Severity.INFO
        sure = Confidence[issue.confidence] if known else Confidence.LOW
        message = f"{issue.test_id}: {self.catalogue.rules[rule].title}"
        secret = issue.test_id in _SECRETS
        spot = Spot(rule, source.segment, start, max(end, start), severity, sure, message, secret=secret)
        yield spot.finding(self.catalogue, self.name, self.key)


def _lines(finding: Finding) -> range:
    line = finding.location.line or 0
    return range(line, (finding.location.end_line or line) + 1)


def _module(readable: list[tuple[Source, str]]) -> tuple[bytes, list[int]]:
    """All cells as one module, and the line (from 1) at which each begins."""
    parts, starts, line = [], [], 1
    for _, text in readable:
        starts.append(line)
        parts.append(text)
        line += text.count("\n") + 1
    return "\n".join(parts).encode("utf-8", "replace"), starts


def _issues(module: bytes) -> tuple[list[Any], bool]:
    """Bandit's issues in a module, and whether it failed."""
    manager = _manager()
    manager.results, manager.skipped = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            manager._parse_file("<cells>", io.BytesIO(module), ["<cells>"])  # noqa: SLF001 - its public face reads files only
        except (RecursionError, MemoryError):
            return [], True
    return sorted(manager.results, key=lambda issue: (issue.lineno, issue.col_offset, issue.test_id)), bool(
        manager.skipped
    )
