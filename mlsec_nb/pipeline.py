"""The whole story: collect, scan, triage, judge."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from . import executors, importers, sources, triage
from ._version import __version__
from .config import Config
from .core import (
    SKIPPED,
    Artifact,
    Audited,
    CannotRead,
    Gap,
    Judged,
    Location,
    Report,
    Rule,
    Scanner,
    UsageError,
    Verdict,
    mask_text,
)
from .io.files import LocalFile, named
from .io.urls import shown
from .policy import thresholds
from .reporters import json as report_json
from .scanners import available, digest

_OURS = re.compile(rb'"schema"\s*:\s*"mlsec-report/')
Progress = Callable[[int, int, str], None]  # done, of how many, the path just finished


def audit(
    targets: Sequence[str], config: Config, progress: Progress | None = None, *, stdin_filename: str | None = None
) -> Report:
    """Audit everything that the targets name and give the one answer; a mistake in the call is a `UsageError`."""
    _check_names(config)
    return audit_found(list(sources.collect(targets, config, stdin_filename=stdin_filename)), targets, config, progress)


def audit_found(
    collected: Sequence[Artifact | Gap], targets: Sequence[str], config: Config, progress: Progress | None = None
) -> Report:
    """The same for artifacts that are already at hand: a live session, a table in memory."""
    baseline = triage.read_baseline(config.root / config.baseline) if config.baseline else None
    foreign = triage.read_foreign(config.root, config.baseline)
    artifacts = [item for item in collected if isinstance(item, Artifact)]
    scanned = executors.run(artifacts, config, _counted(progress, len(artifacts)), foreign)
    judged = [found for result in scanned for found in result.judged]
    others = [importers.run(name, targets, artifacts, config) for name in config.tools]
    if others:
        judged = triage.merged([*judged, *(one for other in others for one in other.findings)])
    exempt = triage.read_exemptions(config.root, config.vex)
    judged = triage.apply(judged, baseline, config.ignores, config.root, exempt=exempt)
    gaps = [item for item in collected if isinstance(item, Gap)]
    gaps += [gap for result in scanned for gap in result.gaps]
    gaps += [gap for other in others for gap in other.gaps]
    components = [component for result in scanned for component in result.components]
    components += [component for other in others for component in other.components]
    gaps += _unknown(result.artifact for result in scanned if not result.scanners)
    return Report(
        findings=tuple(sorted(judged, key=_place)),
        gaps=tuple(sorted(gaps, key=lambda gap: (str(gap.location), gap.scanner, gap.reason))),
        components=tuple(components),
        artifacts=tuple(Audited(a.path, a.kind, _size(a)) for a in artifacts),
        verdict=thresholds.verdict(judged, gaps, config),
        targets=tuple(shown(target) if "://" in target else target for target in targets),
        rules={found.finding.rule.id: found.finding.rule for found in sorted(judged, key=lambda j: j.finding.rule.id)},
        version=__version__,
        rules_digest=digest(),
    )


def history(repository: str, config: Config, progress: Progress | None = None, *, since: str | None = None,
            known: Sequence[str] = ()) -> tuple[Report, tuple[str, ...]]:  # fmt: skip
    """The report on a git history, one finding for each leak with where it came in and went out, and the tips seen."""
    _check_names(config)
    found = sources.history(repository, since=since, known=known)
    report = audit_found([*found.artifacts, *found.gaps], [repository], config, progress)
    leaks: dict[tuple[str, str, str], list[Judged]] = {}
    for judged in report.findings:
        seen = found.seen[judged.finding.location.path]
        leaks.setdefault((judged.finding.rule.id, seen.path, judged.finding.evidence.digest), []).append(judged)
    told = tuple(_leak(same, found.seen) for same in leaks.values())
    return replace(report, findings=told, verdict=thresholds.verdict(told, report.gaps, config)), found.tips


def _leak(same: Sequence[Judged], seen: Mapping[str, "sources.Seen"]) -> Judged:
    """The earliest of equal findings, with what the history knows of all of them."""
    places = {judged.finding.location.path: seen[judged.finding.location.path] for judged in same}
    first = min(same, key=lambda judged: _came(places[judged.finding.location.path]))
    came = places[first.finding.location.path].came
    is_live = any(place.live for place in places.values())
    went = [place.went for place in places.values() if place.went]
    details: dict[str, Any] = {**first.finding.details, "versions": len(places), "in_head": is_live}
    if came:
        details["introduced"] = {"commit": came.id, "author": mask_text(came.author), "date": came.date}
    if went and not is_live:
        last = max(went, key=lambda commit: commit.date)
        details["removed"] = {"commit": last.id, "date": last.date}
    versions = f"{len(places)} version{'' if len(places) == 1 else 's'}"
    words = f"{first.finding.message} (in {versions}, {'still' if is_live else 'no longer'} in HEAD)"
    return replace(first, finding=replace(first.finding, message=words, details=details))


def _came(place: "sources.Seen") -> str:
    """When a blob came in; what no commit has comes last."""
    return place.came.date if place.came else "~"


def images(
    targets: Sequence[str], config: Config, progress: Progress | None = None, *, base: str | None = None,
    before: str | None = None, platform: str = "",
) -> Report:  # fmt: skip
    """The report on container images: without what `base` brought, and held against the image `before`.

    Of an image for several `platform`s ("linux/arm64", "all") that of this machine is looked at when none is said.
    """
    _check_names(config)
    if base:
        try:
            one = "" if platform == sources.ALL else platform
            opened = sources.open_image(base, config.limits, offline=config.is_offline, platform=one)
        except CannotRead as error:
            raise UsageError(f"{base}: {error}") from error
        table = {**config.tables.get("containers", {}), "base": [one.diff_id for one in opened.layers if not one.empty]}
        config = config.with_(tables={**config.tables, "containers": table})
    found = [
        one for target in targets
        for one in sources.named_images(target, config.limits, offline=config.is_offline, platform=platform)
    ]  # fmt: skip
    report = audit_found(found, targets, config, progress)
    return against(images([before], config, platform=platform), report, config) if before else report


def against(before: Report, after: Report, config: Config) -> Report:
    """The later report with what the earlier one has too as known, and with the packages that came, went or changed."""
    judged = triage.known_before(before, after.findings)
    verdict = thresholds.verdict(judged, after.gaps, config)
    return replace(after, findings=tuple(judged), verdict=verdict, changes=triage.changes(before, after))


def saved(paths: Iterable[str], config: Config) -> Report:
    """Reports in files as one; the reasons of the verdict say which of them they come from.

    `tool:file` says whose report a file is, which an empty one cannot say itself.
    """
    found = ((path, *named(path)) for path in paths)
    reports = [(path, read(file, tool, config)) for path, tool, file in found]
    if len(reports) == 1:
        return reports[0][1]
    return join([
        replace(one, verdict=replace(one.verdict, reasons=tuple(f"{path}: {why}" for why in one.verdict.reasons)))
        for path, one in reports
    ])  # fmt: skip


def read(path: Path, tool: str | None, config: Config) -> Report:
    """A report in a file: ours as it was written, another tool's judged by the config; a mistake is a `UsageError`."""
    try:
        data = LocalFile(str(path)).read(int(config.limits.text_bytes))
    except CannotRead as error:
        raise UsageError(f"{path}: {error}") from error
    if tool is not None and tool not in importers.FORMATS:
        raise UsageError(f"{path}: no tool is called {tool!r}; tools are {', '.join(importers.FORMATS)}")
    if tool is None and _OURS.search(data):
        try:
            return report_json.load(data)
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from error
    return judge(importers.load(data, path.as_posix(), key=config.key, tool=tool), config)


