"""Runs other tools beside our own scanners, and reads what they give as the reports that they are.

A tool is run in an empty folder, with so much time and so much output; what it cannot do is a `Gap`. `tools.toml` says
how each of them is called.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mlsec_nb.config import Config
from mlsec_nb.core import (
    SKIPPED,
    Artifact,
    CannotRead,
    Component,
    Gap,
    Judged,
    Kind,
    Location,
    Report,
    UsageError,
)
from mlsec_nb.io import processes
from mlsec_nb.io.files import LocalFile

from .environments import program
from .loading import load
from .osv import query_api
from .tools import Tool, Way, tools

_BATCH = 100  # subjects of one run
_TARGETS = ("targets",)


@dataclass(frozen=True, order=True)
class Subject:
    """What a tool is to look at: as the user named it, and where it is."""

    shown: str
    path: str

    @property
    def folder(self) -> str:
        return self.path if os.path.isdir(self.path) else os.path.dirname(self.path)

    @property
    def name(self) -> str:
        return "." if os.path.isdir(self.path) else os.path.basename(self.path)


def run(name: str, targets: Sequence[str], artifacts: Sequence[Artifact], config: Config) -> Report:
    """What a tool says of the targets and the artifacts in them; what it could not look at is a gap."""
    tool = tools()[name]
    running = _Running(tool, config)
    images = {artifact.content.local for artifact in artifacts if artifact.kind is Kind.IMAGE}
    for target in targets:
        if not os.path.exists(os.path.realpath(target)):
            running.missed(target, f"is no file or folder that {name} can be given", "unsupported")
    for way in tool.ways:
        if config.only and way.scanners and not set(config.only) & set(way.scanners):
            continue
        found = _named(targets, images) if tuple(way.looks) == _TARGETS else _chosen(way, artifacts)
        subjects = sorted(set(found))
        step = 1 if way.each else _BATCH
        for start in range(0, len(subjects), step):
            running.way(way, subjects[start : start + step])
    if not running.did:
        running.missed(targets[0] if targets else ".", f"{name} looks at nothing of what is here", SKIPPED)
    return Report(
        findings=tuple(running.findings), gaps=tuple(dict.fromkeys(running.gaps)), components=tuple(running.components)
    )


def _named(targets: Sequence[str], images: set[str | None]) -> Iterator[Subject]:
    """The files and folders that the user named."""
    for target in targets:
        place = os.path.realpath(target)
        if os.path.exists(place) and target not in images and place not in images:
            yield Subject(target, place)


def _chosen(way: Way, artifacts: Sequence[Artifact]) -> Iterator[Subject]:
    """The artifacts of the kinds and names that a tool looks at."""
    for artifact in artifacts:
        local = artifact.content.local
        if local and artifact.kind in way.looks and any(_fits(artifact.path, glob) for glob in way.names):
            yield Subject(artifact.path, os.path.realpath(local))


def _fits(path: str, glob: str) -> bool:
    return fnmatchcase(path if "/" in glob else path.rpartition("/")[2], glob)


class _Running:
    """Collects what the runs of one tool give."""

    def __init__(self, tool: Tool, config: Config) -> None:
        self.tool, self.config = tool, config
        self.did = False
        self.findings: list[Judged] = []
        self.gaps: list[Gap] = []
        self.components: list[Component] = []

    def missed(self, path: str, reason: str, code: str = "failed") -> None:
        self.gaps.append(Gap(location=Location(path=path), scanner=self.tool.name, reason=reason, code=code))

    def way(self, way: Way, subjects: Sequence[Subject]) -> None:
        """One run."""
        self.did = True
        shown = subjects[0].shown
        for subject in subjects:
            for name in way.own:
                if os.path.lexists(os.path.join(subject.folder, name)):
                    self.missed(
                        subject.shown, f"{name} could make {self.tool.name} run code of this folder", "unsupported"
                    )
                    return
        if way.network and self.config.is_offline and not way.offline:
            self.missed(shown, f"{self.tool.name} asks the network, and this run is offline", "offline")
            return
        try:
            self._run(way, subjects)
        except CannotRead as error:
            how = f" ({self.tool.install})" if error.code == "tool-missing" else ""
            self.missed(shown, f"{error}{how}", error.code)

    def _run(self, way: Way, subjects: Sequence[Subject]) -> None:
        limits, name, shown = self.config.limits, self.tool.name, subjects[0].shown
        more = list(way.offline) if self.config.is_offline else []
        executable = program(way.argv[0], self.tool.package, offline=self.config.is_offline)
        with tempfile.TemporaryDirectory(prefix="mlsec-") as folder, query_api(self.config, [*way.argv, *more]) as osv:
            output = Path(folder) / "report"
            argv = [executable, *_filled([*way.argv[1:], *more], subjects, {"output": str(output), "osv": osv})]
            environment = {**way.environment, **(way.environment_offline if self.config.is_offline else {})}
            ran = processes.run(
                argv, timeout=limits.seconds, limit=int(limits.text_bytes), folder=folder, environment=environment
            )
            data = LocalFile(str(output)).read(int(limits.text_bytes)) if output.exists() else ran.output
        if ran.code in way.nothing:
            self.missed(shown, f"{name} looks at nothing of what is here", SKIPPED)
            return
        try:
            self._take(load(data, shown, key=self.config.key, tool=name, about=shown), way, subjects)
        except UsageError:
            said = f": {ran.complaint}" if ran.complaint else ""
            self.missed(shown, f"{name} ended with code {ran.code} and gave no report{said}")
            return
        if ran.code not in way.found:
            self.missed(shown, f"{name} ended with code {ran.code}: {ran.complaint or 'it does not say why'}")

    def _take(self, report: Report, way: Way, subjects: Sequence[Subject]) -> None:
        def moved(place: Location) -> Location:
            return replace(place, path=_shown(place.path, subjects, relative=way.relative))

        self.findings += [
            replace(one, finding=replace(one.finding, location=moved(one.finding.location))) for one in report.findings
        ]
        self.gaps += [replace(gap, location=moved(gap.location)) for gap in report.gaps]
        self.components += [replace(one, location=moved(one.location)) for one in report.components]


def _filled(argv: Sequence[str], subjects: Sequence[Subject], words: Mapping[str, str]) -> Iterator[str]:
    """The arguments with what stands for their names; every path is absolute, so that none reads as an option."""
    first = subjects[0]
    named: dict[str, Any] = {"target": first.path, "folder": first.folder, "name": first.name, **words}
    for word in argv:
        if word == "{targets}":
            yield from (subject.path for subject in subjects)
        else:
            for name, value in named.items():
                if f"{{{name}}}" in word:
                    word = word.replace(f"{{{name}}}", value)  # noqa: PLW2901 - one name after the other
                    break
            yield word


def _shown(path: str, subjects: Sequence[Subject], *, relative: bool) -> str:
    """A path of a tool's report in the user's words."""
    for subject in sorted(subjects, key=lambda one: len(one.path), reverse=True):
        if path == subject.path:
            return subject.shown
        if path.startswith(subject.path.rstrip("/") + "/"):
            return _joined(subject.shown, path[len(subject.path.rstrip("/")) + 1 :])
    first = subjects[0]
    if relative and path != first.shown and not path.startswith("/") and "://" not in path:
        folder = first.shown if os.path.isdir(first.path) else os.path.dirname(first.shown)
        return _joined(folder, path)
    return path


def _joined(folder: str, path: str) -> str:
    """A path below a folder as the walker of targets writes it: nothing for this folder."""
    path = os.path.normpath(path).replace(os.sep, "/")
    return path if folder in ("", ".") else f"{folder.rstrip('/').removeprefix('./')}/{path}"
