"""The report as a table for spreadsheets: a row for each finding, then a row for each gap."""

import csv
import io
from collections.abc import Iterator

from mlsec_nb.core import Gap, Judged, Location, Report

from .options import Options
from .text import prose, visible

_COLUMNS = (
    "status", "severity", "confidence", "rule", "message", "path", "member", "layer", "cell", "part", "line", "column",
    "raw_line", "raw_column", "evidence", "scanner", "reason", "fix", "references", "fingerprint",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula, in both widths (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = tuple("=+-@＝＋－＠|")


def render(report: Report, options: Options) -> str:
    """The report as CSV with a header; nothing in it is a formula."""
    del options
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(report))
    return out.getvalue()


def _rows(report: Report) -> Iterator[list[str]]:
    for row in (*map(_finding, report.findings), *map(_gap, report.gaps)):
        yield [_tame(row.get(column)) for column in _COLUMNS]


def _finding(judged: Judged) -> dict[str, str | int | None]:
    one = judged.finding
    return {
        "status": judged.status, "severity": one.severity, "confidence": one.confidence, "rule": one.rule.id,
        "message": prose(one.message), "evidence": one.evidence.shown, "scanner": one.scanner,
        "reason": prose(judged.reason), "fix": prose(one.rule.fix), "references": " ".join(one.rule.references),
        "fingerprint": one.fingerprint, **_place(one.location),
    }  # fmt: skip


def _gap(gap: Gap) -> dict[str, str | int | None]:
    return {
        "status": "gap",
        "rule": gap.code,
        "message": prose(gap.reason),
        "scanner": gap.scanner,
        **_place(gap.location),
    }


def _place(place: Location) -> dict[str, str | int | None]:
    return {
        name: getattr(place, name)
        for name in ("path", "member", "layer", "cell", "part", "line", "column", "raw_line", "raw_column")
    }


def _tame(value: str | int | None) -> str:
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    text = visible(value)
    return f"'{text}" if text.lstrip(" '\"").startswith(_FORMULA) else text
