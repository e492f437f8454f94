"""The report for a person at a terminal: by file, then by cell, the verdict last, where the eye is."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from mlsec_nb.core import Confidence, Finding, Gap, Judged, Location, Report, Severity, Status

from .layers import HEAD, changed, headline, images
from .loading import TENSORS, Model, models
from .options import Options
from .text import first_sentence, plural, prose, visible

_RESET = "\x1b[0m"
_STYLES = {
    Severity.CRITICAL: "1;97;41",
    Severity.HIGH: "1;31",
    Severity.MEDIUM: "1;33",
    Severity.LOW: "36",
    Severity.INFO: "2",
    "path": "1;4",
    "bold": "1",
    "dim": "2",
    "fix": "32",
    True: "1;32",
    False: "1;31",
    None: "1;33",
}
_WORDS = {True: "PASSED", False: "FAILED", None: "UNDECIDED"}
_INDENT = " " * 14  # where the text stands, right of the severity
_NARROWEST = 40
_TENSORS = 20  # of one model that are shown without being asked
_TIED = "\xa0"  # a space at which no line is broken


def render(report: Report, options: Options) -> str:
    """The report as lines for a terminal, with colours and links only when the options say so."""
    paper = _Paper(options)
    shown = [one for one in report.findings if options.verbose or one.status is Status.NEW]
    blocks = [
        *_files(shown, paper),
        *_images(report, paper),
        *(_models(report, paper) if options.loading else ()),
        _changes(report, paper),
        *_gaps(report.gaps, paper),
        _summary(report, paper),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


@dataclass(frozen=True)
class _Paper:
    """What a line may look like."""

    options: Options

    def ink(self, style: Severity | str | bool | None, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}{_RESET}" if self.options.color and text else text

    def link(self, path: str, text: str) -> str:
        if not self.options.links or "://" in path:
            return text
        try:
            target = Path(path).absolute().as_uri()
        except (OSError, ValueError):
            return text
        return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\"

    def wrap(self, text: str, indent: str, first: str = "") -> list[str]:
        """`text` in lines no wider than the terminal, words kept whole where they fit; all but the first indented."""
        room = max(self.options.width, _NARROWEST) - len(indent)
        lines, line = [], ""
        for word in text.split(" "):
            if line and _columns(line) + 1 + _columns(word) > room:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
        lines = [line.replace(_TIED, " ") for line in lines]
        return [(indent if number or not first else first) + line for number, line in enumerate(lines)]

    def clip(self, text: str, indent: str) -> str:
        """`text` in one line, its end cut off where the terminal ends."""
        room = max(self.options.width, _NARROWEST) - len(indent)
        if _columns(text) <= room:
            return text
        used = 0
        for index, character in enumerate(text):
            used += _columns(character)
            if used > room - 1:
                return text[:index] + "…"
        return text


def _columns(text: str) -> int:
    """How many columns a terminal gives to a text: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )  # fmt: skip


def _files(judged: Iterable[Judged], paper: _Paper) -> Iterator[list[str]]:
    by_path = sorted(judged, key=_file)
    for (path, member, layer), group in groupby(by_path, key=_file):
        inside = str(Location(path="", layer=layer or None, member=member or None)).strip()
        title = visible(path) + (f" {visible(inside)}" if inside else "")
        block = [paper.link(path, paper.ink("path", title))]
        in_cells = sorted(group, key=_position)
        for cell, ones in groupby(in_cells, key=lambda one: one.finding.location.cell):
            if cell is not None:
                block += [f"  {paper.ink('bold', f'cell {cell}')}"]
            for one in ones:
                block += _finding(one, paper)
        yield block


def _file(judged: Judged) -> tuple[str, str, str]:
    """What a heading stands for: a file, or a file in a layer of an image."""
    place = judged.finding.location
    return place.path, (place.member or "").partition("!")[0] if place.layer else "", place.layer or ""


