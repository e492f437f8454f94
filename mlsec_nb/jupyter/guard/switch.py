"""The guard's switch: `guard()` in scripts, `%mlsec guard` in notebooks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from mlsec_nb import config as configs
from mlsec_nb._version import __version__
from mlsec_nb.core import Finding, Judged, Report, Severity, UsageError, Verdict, mask_text

from . import hooks
from .events import Log
from .loading import LoadGuard

PARTS = ("load", "output", "cell", "events")
MODES = ("block", "warn", "strict")


class Guard:
    """What watches one process; `on` twice is the same as once, `off` leaves everything as it was."""

    def __init__(self, shell: Any = None) -> None:
        self.shell = shell
        self.log = Log()
        self.mode = "block"
        self.parts: dict[str, Any] = {}

    def on(self, *parts: str, mode: str = "block", threshold: Severity = Severity.HIGH) -> Self:
        """Switch parts on ("load", "output", "cell", "events"; all by default).

        `mode` is "block" (raise on what is dangerous), "warn" (say it and let it pass) or "strict" (raise on what is
        unknown too); `threshold` is the severity from which the cell guard refuses.
        """
        if unknown := set(parts) - set(PARTS):
            raise UsageError(f"the guard has no part called {min(unknown)!r}; parts are {', '.join(PARTS)}")
        if mode not in MODES:
            raise UsageError(f"the guard has no mode called {mode!r}; modes are {', '.join(MODES)}")
        self.off(*parts)
        self.mode = mode
        config = replace(configs.load(configs.find(Path.cwd())), jobs=1)
        for part in parts or PARTS:
            built = self._build(part, config, threshold)
            if built is not None:
                built.on()
                self.parts[part] = built
        return self

    def off(self, *parts: str) -> Self:
        """Switch parts off; all by default."""
        for part in parts or PARTS:
            if built := self.parts.pop(part, None):
                built.off()
        return self

    def _build(self, part: str, config: configs.Config, threshold: Severity) -> Any:
        if part == "load":
            return LoadGuard(config, self.log, mode=self.mode)
        if part == "events":
            return _Events(self.log)
        if self.shell is None:
            return None
        if part == "output":
            from .output import OutputGuard
            from .redaction import Redactor

            return OutputGuard(self.shell, Redactor(config.settings("secrets"), self._masked))
        from .cell import CellGuard

        return CellGuard(self.shell, config, threshold, self.log)

    def _masked(self, finding: Finding) -> None:
        self.log.add("GUARD-OUTPUT", f"{finding.rule.id} {finding.evidence.shown}", "masked")

    @contextmanager
    def allow(self, *names: str, reason: str) -> Iterator[None]:
        """Let callables ("module.name") or files pass inside the block, with a reason for the log."""
        if not reason.strip():
            raise UsageError("allow() needs a reason")
        guard = self.parts.get("load")
        if guard is None:
            yield
            return
        with guard.allow(*names, reason=reason):
            yield

    def status(self) -> str:
        """One line: which parts are on, in which mode, and what they did so far."""
        on = [part for part in PARTS if part in self.parts]
        counts: dict[str, int] = {}
        for event in list(self.log.events):
            counts[event.action] = counts.get(event.action, 0) + 1
        did = ", ".join(f"{count} {action}" for action, count in sorted(counts.items())) or "nothing yet"
        return f"guard: {', '.join(on) or 'off'}" + (f" · mode {self.mode} · {did}" if on or counts else "")

    def report(self) -> Report:
        """What was blocked, warned of, masked and seen, as a report; fails when anything was blocked."""
        findings = tuple(Judged(finding) for finding in self.log.findings())
        blocked = sum(found.finding.details["action"] == "blocked" for found in findings)
        verdict = Verdict(passed=not blocked, reasons=(f"{blocked} blocked",) if blocked else ())
        rules = {found.finding.rule.id: found.finding.rule for found in findings}
        return Report(findings=findings, verdict=verdict, rules=rules, targets=("<kernel>",), version=__version__)

    def __enter__(self) -> Self:
        return self if self.parts else self.on()

    def __exit__(self, *_error: object) -> None:
        self.off()


class _Events:
    """Notes connections and processes; the names of hosts and programs, never their arguments."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def on(self) -> None:
        hooks.listen("socket.connect", self._connect)
        hooks.listen("subprocess.Popen", self._start)
        hooks.listen("os.system", self._start)

    def off(self) -> None:
        for event in ("socket.connect", "subprocess.Popen", "os.system"):
            hooks.forget(event)

    def _connect(self, arguments: tuple[Any, ...]) -> None:
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            self.log.add("GUARD-CONNECT", f"{address[0]}:{address[1]}", "seen")

    def _start(self, arguments: tuple[Any, ...]) -> None:
        program = arguments[0]
        text = program.decode(errors="replace") if isinstance(program, bytes) else str(program)
        self.log.add("GUARD-PROCESS", mask_text(text.split(" ")[0]), "seen")


_guard: Guard | None = None


def guard() -> Guard:
    """The one guard of this process; as a context manager it is off again after the block."""
    global _guard  # noqa: PLW0603 - audit hooks belong to the process, and so does the guard
    if _guard is None:
        ipython = sys.modules.get("IPython")
        _guard = Guard(ipython.get_ipython() if ipython else None)
    return _guard
