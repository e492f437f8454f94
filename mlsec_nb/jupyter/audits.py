"""From what a user has open to the report of it: the same scanners, triage and config as on the command line."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from mlsec_nb import config as configs
from mlsec_nb import pipeline, triage
from mlsec_nb.config import MIB, Config
from mlsec_nb.core import Artifact, Gap, Judged, Kind, Location, Report, Status, UsageError
from mlsec_nb.io.files import Memory
from mlsec_nb.policy import gates, running, showing
from mlsec_nb.reporters import contract
from mlsec_nb.reporters import json as report_json
from mlsec_nb.scanners import available
from mlsec_nb.sources.kinds import HEAD, kind_of

from .jobs import Send
from .protocol import Gate

LIVE_BYTES = 32 * MIB  # of one open notebook or file; more is left to the scan of the file
REPORT_BYTES = 64 * MIB
# These look at files on disk and at systems, not at what is being typed.
NOT_LIVE = frozenset({"models", "data", "containers", "api"})
STEP = 0.1  # seconds between two words about progress


def config_for(folder: Path) -> Config:
    """The config that the command line would use in a folder; raises `UsageError`."""
    file = configs.find(folder.resolve())
    return configs.load(file) if file else Config(root=folder)


def live(data: bytes, place: Path, *, notebook: bool, omitted: int = 0) -> Report:
    """The report of what stands in an editor, as if it were the file at `place`; raises `UsageError`."""
    config = config_for(place.parent)
    skip = tuple(name for name in available() if name in NOT_LIVE or name in config.skip)
    kind = Kind.NOTEBOOK if notebook else kind_of(place.as_posix(), data[:HEAD])
    found: list[Artifact | Gap] = [_gap(place, f"{omitted} outputs are no text or too long to be scanned while open")]
    if not omitted:
        found.clear()
    if len(data) > LIVE_BYTES:
        found.append(_gap(place, f"is over {LIVE_BYTES // MIB} MiB: scanned as a file, not while open", "too-big"))
    else:
        found.append(Artifact(str(place), kind, Memory(data)))
    return pipeline.audit_found(found, [str(place)], replace(config, skip=skip, jobs=1))


def _gap(place: Path, reason: str, code: str = "skipped") -> Gap:
    return Gap(location=Location(path=str(place)), scanner="live view", reason=reason, code=code)


def folder(send: Send, target: str, root: str) -> dict[str, Any]:
    """The report of a folder, with paths below `root`; runs in a process of its own."""
    report = pipeline.audit([target], config_for(Path(target)), _progress(send, root))
    return {"report": told(report, root)}


def gate(send: Send, name: str, root: str) -> dict[str, Any]:
    """One gate over what the config in `root` says; runs in a process of its own."""
    config = config_for(Path(root))
    chosen = gates.load(config)[name]
    targets = [one if gates.is_address(one) else str(Path(one).resolve()) for one in gates.targets_of(chosen, config)]

    def audit(_names: Sequence[str], only: Config) -> Report:
        return pipeline.audit(targets, only, _progress(send, root))

    run = running.Run(chosen, config, frozenset(available()), audit, dt.datetime.now(dt.UTC),
                      partial(pipeline.read, config=config)).report()  # fmt: skip
    tree = relabelled(showing.tree(run), root)
    report = replace(pipeline.join(run.reports or (Report(targets=(name,)),)), verdict=run.verdict)
    return {"report": told(report, root), "checks": tree["checks"]}


def gate_list(folder: Path) -> list[Gate]:
    """The four gates, as the config of a folder has them."""
    found = gates.load(config_for(folder))
    return [{"name": name, "checks": list(found[name].checks)} for name in gates.NAMES]


def _progress(send: Send, root: str) -> pipeline.Progress:
    said = 0.0

    def progress(done: int, total: int, path: str) -> None:
        nonlocal said
        if monotonic() - said >= STEP or done == total:
            said = monotonic()
            send(("progress", (done, total, below(path, root))))

    return progress


def told(report: Report, root: str) -> contract.Report:
    """The report as JSON, its paths as the contents manager knows them."""
    tree: contract.Report = relabelled(report_json.tree(report), root)
    return tree


def relabelled(value: Any, root: str) -> Any:
    """The same JSON with every path below `root` made relative to it."""
    if isinstance(value, Mapping):
        return {
            key: below(item, root) if key == "path" and isinstance(item, str)
            else [below(name, root) for name in item] if key == "targets"
            else relabelled(item, root)
            for key, item in value.items()
        }  # fmt: skip
    return [relabelled(item, root) for item in value] if isinstance(value, list) else value


def below(path: str, root: str) -> str:
    """A path as the contents manager writes it: relative to its root, with forward slashes."""
    top = root.replace("\\", "/").rstrip("/")
    place = path.replace("\\", "/")
    return place[len(top) + 1 :] if place == top or place.startswith(f"{top}/") else path


def accept(judged: Sequence[Judged], fingerprints: Sequence[str], place: Path) -> int:
    """Put findings of one file into the baseline of its config; tells how many there were. Raises `UsageError`."""
    config = config_for(place.parent)
    if config.baseline is None:
        return 0
    file = config.root / config.baseline
    old = triage.read_baseline(file) if file.exists() else triage.new_baseline(file.parent)
    wanted = set(fingerprints)
    chosen = [one for one in judged if one.status is Status.KNOWN or one.finding.fingerprint in wanted]
    triage.write_baseline(file, triage.baseline_of(chosen, old, [str(place)]))
    return sum(one.finding.fingerprint in wanted for one in chosen)


def read_report(place: Path) -> Report:
    """A report that lies in a file, ours or that of another tool; raises `UsageError`."""
    config = config_for(place.parent)
    try:
        return pipeline.read(place, None, replace(config, limits=replace(config.limits, text_bytes=REPORT_BYTES)))
    except UsageError as error:
        raise UsageError(str(error).replace(str(place), place.name)) from error
