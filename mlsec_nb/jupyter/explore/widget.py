"""The widget's Python half: hands over the report, does what the user decided."""

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from mlsec_nb import config as configs
from mlsec_nb import pipeline, triage
from mlsec_nb.cli import fix
from mlsec_nb.core import Judged, MlsecError, Report, Status, UsageError
from mlsec_nb.reporters.json import tree

BASELINE = ".mlsec-baseline.json"


def explore(report: Report, before: Report | None = None) -> Any:
    """The report as a widget, with the trend since another one; a `UsageError` tells when anywidget is missing."""
    try:
        import anywidget
        import traitlets
    except ModuleNotFoundError:
        raise UsageError("the interactive view needs anywidget: pip install anywidget") from None
    here = files(__package__)

    class Explorer(anywidget.AnyWidget):  # type: ignore[misc]
        _esm = source()
        _css = (here / "explore.css").read_text(encoding="utf-8")
        report = traitlets.Unicode().tag(sync=True)
        before = traitlets.Unicode().tag(sync=True)
        answer = traitlets.Unicode().tag(sync=True)

    older = before and before.count(judged.finding for judged in before.findings)
    widget = Explorer(report=json.dumps(tree(report)), before=json.dumps(older))
    decide = Decisions(report)

    def heard(_widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        widget.answer = json.dumps(decide.answer(content))

    widget.on_msg(heard)
    return widget


def source() -> str:
    """The view as one ES module."""
    here = files(__package__)
    return "".join((here / name).read_text(encoding="utf-8") for name in ("graph.js", "panes.js", "explore.js"))


class Decisions:
    """What the user decided about findings of one report, carried out."""

    def __init__(self, report: Report, root: Path | None = None) -> None:
        self.findings = {judged.finding.fingerprint: judged for judged in report.findings}
        self.root = root or configs.load(configs.find(Path.cwd())).root

    def answer(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What became of one message: the new status of its findings, or why not."""
        chosen = [self.findings[name] for name in content.get("fingerprints", []) if name in self.findings]
        action = {"accept": self._accept, "suppress": self._suppress, "fix": self._fix}.get(str(content.get("action")))
        if action is None or not chosen:
            return {"error": "nothing was chosen"}
        try:
            return action(chosen, str(content.get("reason", "")).strip())
        except MlsecError as error:
            return {"error": str(error)}

    def _accept(self, chosen: list[Judged], reason: str) -> dict[str, Any]:
        """Into the baseline; what stands there stays."""
        path = self.root / BASELINE
        old = triage.read_baseline(path) if path.exists() else triage.new_baseline(self.root)
        added = triage.baseline_of(chosen, old, scanned=())
        triage.write_baseline(path, added)
        return self._done(chosen, Status.KNOWN, reason or f"accepted into {BASELINE}")

    def _suppress(self, chosen: list[Judged], reason: str) -> dict[str, Any]:
        """The line to put beside each finding; a notebook that is open is for its editor to change."""
        if not reason:
            raise UsageError("a suppression needs a reason")
        said = self._done(chosen, Status.SUPPRESSED, reason)
        rules = sorted({judged.finding.rule.id for judged in chosen})
        return {**said, "copy": f"# mlsec: ignore[{','.join(rules)}] {reason}"}

    def _fix(self, chosen: list[Judged], _reason: str) -> dict[str, Any]:
        """Mend the file as it is now; what does not stand there any more is not touched."""
        config = replace(configs.load(configs.find(Path.cwd())), jobs=1)
        wanted = {judged.finding.fingerprint for judged in chosen}
        report = pipeline.audit(sorted({judged.finding.location.path for judged in chosen}), config)
        mended = list(fix.mended(report, [one for one in report.new if one.fingerprint in wanted]))
        fix.apply(mended)
        done = {finding.fingerprint for one in mended for finding in one.done}
        if not done:
            why = [why for one in mended for _, why in one.left] or ["it does not stand there any more"]
            raise UsageError(why[0])
        told = [judged for judged in chosen if judged.finding.fingerprint in done]
        return self._done(told, "mended", "`%mlsec fix --undo` takes it back")

    def _done(self, chosen: list[Judged], status: str, reason: str) -> dict[str, Any]:
        return {"fingerprints": [judged.finding.fingerprint for judged in chosen], "status": status, "reason": reason}
