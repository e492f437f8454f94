"""From what a user has open to the report of it: the same scanners, triage and config as on the command line."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlsec_nb import config as configuration
from mlsec_nb import executors, pipeline, triage
from mlsec_nb.config import Config
from mlsec_nb.core import Artifact, Gap, Judged, Kind, Location, Report, Scanner, Verdict
from mlsec_nb.executors.examine import chosen
from mlsec_nb.io.files import Memory

from .jobs import Send

LIVE_BYTES = 32 << 20  # of one open notebook or file; more is scanned from disk
LIVE_SKIPPED = ("models", "data", "containers", "infrastructure", "api")  # look at files, not at what is being typed


@dataclass(slots=True)
class Audits:
    """Scanners are made once for each config file and kept while the file stays as it is."""

    _made: dict[tuple[str, int], tuple[Config, Sequence[Scanner]]] = field(default_factory=dict)

    def scan(self, text: bytes, path: str, kind: Kind, folder: Path) -> Report:
        """The report of what stands in an editor; `folder` is where its config is looked for. Raises `UsageError`."""
        config, scanners = self._prepared(folder)
        baseline = triage.read_baseline(config.root / config.baseline) if config.baseline else None
        if baseline:
            config = replace(config, key=baseline.key)
            scanners = chosen(config)
        artifact = Artifact(path, kind, Memory(text))
        scanned = executors.examine(artifact, scanners, config)
        today = dt.datetime.now(tz=dt.UTC).date()
        judged = triage.apply(scanned.judged, baseline, config.ignores, config.root, today)
        return Report(findings=tuple(judged), gaps=tuple(scanned.gaps), rules=_rules(judged), targets=(path,))

    def _prepared(self, folder: Path) -> tuple[Config, Sequence[Scanner]]:
        file = configuration.find(folder)
        key = (str(file), file.stat().st_mtime_ns if file else 0)
        if key not in self._made:
            config = configuration.load(file)
            config = replace(config, skip=(*config.skip, *LIVE_SKIPPED))
            self._made = {old: made for old, made in self._made.items() if old[0] != key[0]}
            self._made[key] = (config, chosen(config))
        return self._made[key]
