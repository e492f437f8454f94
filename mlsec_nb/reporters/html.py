"""The report as one static page that works offline, without a server, and readable without scripts.

The page is `page/template.html` with its style, its script and the findings as JSON in it. The script shows them from
that JSON; without scripts a plain table stands there. A policy in the page allows this style and this script, by
their hashes, and nothing else: no host, no further script, whatever a stranger wrote into a file name.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import islice
from typing import Any

from mlsec_nb.core import Report, Status

from .json import encode, tree
from .layers import HEAD, changed, headline, images
from .loading import STEPS, TENSORS, models
from .options import Options
from .places import not_new
from .references import link
from .stages import Stage
from .stages import html as stages_html
from .text import plural, prose, visible

_VERDICTS = {True: ("Passed", "passed", "✓"), False: ("Failed", "failed", "✕"), None: ("Undecided", "undecided", "?")}
_ROWS = 5_000  # of one plain table; a browser lays out that many in about a second
_MODELS = 200  # that are told step by step; the table and the JSON report have all
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def render(report: Report, options: Options) -> str:
    """The whole page."""
    style, script = _asset("report.css"), _asset("report.js")
    word, kind, mark = _VERDICTS[report.verdict.passed]
    values = {
        "policy": _policy(style, script),
        "title": _escape(f"mlsec: {word.lower()}, {plural(len(report.new), 'new finding')}"),
        "version": _escape(report.version),
        "rules_digest": _escape(report.rules_digest),
        "targets": _escape(" ".join(report.targets)),
        "verdict": word,
        "verdict_class": kind,
        "verdict_mark": mark,
        "exit_code": str(report.verdict.exit_code),
        "sum": _escape(_sum(report)),
        "reasons": "" if options.stages else _list(report.verdict.reasons),  # they stand with their checks
        "gates": _gates(options.stages),
        "bar": _bar(report),
        "tabs": _tabs(report),
        "findings": _findings(report),
        "gaps": _gaps(report),
        "components": _components(report),
        "artifacts": _artifacts(report),
        "report": _data(report),
        "style": style,
        "script": script,
    }
    return _SLOT.sub(lambda slot: values[slot.group(1)], _asset("template.html"))


def _asset(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """What the page may do: https://www.w3.org/TR/CSP3/. Hashes are of exactly what stands between the tags."""
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _escape(text: str) -> str:
    return html.escape(visible(text))


