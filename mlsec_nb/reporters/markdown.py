"""The report as GitHub-flavoured Markdown, for job summaries and comments: the worst first, cut off honestly."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from mlsec_nb.core import Finding, Gap, Report, Rule, Status

from .layers import HEAD, changed, images
from .options import Options
from .places import not_new, worst_first
from .references import link
from .text import plural, prose, visible

# Bytes; a job summary holds 1 MiB, https://docs.github.com/actions/reference/workflow-commands-for-github-actions
_ROWS = 600_000  # for the table of findings
_FOLD = 100_000  # for each of the three folded sections
_LINE = 2_000  # characters of one text
_WORDS = {True: "✅ Passed", False: "❌ Failed", None: "⚠️ Undecided"}
_MARK = re.compile(r"[!-/:-@\[-`{-~]")
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~$&@]|(?<=:)/(?=/)|(?<=www)\.|\A[-+=]|(?<=\A\d)[.)](?= )")


def render(report: Report, options: Options) -> str:
    """The verdict, the new findings, what they mean, and what was not looked at; at most 1 MB."""
    del options
    new = worst_first(report.new)
    parts = (
        _verdict(report), *_layers(report), _findings(new), _meaning(new), _gaps(report.gaps), _judged(report),
    )  # fmt: skip
    return "\n\n".join(filter(None, parts)) + "\n"


def _escape(text: str) -> str:
    """Text in which nothing is markup, a link or a mention."""
    return _SPECIAL.sub(r"\\\g<0>", _cut(text))


def _cut(text: str) -> str:
    text = visible(text)
    return text if len(text) <= _LINE else text[: _LINE - 1] + "…"


def _code(text: str) -> str:
    """Text as code. A tick would end a code span, and a bar or backslash a cell: such text is written in entities."""
    text = _cut(text)
    if not text.strip():
        return ""
    if not set("`|\\") & set(text):
        return f"`{text}`"
    return f"<code>{_MARK.sub(lambda mark: f'&#{ord(mark.group())};', text)}</code>"


def _verdict(report: Report) -> str:
    grades = ", ".join(f"{count:,} {grade}" for grade, count in report.count().items() if count)
    found = f"{plural(len(report.new), 'new finding')} in {plural(len(report.artifacts), 'artifact')}"
    lines = [f"## mlsec: {_WORDS[report.verdict.passed]}", "", f"**{found}**" + (f": {grades}" if grades else "")]
    reasons = report.verdict.reasons[:20]
    lines += [""] * bool(reasons) + [f"- {_escape(prose(reason))}" for reason in reasons]
    return "\n".join(lines)


def _findings(findings: list[Finding]) -> str:
    if not findings:
        return ""
    head = ["| Severity | Rule | Where | What |", "|---|---|---|---|"]
    rows = list(_within(map(_row, findings), _ROWS))
    if len(rows) < len(findings):
        rows.append(f"\n*{len(findings) - len(rows):,} less severe findings are not listed here: the summary is full.*")
    return "\n".join([*head, *rows])


def _layers(report: Report) -> Iterator[str]:
    """A folded table of the layers of each image, and the line that mends most."""
    for image in images(report):
        lines = [f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)]
        lines += [f"| {' | '.join(map(_escape, row))} |" for row in image.rows]
        words = " · ".join(filter(None, (image.about, image.advice)))
        yield _folded(f"Layers of {_escape(image.title)}", [*([_escape(words), ""] if words else []), *lines])
    if rows := changed(report):
        yield _folded(
            "Packages that came, went and changed", [f"- {mark} {_escape(' '.join(rest))}" for mark, *rest in rows]
        )


def _within(lines: Iterable[str], budget: int) -> Iterator[str]:
    """The lines that fit into a number of bytes."""
    for line in lines:
        budget -= len(line.encode()) + 1
        if budget < 0:
            return
        yield line


def _row(one: Finding) -> str:
    shown = f"<br>{_code(one.evidence.shown)}" if one.evidence.shown else ""
    return (
        f"| {one.severity} | {_code(one.rule.id)} | {_code(str(one.location))} | {_escape(prose(one.message))}{shown} |"
    )


def _meaning(findings: list[Finding]) -> str:
    """Why each rule matters and how to mend it, once for each."""
    rules = {one.rule.id: one.rule for one in findings if one.rule.why or one.rule.fix}
    return _folded("Why, and how to mend it", [_explained(rule) for rule in rules.values()]) if rules else ""


def _explained(rule: Rule) -> str:
    links = ", ".join(_reference(reference) for reference in rule.references)
    words = (_escape(prose(rule.why)), _escape(prose(rule.fix)), f"({links})" if links else "")
    return f"- **{_escape(rule.id)}**: " + " ".join(filter(None, words))


def _reference(reference: str) -> str:
    address = link(reference)
    return f"[{_escape(reference)}](<{address}>)" if address else _escape(reference)


def _gaps(gaps: Iterable[Gap]) -> str:
    lines = [f"- {_code(str(gap.location))} ({_escape(gap.code)}): {_escape(prose(gap.reason))}" for gap in gaps]
    return _folded(f"Not looked at: {plural(len(lines), 'gap')}", lines) if lines else ""


def _judged(report: Report) -> str:
    judged = not_new(report)
    counts = Counter(one.status for one in judged)
    title = ", ".join(f"{counts[status]:,} {status}" for status in (Status.KNOWN, Status.SUPPRESSED) if counts[status])
    places = [(f"{one.finding.rule.id} {one.finding.location}", one.reason) for one in judged]
    lines = [f"- {_code(place)}: {_escape(prose(reason))}" for place, reason in places]
    return _folded(f"Not counted: {title}", lines) if judged else ""


def _folded(title: str, lines: list[str]) -> str:
    """A section that opens on a click, with as many lines as its share allows, and a word on the rest."""
    shown = list(_within(lines, _FOLD))
    if len(shown) < len(lines):
        shown.append(f"- … and {len(lines) - len(shown):,} more")
    return f"<details><summary>{title}</summary>\n\n" + "\n".join(shown) + "\n\n</details>"
