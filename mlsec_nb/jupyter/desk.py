"""What the server does for the panel, apart from HTTP."""

import atexit
import gc
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlsec_nb import pipeline
from mlsec_nb._version import __version__
from mlsec_nb.config import Config
from mlsec_nb.core import Judged, Report
from mlsec_nb.policy import gates
from mlsec_nb.reporters import contract
from mlsec_nb.reporters import json as report_json

from . import audits
from .jobs import Jobs
from .protocol import Job, LiveAnswer, SaveGuardMode, ServerStatus
from .sessions import Sessions

WORKERS = 2
WARM = b'{"cells":[{"cell_type":"code","source":"import torch\\ntorch.load(name)","metadata":{},"outputs":[]}]}'
KEPT = 64  # open documents whose last findings are kept, to be accepted by name


@dataclass(slots=True)
class Desk:
    """One for each server: the open notebooks, the pool that scans them, the jobs."""

    root: Path
    save_guard: SaveGuardMode = "off"
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WORKERS, "mlsec"))
    sessions: Sessions = field(default_factory=Sessions)
    jobs: Jobs = field(default_factory=Jobs)
    _last: OrderedDict[str, Sequence[Judged]] = field(default_factory=OrderedDict)
    _waiting: dict[str, Future[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        atexit.register(self.close)

    def close(self) -> None:
        """Stop what runs; the scans of single documents end by themselves."""
        atexit.unregister(self.close)
        self.jobs.close()
        self.pool.shutdown(wait=False, cancel_futures=True)

    def submit_live(self, session: str, *arguments: Any) -> Future[LiveAnswer]:
        """Scan in the pool; a scan of the same session that has not begun is given up, its answer would be old."""
        before = self._waiting.get(session)
        if before is not None:
            before.cancel()
        future = self.pool.submit(self.live, *arguments)
        self._waiting[session] = future
        future.add_done_callback(lambda done: self._forget(session, done))
        return future

    def _forget(self, session: str, done: Future[Any]) -> None:
        if self._waiting.get(session) is done:
            self._waiting.pop(session, None)

    def live(self, revision: int, data: bytes, place: Path, omitted: int) -> LiveAnswer:
        """The answer for an open notebook."""
        tree = self._scanned(audits.live(data, place, notebook=True, omitted=omitted), place)
        return {"revision": revision, "findings": tree["findings"], "gaps": tree["gaps"], "rules": tree["rules"]}

    def text(self, text: str, place: Path) -> LiveAnswer:
        """The answer for an open file."""
        data = text.encode("utf-8", "surrogatepass")
        tree = self._scanned(audits.live(data, place, notebook=place.suffix == ".ipynb"), place)
        return {"revision": 0, "findings": tree["findings"], "gaps": tree["gaps"], "rules": tree["rules"]}

    def _scanned(self, report: Report, place: Path) -> contract.Report:
        self._last[str(place)] = report.findings
        self._last.move_to_end(str(place))
        while len(self._last) > KEPT:
            self._last.popitem(last=False)
        return audits.told(report, str(self.root))

    def accept(self, place: Path, fingerprints: Sequence[str]) -> int:
        """Accept findings of an open document as it was scanned last."""
        return audits.accept(self._last.get(str(place), ()), fingerprints, place)

    def start_scan(self, place: Path) -> Job:
        """Start the scan of a folder or file; raises `TooMany`."""
        return self.jobs.start(audits.folder, str(place), str(self.root))

    def start_gate(self, name: str) -> Job:
        """Run a gate over the server's root; raises `TooMany`, and `KeyError` for a name that is none."""
        if name not in gates.NAMES:
            raise KeyError(name)
        return self.jobs.start(audits.gate, name, str(self.root))

    def report(self, place: Path) -> contract.Report:
        """A report in a file, as the panel shows it."""
        return audits.told(audits.read_report(place), str(self.root))

    def catalogue(self) -> dict[str, contract.Rule]:
        """Every rule."""
        rules = pipeline.catalogue(Config())
        return report_json.tree(Report(rules=rules))["rules"]

    def status(self) -> ServerStatus:
        """What this server can do for the panel, which asks when it opens: the scanners are loaded then, too."""
        audits.live(WARM, self.root / "empty.ipynb", notebook=True)
        # What the scanners hold stays as long as the server; without this every tenth edit waits for a collection.
        gc.freeze()
        baseline = audits.config_for(self.root).baseline is not None
        return {
            "version": __version__,
            "save_guard": self.save_guard,
            "gates": audits.gate_list(self.root),
            "baseline": baseline,
        }
