"""Scans of whole folders: each in a process of its own, so that it can be stopped and the server stays quick."""

import multiprocessing
import os
import signal
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, cast

from mlsec_nb.core import MlsecError

from .protocol import Job, JobState

KEPT = 8  # finished jobs that can still be asked for
RUNNING = 2  # at once; two cores are a common machine

Send = Callable[[tuple[str, Any]], None]
Work = Callable[..., Mapping[str, Any]]  # takes Send and the arguments given; gives the job's last news


class TooMany(Exception):  # noqa: N818 - reads with `raise`
    """As many scans as may run at once are running."""


@dataclass(slots=True)
class _Run:
    """One job: what it told last, and the process that can be killed."""

    told: Job
    process: BaseProcess | None = None
    cancelled: bool = False


@dataclass(slots=True)
class Jobs:
    """The jobs of one server; a job is found by its name alone, which nobody can guess."""

    _runs: OrderedDict[str, _Run] = field(default_factory=OrderedDict)

    def start(self, work: Work, *arguments: Any) -> Job:
        """Start `work` (importable by name); raises `TooMany`."""
        if sum(run.told["state"] == "running" for run in self._runs.values()) >= RUNNING:
            raise TooMany(f"{RUNNING} scans are running already")
        name = uuid.uuid4().hex
        run = _Run(Job(id=name, state="running", done=0, total=0, path=""))
        self._runs[name] = run
        # Not a pool: its threads are waited for when the server ends, before anybody could stop the scan.
        threading.Thread(target=_follow, args=(run, work, arguments), daemon=True).start()
        finished = [key for key, old in self._runs.items() if old.told["state"] != "running"]
        for key in finished[: max(0, len(self._runs) - KEPT)]:
            del self._runs[key]
        return run.told

    def look(self, name: str) -> Job | None:
        run = self._runs.get(name)
        return run.told if run is not None else None

    def cancel(self, name: str) -> Job | None:
        run = self._runs.get(name)
        if run is None:
            return None
        self._stop(run)
        return run.told

    def close(self) -> None:
        """Stop whatever runs; for the end of the server."""
        for run in self._runs.values():
            self._stop(run)

    @staticmethod
    def _stop(run: _Run) -> None:
        if run.told["state"] != "running":
            return
        run.cancelled = True
        _tell(run, state="cancelled")
        if run.process is not None:
            _kill(run.process)


def _kill(process: BaseProcess) -> None:
    """Kill a scan and the processes that it started itself."""
    if process.pid is None or not process.is_alive():
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError, PermissionError):  # no groups here, or it has none of its own yet
        process.kill()


def _tell(run: _Run, **news: Any) -> None:
    run.told = cast("Job", {**run.told, **news})


def _follow(run: _Run, work: Work, arguments: tuple[Any, ...]) -> None:
    """Runs in a thread: starts the process and listens to it until it ends."""
    # A fork of a server with threads may hang; a fresh interpreter costs a second and cannot.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    run.process = process = context.Process(target=_work, args=(theirs, work, arguments), daemon=False)
    process.start()
    if run.told["state"] != "running":
        _kill(process)  # stopped before there was a process to stop
    theirs.close()
    try:
        _listen(run, ours)
    finally:
        ours.close()
        process.join()


def _listen(run: _Run, pipe: Connection) -> None:
    while True:
        try:
            kind, value = pipe.recv()
        except EOFError:
            _end(run, "failed", error="the scanning process died")
            return
        if kind == "progress" and not run.cancelled:
            done, total, path = value
            _tell(run, done=done, total=total, path=path)
        elif kind == "done":
            _end(run, "done", **value)
            return
        elif kind == "error":
            _end(run, "failed", error=value)
            return


def _end(run: _Run, state: JobState, **more: Any) -> None:
    if not run.cancelled:
        _tell(run, state=state, **more)


def _work(pipe: Connection, work: Work, arguments: tuple[Any, ...]) -> None:
    """Runs in the process of its own."""
    if hasattr(os, "setsid"):
        os.setsid()
    try:
        result = work(pipe.send, *arguments)
    except MlsecError as error:
        pipe.send(("error", str(error)))
    else:
        pipe.send(("done", result))