def _position(judged: Judged) -> tuple[bool, int, str, int, int, bool, int]:
    """Whole-file findings first, then cell by cell and line by line; of advisories those that can be mended first."""
    place, details = judged.finding.location, judged.finding.details
    part = "" if place.part == "source" else f"{place.member or ''} {place.part or ''}"
    is_known = "advisory" in details
    return (
        place.cell is not None, place.cell or 0, part, place.line or 0, place.column or 0,
        is_known and not details.get("fixed"), -judged.finding.severity.rank if is_known else 0,
    )  # fmt: skip


def _finding(judged: Judged, paper: _Paper) -> list[str]:
    one = judged.finding
    word = paper.ink(one.severity, one.severity) + " " * (len(_INDENT) - 4 - len(one.severity))
    lines = paper.wrap(prose(one.message), _INDENT, first=f"    {word}")
    sure = "" if one.confidence is Confidence.HIGH else f"{one.confidence}{_TIED}confidence"
    place = " · ".join(filter(None, (visible(one.rule.id), visible(_place(one, paper)), sure)))
    lines += [_INDENT + paper.ink("dim", line[len(_INDENT) :]) for line in paper.wrap(place, _INDENT)]
    if one.evidence.shown:
        lines.append(f"{_INDENT}{paper.ink('dim', '│')} {paper.clip(visible(one.evidence.shown), _INDENT + '│ ')}")
    lines += _steps(one, paper)
    if judged.status is not Status.NEW:
        lines += paper.wrap(f"{judged.status}: {prose(judged.reason) or 'no reason given'}", _INDENT)
    elif judged.reason:  # why a suppression did not count
        lines += paper.wrap(f"note: {prose(judged.reason)}", _INDENT)
    if judged.status is Status.NEW and (hint := _hint(one)):
        lines += paper.wrap(hint, _INDENT + "     ", first=f"{_INDENT}{paper.ink('fix', 'fix:')} ")
    return lines


def _place(one: Finding, paper: _Paper) -> str:
    """The place in the file that stands above; with its path where that fits, because editors can jump there."""
    place = one.location
    jump = str(place)
    whole_file = place.cell is None and place.member is None and place.layer is None
    fits = _columns(jump) + len(one.rule.id) + len(_INDENT) + 3 <= paper.options.width
    return jump if whole_file and place.line is not None and fits else _inside(place)


def _inside(place: Location) -> str:
    """The place without its path, and without the layer that stands in the heading."""
    if place.layer:
        place = place.with_(layer=None, member=(place.member or "").partition("!")[2] or None)
    words = str(place.with_(path="")).removeprefix(" › ").strip()
    return f"line {words[1:]}" if words.startswith(":") else words


def _steps(one: Finding, paper: _Paper) -> list[str]:
    """The further places of the story; those in the same file without its path."""
    here = one.location.path
    places = [_inside(step.location) if step.location.path == here else str(step.location) for step in one.related]
    steps = [
        visible(f"{place}: " * bool(place)) + prose(step.message)
        for place, step in zip(places, one.related, strict=True)
    ]
    return [_INDENT + paper.ink("dim", "└ " + paper.clip(step, _INDENT + "└ ")) for step in steps]


def _hint(one: Finding) -> str:
    """The shortest words on what to do: the title of a ready fix, else the first sentence of the rule's."""
    ready = next((fix.title for fix in one.fixes if fix.edits), "")
    return f"{prose(ready)} (mlsec fix does it)" if ready else prose(first_sentence(one.rule.fix))