def judge(report: Report, config: Config) -> Report:
    """A report of another tool with what the config and the baseline say of it, and with the verdict."""
    baseline = triage.read_baseline(config.root / config.baseline) if config.baseline else None
    exempt = triage.read_exemptions(config.root, config.vex)
    told = triage.apply(report.findings, baseline, config.ignores, config.root, exempt=exempt)
    return replace(
        report, findings=tuple(sorted(told, key=_place)), verdict=thresholds.verdict(told, report.gaps, config),
        version=__version__, rules_digest=digest(),
    )  # fmt: skip


def join(reports: Sequence[Report]) -> Report:
    """Several reports as one; it passes when all of them do, and fails when one of them does.

    What two tools say of the same vulnerability in the same place is said once.
    """
    if len(reports) == 1:
        return reports[0]
    outcomes = [report.verdict.passed for report in reports]
    passed = False if False in outcomes else None if None in outcomes or not outcomes else True
    return Report(
        findings=tuple(sorted(triage.merged([one for report in reports for one in report.findings]), key=_place)),
        gaps=tuple(gap for report in reports for gap in report.gaps),
        components=tuple(component for report in reports for component in report.components),
        artifacts=tuple(artifact for report in reports for artifact in report.artifacts),
        verdict=Verdict(passed, tuple(reason for report in reports for reason in report.verdict.reasons)),
        targets=tuple(target for report in reports for target in report.targets),
        rules={name: rule for report in reports for name, rule in report.rules.items()},
        version=__version__,
        rules_digest=" ".join(sorted({report.rules_digest for report in reports})),
        changes=tuple(change for report in reports for change in report.changes),
    )


def scanners(config: Config) -> list[Scanner]:
    """Every scanner there is, whatever `only` and `skip` say: for catalogues and digests."""
    return [build(config.settings(name)) for name, build in available().items()]


def catalogue(config: Config) -> dict[str, Rule]:
    """Every rule by id, sorted."""
    return dict(sorted((rule.id, rule) for scanner in scanners(config) for rule in scanner.rules))


def _check_names(config: Config) -> None:
    known = available()
    importers.check(config.tools)
    for name in (*config.only, *config.skip):
        if name not in known:
            raise UsageError(f"no scanner is called {name!r}; there are {', '.join(known)}")


def _counted(progress: Progress | None, total: int) -> executors.Progress | None:
    if progress is None:
        return None
    done = iter(range(1, total + 1))
    return lambda scanned: progress(next(done), total, scanned.artifact.path)


def _size(artifact: Artifact) -> int:
    """Bytes; none of a file that went away while others were looked at, which its gap tells."""
    try:
        return artifact.content.size
    except CannotRead:
        return 0


def _place(judged: Judged) -> tuple[str, str, int, int, int, str, str]:
    place = judged.finding.location
    return (
        place.path, place.member or "", place.cell or 0, place.line or 0, place.column or 0,
        judged.finding.rule.id, place.part or "",
    )  # fmt: skip


def _unknown(artifacts: Iterable[Artifact]) -> list[Gap]:
    """One line for all the files that no scanner knows, by suffix: said, but not one by one."""
    suffixes = Counter(PurePosixPath(artifact.path).suffix or "no suffix" for artifact in artifacts)
    if not suffixes:
        return []
    reason = executors.unknown_files(suffixes)
    return [Gap(location=Location(path="."), scanner="pipeline", reason=reason, code=SKIPPED)]