def _data(report: Report) -> str:
    """What the script shows of the JSON report, with the addresses of references.

    No character of it can end the script element.
    """
    said = tree(report)
    references = {name for rule in said["rules"].values() for name in rule["references"]}
    links = {visible(name): address for name in sorted(references) if (address := link(name))}
    text = encode({**_shown({"findings": said["findings"], "rules": said["rules"]}), "links": links})
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _shown(value: Any) -> Any:
    """The same tree with every string made visible, line by line."""
    if isinstance(value, str):
        return "\n".join(map(visible, value.split("\n")))
    if isinstance(value, dict):
        return {visible(key): _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value


def _sum(report: Report) -> str:
    words = [f"{plural(len(report.new), 'new finding')} in {plural(len(report.artifacts), 'artifact')}"]
    if judged := not_new(report):
        words.append(f"{len(judged):,} known or suppressed")
    if report.gaps:
        words.append(f"{plural(len(report.gaps), 'gap')}: not everything was looked at")
    return " · ".join(words)


def _list(items: Iterable[str]) -> str:
    rows = "".join(f"<li>{_escape(prose(item))}</li>" for item in items)
    return f"<ul>{rows}</ul>" if rows else ""


def _gates(stages: Sequence[Stage]) -> str:
    """The gates in one view, where it is their report."""
    if not stages:
        return ""
    shown = stages_html(stages, lambda kind: f' class="{kind}"')
    return f'<section class="gates" aria-label="Gates">{shown}</section>\n'


def _bar(report: Report) -> str:
    """The new findings by severity, as one bar and its legend."""
    counts = {grade: count for grade, count in report.count().items() if count}
    total, x, rects = sum(counts.values()), 0.0, []
    for grade, count in counts.items():
        width = 100 * count / total
        rects.append(f'<rect class="{grade}" x="{x:.3f}" width="{width:.3f}" height="1"/>')
        x += width
    legend = "".join(
        f'<li class="{grade}"><span class="dot"></span><b>{count:,}</b> {grade}</li>' for grade, count in counts.items()
    )
    if not counts:
        return ""
    said = ", ".join(f"{count} {grade}" for grade, count in counts.items())
    return (
        f'<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="{said}">'
        f'{"".join(rects)}</svg><ul class="legend">{legend}</ul>'
    )


def _tabs(report: Report) -> str:
    parts = {
        "findings": ("Findings", len(report.findings)),
        "gaps": ("Not looked at", len(report.gaps)),
        "components": ("Components", len(report.components)),
        "artifacts": ("Artifacts", len(report.artifacts)),
    }
    return "".join(
        f'<button type="button" role="tab" id="tab-{name}" aria-controls="{name}" data-panel="{name}">'
        f'{title} <span class="count">{count:,}</span></button>'
        for name, (title, count) in parts.items()
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], empty: str, kind: str = "") -> str:
    lines = ["<tr>" + "".join(f"<td>{_escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows]
    if not lines:
        return f'<p class="empty">{_escape(empty)}</p>'
    if len(lines) > _ROWS:
        rest = f"{len(lines) - _ROWS:,} more rows are not shown here; the JSON report has all of them."
        lines[_ROWS:] = [f'<tr><td colspan="{len(head)}">{rest}</td></tr>\n']
    body = "".join(lines)
    names = "".join(f'<th scope="col">{name}</th>' for name in head)
    return f'<div class="wide {kind}"><table><thead><tr>{names}</tr></thead><tbody>\n{body}</tbody></table></div>'


def _findings(report: Report) -> str:
    """The plain table for readers without scripts, the worst first."""
    ranked = sorted(report.findings, key=lambda one: (one.status is not Status.NEW, -one.finding.severity.rank))
    rows = (
        (
            one.finding.severity,
            one.finding.rule.id,
            prose(one.finding.message),
            str(one.finding.location),
            one.finding.evidence.shown,
            f"{one.status} {prose(one.reason)}".strip(),
            prose(one.finding.rule.fix),
        )
        for one in ranked
    )
    return _table(
        ("Severity", "Rule", "What", "Where", "Evidence", "Status", "How to fix it"),
        rows,
        "Nothing was found.",
        "found",
    )


def _gaps(report: Report) -> str:
    rows = ((gap.code, str(gap.location), prose(gap.reason), gap.scanner) for gap in report.gaps)
    return _table(("Kind", "Where", "Why", "Scanner"), rows, "Everything was looked at.")


def _components(report: Report) -> str:
    rows = (
        (one.kind, one.name, one.version or "", one.purl or "", str(one.location), _pairs(one.properties))
        for one in report.components
    )
    table = _table(("Kind", "Name", "Version", "PURL", "Where", "More"), rows, "Nothing was inventoried.")
    return _layers(report) + _loading(report) + table


def _layers(report: Report) -> str:
    """A table of layers for each image, and of what changed, above all components."""
    found = []
    for image in images(report):
        words = " · ".join(filter(None, (image.about, image.advice)))
        found.append(f"<h3>Layers of {_escape(image.title)}</h3><p>{_escape(words)}</p>")
        found.append(_table(HEAD, image.rows, "There are none."))
    if report.changes:
        rows = changed(report)
        found.append(f"<h3>{_escape(headline(report, rows))}</h3>")
        found.append(_table(("", "What", "Version"), rows, ""))
    return "".join(found)


def _loading(report: Report) -> str:
    """For each model what loading it would do, and its tensors, to be opened."""
    found = []
    told = (model for model in models(report) if model.steps or model.tensors)
    for model in islice(told, _MODELS):
        found.append(f'<details class="loading"><summary>Loading {_escape(model.title)}</summary>')
        found.append(f"<p>{_escape(model.about)}</p><p>{_escape(model.said)}</p>")
        found.append(_table(STEPS, model.steps, "No step is written in the file."))
        if model.tensors:
            found.append(f"<p>{_escape(model.more)}</p>" + _table(TENSORS, model.tensors, ""))
        found.append("</details>")
    return "".join(found)


def _pairs(properties: Any) -> str:
    return ", ".join(f"{name}: {value}" for name, value in properties.items())


def _artifacts(report: Report) -> str:
    rows = ((one.kind, one.path, f"{one.bytes:,}") for one in report.artifacts)
    return _table(("Kind", "Path", "Bytes"), rows, "Nothing was audited.")