def _images(report: Report, paper: _Paper) -> Iterator[list[str]]:
    """The table of layers of each image, and what mends most."""
    for image in images(report):
        rows = [HEAD, *image.rows]
        wide = [max(_columns(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
        block = [paper.ink("bold", f"Layers of {image.title}")]
        block += paper.wrap(image.about, "  ", first="  ") if image.about else []
        for number, row in enumerate(rows):
            cells = [cell + " " * (width - _columns(cell)) for cell, width in zip(row, wide, strict=False)]
            indent = "  " + "  ".join(cells) + "  "
            line = indent + paper.clip(row[-1], indent)
            block.append(paper.ink("dim", line) if number == 0 else line)
        block += paper.wrap(image.advice, "  ", first="  ") if image.advice else []
        yield block


def _models(report: Report, paper: _Paper) -> Iterator[list[str]]:
    """What loading each model would do, step by step, and its tensors."""
    for model in models(report):
        block = [paper.ink("bold", f"Loading {model.title}")]
        block += paper.wrap(model.about, "  ", first="  ") if model.about else []
        block += paper.wrap(model.said, "  ", first="  ")
        for offset, what, grade in model.steps:
            indent = f"  {offset:>10}  "
            line = paper.clip(what, indent + (f"  ({grade})" if grade != "safe" else ""))
            style = {"dangerous": Severity.HIGH, "needs a look": Severity.MEDIUM}.get(grade)
            block.append(indent + (paper.ink("dim", line) if style is None else f"{paper.ink(style, line)}  ({grade})"))
        yield block + _tensors(model, paper)


def _tensors(model: Model, paper: _Paper) -> list[str]:
    shown = model.tensors if paper.options.verbose else model.tensors[:_TENSORS]
    if not shown:
        return []
    rows = [TENSORS, *shown]
    wide = [max(_columns(row[column]) for row in rows) for column in range(len(TENSORS))]
    lines = [f"  {model.more}"]
    for number, row in enumerate(rows):
        cells = [cell + " " * (width - _columns(cell)) for cell, width in zip(row, wide, strict=True)]
        line = paper.clip("  ".join(cells).rstrip(), "    ")
        lines.append("    " + (paper.ink("dim", line) if number == 0 else line))
    if len(shown) < len(model.tensors):
        lines.append(f"    … {plural(len(model.tensors) - len(shown), 'more tensor')} (-v shows them)")
    return lines


def _changes(report: Report, paper: _Paper) -> list[str]:
    """The packages that came, went and changed."""
    rows = changed(report)
    if not rows:
        return []
    return [
        paper.ink("bold", headline(report, rows)),
        *(f"  {mark} {package} {versions}" for mark, package, versions in rows),
    ]


def _gaps(gaps: Iterable[Gap], paper: _Paper) -> Iterator[list[str]]:
    """What was not looked at; equal reasons are told once, with the first place and how many more."""
    kinds: dict[tuple[str, str], list[Gap]] = {}
    for gap in gaps:
        kinds.setdefault((gap.code, gap.reason), []).append(gap)
    if not kinds:
        return
    block = [paper.ink("bold", "Not looked at")]
    for (code, reason), group in sorted(kinds.items()):
        more = f" and {plural(len(group) - 1, 'more place')}" if len(group) > 1 else ""
        text = f"{visible(str(group[0].location))}{more}: {prose(reason)}"
        label = visible(code)
        head = f"  {paper.ink('dim', label)}{' ' * max(len(_INDENT) - 2 - len(label), 1)}"
        block += paper.wrap(text, _INDENT, first=head)
    yield block


def _summary(report: Report, paper: _Paper) -> list[str]:
    verdict = report.verdict
    word = _WORDS[verdict.passed]
    lines = paper.wrap(_counts(report), _INDENT, first=paper.ink(verdict.passed, word) + _INDENT[len(word) :])
    for number, reason in enumerate(verdict.reasons):
        label = f"exit {verdict.exit_code}" if number == 0 else ""
        lines += paper.wrap(prose(reason), _INDENT, first=label + _INDENT[len(label) :])
    return lines


def _counts(report: Report) -> str:
    """The whole report in one line of numbers."""
    new = report.new
    grades = ", ".join(f"{count:,}{_TIED}{grade}" for grade, count in report.count().items() if count)
    found = f"{plural(len(new), 'new finding')} in {plural(len(report.artifacts), 'artifact')}"
    words = [f"{found}: {grades}" if new else found]
    statuses = Counter(one.status for one in report.findings)
    judged = (Status.KNOWN, Status.SUPPRESSED)
    words += [f"{statuses[status]:,}{_TIED}{status}" for status in judged if statuses[status]]
    if report.gaps:
        words.append(plural(len(report.gaps), "gap").replace(" ", _TIED))
    return f"{_TIED}· ".join(words)
