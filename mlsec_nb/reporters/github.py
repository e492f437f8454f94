"""The report as workflow commands: annotations at the lines of a pull request.

GitHub shows ten annotations of each kind for a step, so the worst come first and the first line says how many there
are (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
"""

from collections import Counter
from collections.abc import Mapping

from mlsec_nb.core import SKIPPED, Finding, Gap, Location, Report, Severity

from .options import Options
from .places import in_cell, spot, worst_first
from .text import plural, prose, visible

_COMMANDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}
_SHOWN = 10  # of each kind, for a step
_WORDS = {True: "passed", False: "failed", None: "undecided"}


def render(report: Report, options: Options) -> str:
    """One workflow command a line: the verdict, the new findings, what was not looked at."""
    del options
    gaps = [gap for gap in report.gaps if gap.code != SKIPPED]
    lines = [_verdict(report, gaps), *map(_finding, worst_first(report.new)), *map(_gap, gaps)]
    return "\n".join(lines) + "\n"


def _verdict(report: Report, gaps: list[Gap]) -> str:
    kinds = Counter(_COMMANDS[one.severity] for one in report.new) + Counter({"warning": len(gaps), "notice": 1})
    hidden = sum(max(count - _SHOWN, 0) for count in kinds.values())
    said = [plural(len(report.new), "new finding"), plural(len(report.gaps), "gap"), *report.verdict.reasons]
    if hidden:
        said.append(f"{plural(hidden, 'annotation')} more than GitHub shows: see the log")
    title = f"mlsec {_WORDS[report.verdict.passed]} (exit {report.verdict.exit_code})"
    return _command("notice", {"title": title}, "; ".join(map(prose, said)))


def _finding(one: Finding) -> str:
    lines = [in_cell(one.location) + prose(one.message), one.evidence.shown, prose(one.rule.fix)]
    text = "\n".join(visible(line) for line in lines if line)
    return _command(
        _COMMANDS[one.severity], {**_properties(one.location), "title": f"{one.rule.id} ({one.severity})"}, text
    )


def _gap(gap: Gap) -> str:
    text = in_cell(gap.location) + prose(gap.reason)
    return _command("warning", {**_properties(gap.location), "title": f"Not looked at ({gap.code})"}, visible(text))


def _properties(place: Location) -> dict[str, str | int | None]:
    where = spot(place)
    path = place.path.removeprefix("./")
    if where is None:
        return {"file": path}
    one_line = where.end_line in (None, where.line)  # GitHub takes columns only within one line
    return {
        "file": path,
        "line": where.line,
        "endLine": where.end_line,
        "col": where.column if one_line else None,
        "endColumn": where.end_column if one_line else None,
    }


def _command(name: str, properties: Mapping[str, str | int | None], text: str) -> str:
    said = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
    return f"::{name} {said}::{_data(text)}"


def _data(text: str) -> str:
    return "%0A".join(visible(line.replace("%", "%25")) for line in text.split("\n"))


def _property(text: str) -> str:
    return visible(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
