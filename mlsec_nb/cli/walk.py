"""`mlsec fix --interactive`: one finding after the other, at a terminal."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlsec_nb import fixes, triage
from mlsec_nb.config import Config
from mlsec_nb.core import Edit, Finding, Fix, Judged

from .baseline import DEFAULT

_ASK = "  [f]ix  [i]gnore here with a reason  [b]aseline  [s]kip  [q]uit > "


def walk(findings: Sequence[Finding], config: Config) -> list[Finding]:
    """Ask for each finding; gives those to mend, with the fix that was chosen. The end of the input is a quit."""
    chosen: list[Finding] = []
    accepted: list[Finding] = []
    for number, finding in enumerate(findings, 1):
        print(f"\n{number}/{len(findings)} {finding.severity} {finding.rule.id}: {finding.message}")
        print(f"  {finding.location}\n  │ {finding.evidence.shown}")
        answer = _answer(finding)
        if answer is None:
            break
        if isinstance(answer, Finding):
            chosen.append(answer)
        elif answer == "b":
            accepted.append(finding)
    if accepted:
        _accept(accepted, config)
    return chosen


def _answer(finding: Finding) -> Finding | str | None:
    """The finding with its fix to apply, a letter, or None to stop."""
    while True:
        try:
            word = input(_ASK).strip().lower()[:1]
        except EOFError:
            return None
        if word == "q":
            return None
        if word in ("s", "b"):
            return word
        if word == "f" and (fix := _fix(finding)):
            return replace(finding, fixes=(fix,))
        if word == "i" and (fix := _ignore(finding)):
            return replace(finding, fixes=(fix,))


def _fix(finding: Finding) -> Fix | None:
    last = fixes.redaction(finding)
    offered = [*finding.fixes, *([last] if last and last not in finding.fixes else [])]
    if not offered:
        print("  there is no fix that can be applied by itself")
        return None
    for number, fix in enumerate(offered, 1):
        print(f"    {number} {fix.title}")
    try:
        return offered[int(input("  which? [1] ") or 1) - 1]
    except (ValueError, IndexError, EOFError):
        return None


def _ignore(finding: Finding) -> Fix | None:
    """A comment at the end of the line; outputs cannot be ignored in place."""
    place = finding.location
    if place.part not in (None, "source") or place.end_line is None:
        print("  an output cannot say that it is fine; use the baseline, or mend the cell")
        return None
    try:
        reason = input("  reason: ").strip()
    except EOFError:
        return None
    if not reason:
        return None
    comment = f"  # mlsec: ignore[{finding.rule.id}] {reason}"
    return Fix(title="Ignore here", action="comment", edits=(Edit(place, comment),))


def _accept(findings: Sequence[Finding], config: Config) -> None:
    path = config.root / (config.baseline or DEFAULT)
    old = triage.read_baseline(path) if path.exists() else triage.new_baseline(path.parent)
    triage.write_baseline(path, triage.baseline_of([Judged(f) for f in findings], old, scanned=()))
    print(f"{Path(path)}: {len(findings)} accepted")
