"""The gates of a pipeline in one view: a picture with every check, and below it what stands behind each.

Text for terminals, and HTML whose look the caller gives: attributes for each kind of element, because a page with a
policy takes classes, and what a notebook's sanitizer leaves over is inline style.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import Final

from mlsec_nb.core import Finding

from .places import worst_first
from .text import plural, prose, visible

SHOWN: Final = 20  # findings of one check; the report has them all
MARKS: Final = {"passed": "✔", "failed": "✘", "undecided": "?", "not run": "–"}
_SHADES: Final = {"passed": "32", "failed": "31", "undecided": "33", "not run": "90"}
_STATES: Final = {True: "passed", False: "failed", None: "undecided"}
_WORDS: Final = {True: "PASSED", False: "STOPPED", None: "UNDECIDED"}
_NARROW, _WIDE, _ARROW = 15, 26, 4  # columns of a box, and of what stands between two


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What became of one check; `state` is "passed", "failed", "undecided" or "not run"."""

    name: str
    state: str
    required: bool = True
    reasons: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One gate: passed (True), stopped (False) or undecided (None), with its checks."""

    name: str
    passed: bool | None
    checks: tuple[Check, ...] = ()


def terminal(stages: Sequence[Stage], *, color: bool = False, width: int = 100) -> str:
    """The picture where there are several gates and room for it, then each gate with its checks."""
    lines: list[str] = []
    if len(stages) > 1:
        box = min(_WIDE, (width - _ARROW * (len(stages) - 1)) // len(stages))
        if box >= _NARROW:
            lines += [*_picture(stages, box, color=color), ""]
    for stage in stages:
        lines += _told(stage, color=color)
    return "\n".join(lines) + "\n"


def _picture(stages: Sequence[Stage], box: int, *, color: bool) -> Iterator[str]:
    columns = [list(_box(stage, box - 2, color=color)) for stage in stages]
    for row, cells in enumerate(zip_longest(*columns, fillvalue=" " * box)):
        line = ""
        for number, (cell, stage) in enumerate(zip(cells, stages, strict=True)):
            arrow = "" if number == len(stages) - 1 else " " * _ARROW
            if row == 1 and arrow:
                arrow = _painted(" ─▶ " if stage.passed else " ─╳ ", _SHADES[_STATES[stage.passed]], color=color)
            line += cell + arrow
        yield line.rstrip()


def _box(stage: Stage, inner: int, *, color: bool) -> Iterator[str]:
    state = _STATES[stage.passed]
    yield f"┌{'─' * inner}┐"
    yield f"│{_painted(_cell(f' {visible(stage.name)}', MARKS[state] + ' ', inner), _SHADES[state], color=color)}│"
    yield f"├{'─' * inner}┤"
    for check in stage.checks:
        text = _cell(f" {MARKS[check.state]} {visible(check.name)}", f"{len(check.findings) or ''} ", inner)
        yield f"│{_painted(text, _SHADES[check.state], color=color)}│"
    if not stage.checks:
        yield f"│{_cell(' – no checks', '', inner)}│"
    yield f"└{'─' * inner}┘"


def _cell(left: str, right: str, width: int) -> str:
    room = width - len(right)
    return (left if len(left) <= room else left[: room - 1] + "…").ljust(room) + right


def _told(stage: Stage, *, color: bool) -> Iterator[str]:
    word = _painted(f"{_WORDS[stage.passed]:<9}", _SHADES[_STATES[stage.passed]], color=color)
    yield f"{word} gate {visible(stage.name)}"
    for check in stage.checks:
        mark = _painted(MARKS[check.state], _SHADES[check.state], color=color)
        yield f"  {mark} {_line(check)}"
        yield from (f"      {visible(reason)}" for reason in check.reasons)
        found = worst_first(check.findings)
        yield from (f"      {one.severity} {one.rule.id} {visible(str(one.location))}" for one in found[:SHOWN])
        if len(found) > SHOWN:
            yield f"      … and {len(found) - SHOWN:,} more"
    if not stage.checks:
        yield "  – nothing was checked"


def _line(check: Check) -> str:
    """A check in one line."""
    note = "" if check.required else " (optional)"
    count = f", {plural(len(check.findings), 'finding')}" if check.findings else ""
    return f"{visible(check.name)}{note}: {check.state}{count}"


def _painted(text: str, shade: str, *, color: bool) -> str:
    return f"\x1b[{shade}m{text}\x1b[0m" if color else text


Look = Callable[[str], str]  # the attributes of a kind of element, with a space in front: "box", "mark passed" …
Place = Callable[[Finding], str]  # where a finding stands, as HTML


def html(stages: Sequence[Stage], look: Look, place: Place | None = None) -> str:
    """The picture and the checks as HTML without scripts."""
    where = place or (lambda found: escape(visible(str(found.location))))
    picture = _flow(stages, look) if len(stages) > 1 else ""
    return picture + "".join(_behind(stage, look, where, is_open=len(stages) == 1) for stage in stages)


def _flow(stages: Sequence[Stage], look: Look) -> str:
    parts = []
    for number, stage in enumerate(stages):
        if number:
            arrow = "▶" if stages[number - 1].passed else "╳"
            parts.append(f'<span{look("arrow")} aria-hidden="true">{arrow}</span>')
        parts.append(f"<div{look('box ' + _STATES[stage.passed])}>")
        parts.append(f"<div{look('head')}><b>{_text(stage.name)}</b> {_badge(stage, look)}</div>")
        parts += [_summed(check, look) for check in stage.checks]
        parts.append("</div>")
    return f"<div{look('flow')}>{''.join(parts)}</div>"


def _badge(stage: Stage, look: Look) -> str:
    state = _STATES[stage.passed]
    return f"<span{look('badge ' + state)}>{MARKS[state]} {_WORDS[stage.passed].lower()}</span>"


def _summed(check: Check, look: Look) -> str:
    count = f" <b>{len(check.findings):,}</b>" if check.findings else ""
    word = "" if check.state in ("passed", "failed") else f" <small>{check.state}</small>"
    return f"<div{look('check')}>{_mark(check, look)} {_text(check.name)}{count}{word}</div>"


def _mark(check: Check, look: Look) -> str:
    return f'<span{look("mark " + check.state)} title="{check.state}">{MARKS[check.state]}</span>'


def _behind(stage: Stage, look: Look, place: Place, *, is_open: bool) -> str:
    """One gate to open: its checks, their reasons, what they found."""
    checks = "".join(_opened(check, look, place) for check in stage.checks) or "<p>nothing was checked</p>"
    summary = f"<summary><b>{_text(stage.name)}</b> {_badge(stage, look)}</summary>"
    return f"<details{' open' if is_open or not stage.passed else ''}{look('gate')}>{summary}{checks}</details>"


def _opened(check: Check, look: Look, place: Place) -> str:
    found = worst_first(check.findings)
    reasons = "".join(f"<li>{_text(prose(reason))}</li>" for reason in check.reasons)
    rows = "".join(
        f"<li>{one.severity} {place(one)} — {_text(prose(one.message))}</li>" for one in found[:SHOWN]
    )  # fmt: skip
    more = f"<li>… and {len(found) - SHOWN:,} more</li>" if len(found) > SHOWN else ""
    head = f"{_mark(check, look)} {_text(_line(check))}"
    if not (reasons or rows):
        return f"<div{look('plain')}>{head}</div>"
    return f"<details{look('behind')}><summary>{head}</summary><ul{look('list')}>{reasons}{rows}{more}</ul></details>"


def _text(text: str) -> str:
    return escape(visible(text))
