"""The report as a notebook shows it: static HTML for JupyterLab's sanitizer, plain text, and our own MIME type.

The HTML has no script, no style sheet and no foreign host: inline styles, `<details>`, and links to cells
(`#cell-id=…`) are what survives in a trusted notebook, in an untrusted one, after a reload without a kernel and in
nbconvert's HTML. VS Code does not sanitise output HTML, so everything that was read is escaped here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from mlsec_nb import core, reporters
from mlsec_nb.core import Finding, Judged, Severity, Status
from mlsec_nb.reporters.json import tree as json_tree
from mlsec_nb.reporters.text import plural, visible

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

MIME = "application/vnd.mlsec.report+json"
ROWS = 200  # findings in the HTML; the panel, the widget and the saved report have them all
TREE_ROWS = 500  # findings in our own MIME part

# White on each of these has a contrast of 4.5 or more (WCAG 2.2, 1.4.3); text outside takes the theme's own colour.
COLORS: Mapping[Severity, str] = {
    Severity.CRITICAL: "#8f1d2c", Severity.HIGH: "#c0392b", Severity.MEDIUM: "#9a6700", Severity.LOW: "#2f6f9f",
    Severity.INFO: "#5f6b76",
}  # fmt: skip
ROW = ' style="line-height:24px"'  # from what can be clicked to the next (WCAG 2.2, 2.5.8)
LIST = "margin:0 0 6px;line-height:24px"
BADGE = "color:#fff;background:{};padding:1px 8px;font-weight:600"


class Report(core.Report):
    """A report that a notebook shows, and that becomes a table."""

    @classmethod
    def of(cls, report: core.Report) -> Self:
        return cls(**{item.name: getattr(report, item.name) for item in fields(core.Report)})

    def _repr_mimebundle_(self, **_wanted: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = {"text/html": html(self), "text/plain": reporters.render(self, "terminal"), MIME: tree(self)}
        return bundle, {"mlsec": {"report": 1}}

    def to_pandas(self) -> "pd.DataFrame":
        """A row for each finding."""
        import pandas as pd

        return pd.DataFrame(list(rows(self)), columns=COLUMNS)

    def to_polars(self) -> "pl.DataFrame":
        """A row for each finding; needs polars."""
        try:
            import polars as pl
        except ModuleNotFoundError:
            raise core.UsageError("to_polars() needs polars: pip install polars") from None
        return pl.DataFrame([dict(zip(COLUMNS, row, strict=True)) for row in rows(self)], schema=list(COLUMNS))

    def compare(self, old: core.Report) -> "Report":
        """The same report, with every finding that stands in `old` marked as known."""
        before = {judged.finding.fingerprint for judged in old.findings}
        findings = tuple(
            Judged(j.finding, Status.KNOWN, "stands in the older report")
            if j.status is Status.NEW and j.finding.fingerprint in before
            else j
            for j in self.findings
        )
        kept = {item.name: getattr(self, item.name) for item in fields(core.Report)}
        return type(self)(**{**kept, "findings": findings})

    def explore(self, before: core.Report | None = None) -> Any:
        """An interactive view: filter, group, sort, drill down, decide; `before` shows the trend since then."""
        from .explore import explore

        return explore(self, before)


COLUMNS = ("severity", "confidence", "rule", "title", "message", "path", "member", "cell", "cell_id", "part", "line",
           "column", "evidence", "status", "reason", "scanner", "fingerprint")  # fmt: skip


def rows(report: core.Report) -> Iterator[tuple[Any, ...]]:
    """The findings as tuples in the order of `COLUMNS`."""
    for judged in report.findings:
        found, place = judged.finding, judged.finding.location
        yield (
            str(found.severity), str(found.confidence), found.rule.id, found.rule.title, found.message, place.path,
            place.member, place.cell, place.cell_id, place.part, place.line, place.column, found.evidence.shown,
            str(judged.status), judged.reason, found.scanner, found.fingerprint,
        )  # fmt: skip


def tree(report: core.Report) -> Any:
    """The JSON report, with the first findings only when there are very many."""
    kept = report.findings[:TREE_ROWS]
    short = core.Report(**{item.name: getattr(report, item.name) for item in fields(core.Report)} | {"findings": kept})
    found: Any = json_tree(short)
    return found if len(kept) == len(report.findings) else {**found, "truncated": len(report.findings)}


def html(report: core.Report) -> str:
    """The static page of the report; about 300 bytes for each finding."""
    parts = [
        '<div style="font-size:13px;line-height:1.5">',
        _banner(report),
        *_severities(report),
        *_quiet(report),
        *_gaps(report),
        "</div>",
    ]
    return "".join(parts)


def _banner(report: core.Report) -> str:
    text, color = {
        True: ("passed", "#1a7f37"),
        False: ("failed", COLORS[Severity.HIGH]),
        None: ("undecided", COLORS[Severity.MEDIUM]),
    }[report.verdict.passed]
    counts = [(grade, count) for grade, count in report.count().items() if count]
    total = sum(count for _, count in counts)
    bars = " ".join(
        f'<span>{escape(grade)} <meter min="0" max="{total}" value="{count}">{count}</meter> {count}</span>'
        for grade, count in counts
    )
    seen = f"{plural(len(report.new), 'finding')} in {plural(len(report.artifacts), 'artifact')}"
    reasons = "; ".join(escape(visible(reason)) for reason in report.verdict.reasons)
    return (
        f'<div><span style="{BADGE.format(color)}">mlsec: {text}</span> <b>{seen}</b> {bars}</div><div>{reasons}</div>'
    )


def _severities(report: core.Report) -> Iterator[str]:
    """A `<details>` for each severity, open for what is bad."""
    shown = sorted(report.new, key=lambda f: -f.severity.rank)[:ROWS]
    for severity, group in groupby(shown, key=lambda f: f.severity):
        found = list(group)
        is_open = " open" if severity.at_least(Severity.MEDIUM) else ""
        yield f'<details{is_open}><summary{ROW}><span style="{BADGE.format(COLORS[severity])}">{severity}</span> '
        yield f"{len(found)}</summary>{_by_rule(found)}</details>"
    if len(report.new) > ROWS:
        yield f"<div>… and {len(report.new) - ROWS} more: <code>report.explore()</code> shows them all</div>"


def _by_rule(found: Iterable[Finding]) -> str:
    """Findings under their rules, so that why and how to mend are said once."""
    text = []
    ordered = sorted(found, key=lambda f: f.rule.id)
    for rule, group in groupby(ordered, key=lambda f: f.rule):
        places = "".join(f"<li>{link(f)} — {escape(visible(f.message))}{_shown(f)}</li>" for f in group)
        mend = f"<div>{_sentences(rule.fix)}</div>" if rule.fix else ""
        head = f"<b>{escape(rule.title)}</b> <code>{escape(rule.id)}</code>{mend}"
        text.append(f'<div>{head}<ul style="{LIST}">{places}</ul></div>')
    return "".join(text)


def _sentences(text: str) -> str:
    """Prose of ours, in which names of code stand between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _shown(found: Finding) -> str:
    """The evidence, where the message does not say it already."""
    shown = found.evidence.shown
    return "" if shown in found.message else f" <code>{escape(visible(shown))}</code>"


def link(found: Finding) -> str:
    """The place, as a link to the cell where there is one; JupyterLab, Notebook 7 and nbconvert follow it."""
    place = found.location
    text = escape(visible(str(place)))
    if not place.cell_id:
        return text
    return f'<a href="#cell-id={quote(place.cell_id)}" style="text-decoration:underline">{text}</a>'


def _quiet(report: core.Report) -> Iterator[str]:
    known = [judged for judged in report.findings if judged.status is not Status.NEW]
    if not known:
        return
    yield f'<details><summary{ROW}>{len(known)} known or suppressed</summary><ul style="{LIST}">'
    for judged in known[:ROWS]:
        yield f"<li>{judged.finding.rule.id} {link(judged.finding)} {escape(visible(judged.reason))}</li>"
    yield "</ul></details>"


def _gaps(report: core.Report) -> Iterator[str]:
    if not report.gaps:
        return
    count = plural(len(report.gaps), "gap")
    yield f'<details><summary{ROW}>{count}: not looked at</summary><ul style="{LIST}">'
    for gap in report.gaps[:ROWS]:
        yield f"<li>{escape(visible(str(gap.location)))} ({escape(gap.scanner)}): {escape(visible(gap.reason))}</li>"
    yield "</ul></details>"
