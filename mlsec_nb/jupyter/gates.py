"""The four gates as a notebook shows them: one picture, every check, and what stands behind each."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mlsec_nb.core import Severity
from mlsec_nb.reporters.stages import Stage, html, terminal

from .view import COLORS, LIST, MIME, Report, link, tree

# White on each of these has a contrast of 4.5 or more (WCAG 2.2, 1.4.3); text outside takes the theme's own colour.
_STATES: Final[Mapping[str, str]] = {
    "passed": "#1a7f37",
    "failed": COLORS[Severity.HIGH],
    "undecided": COLORS[Severity.MEDIUM],
    "not run": COLORS[Severity.INFO],
}
_STYLES: Final[Mapping[str, str]] = {
    "flow": "display:flex;align-items:stretch;overflow-x:auto;margin:6px 0 10px",
    "box": "flex:1 1 0;min-width:150px;border:1px solid #8888;border-top:5px solid {};padding:6px 10px 8px",
    "head": "margin-bottom:4px",
    "arrow": "align-self:center;padding:0 6px",
    "badge": "color:#fff;background:{};padding:1px 8px;font-weight:600;white-space:nowrap",
    "mark": "color:#fff;background:{};display:inline-block;width:18px;text-align:center;font-weight:600",
    "check": "margin-top:3px",
    "gate": "margin-top:4px;line-height:24px",
    "behind": "margin:3px 0 3px 18px",
    "list": LIST,
    "plain": "margin:3px 0 3px 18px",
}


class Gates:
    """What the gates said: `passed` (None: undecided), `stages` with their checks, `report` with all findings."""

    def __init__(self, stages: Sequence[Stage], report: Report) -> None:
        self.stages = tuple(stages)
        self.report = report
        self.passed = report.verdict.passed

    def _repr_mimebundle_(self, **_wanted: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        page = f'<div style="font-size:13px;line-height:1.5">{html(self.stages, _look, link)}</div>'
        bundle = {"text/html": page, "text/plain": terminal(self.stages), MIME: tree(self.report)}
        return bundle, {"mlsec": {"report": 1}}


def _look(kind: str) -> str:
    element, _, state = kind.partition(" ")
    return f' style="{_STYLES[element].format(_STATES.get(state, ""))}"'
