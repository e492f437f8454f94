"""The unpickle guard and the load guard: what may be resolved, and what may be opened by a loader."""

import os
import sys
import threading
import traceback
import warnings
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING  # the unpickler's own tables
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlsec_nb.config import Config
from mlsec_nb.core import Finding, Severity
from mlsec_nb.scanners.models.knowledge import verdict

from . import hooks
from .events import Log

# Modules whose functions open a file in order to load objects from it.
LOADERS = ("joblib", "torch", "numpy", "pandas.io.pickle", "pandas.io.common", "sklearn", "keras", "tensorflow",
           "skops", "dill", "cloudpickle", "safetensors", "h5py", "mlflow", "transformers")  # fmt: skip
SUFFIXES = frozenset({
    ".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".bin", ".npy", ".npz", ".h5", ".hdf5", ".keras", ".skops",
    ".dill", ".sav", ".model", ".mar", ".nemo", ".gz", ".bz2", ".xz",
})  # fmt: skip
STACK = 30  # frames looked at for a loader


class UnsafeLoad(RuntimeError):  # noqa: N818 - reads as what it is
    """What a guarded kernel raises instead of loading; says which callable or finding, and of which file."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the way to the load, without the frames of the guard and of IPython itself."""
        hidden = (f"{Path(__file__).parent}{os.sep}", f"{os.sep}IPython{os.sep}")
        frames = [
            frame
            for frame in traceback.extract_tb(self.__traceback__)
            if not frame.filename.startswith(hidden[0]) and hidden[1] not in frame.filename
        ]
        return [*"".join(traceback.format_list(frames)).splitlines(), f"{type(self).__name__}: {self}"]


class LoadGuard:
    """Blocks dangerous callables and files, warns of unknown callables, lets everything else pass."""

    def __init__(self, config: Config, log: Log, *, mode: str) -> None:
        self.config = config
        self.log = log
        self.mode = mode
        self.allowed: dict[str, str] = {}
        self.verdicts: dict[tuple[str, int, int], Finding | None] = {}
        self.last = threading.local()

    def on(self) -> None:
        hooks.listen("pickle.find_class", self._find_class)
        hooks.listen("open", self._open)

    def off(self) -> None:
        hooks.forget("pickle.find_class")
        hooks.forget("open")

    @contextmanager
    def allow(self, *names: str, reason: str) -> Iterator[None]:
        """Let these callables ("module.name") or files pass inside the block; the reason goes into the log."""
        before = dict(self.allowed)
        self.allowed.update(dict.fromkeys(names, reason))
        try:
            yield
        finally:
            self.allowed = before

    def _find_class(self, arguments: tuple[Any, ...]) -> None:
        module, name = (str(word) for word in arguments[:2])
        callable_ = f"{module}.{name}"
        if callable_ in self.allowed or self.allowed.keys() & {"*", getattr(self.last, "path", "*")}:
            self.log.add("GUARD-UNPICKLE", f"{callable_} (allowed: {self._reason(callable_)})", "seen", self._path())
            return
        opinion = verdict(*_today(module, name))
        if opinion.dangerous:
            self._refuse("GUARD-UNPICKLE", callable_, f"the pickle asks for {callable_}, which {opinion.why}")
        elif not opinion.safe and not _is_own(module):
            self.log.add("GUARD-UNKNOWN", callable_, "seen", self._path())
            if self.mode == "strict":
                self._refuse("GUARD-UNPICKLE", callable_, f"the pickle asks for {callable_}, which {opinion.why}")

    def _open(self, arguments: tuple[Any, ...]) -> None:
        path, mode = arguments[0], arguments[1]
        if not isinstance(path, str | Path) or not (mode is None or "r" in str(mode)):
            return
        text = str(path)
        if Path(text).suffix.lower() not in SUFFIXES:
            return
        self.last.path = text
        if not _inside_loader():
            return
        found = self._scanned(text)
        if found is not None and not self.allowed.keys() & {text, "*"}:
            self._refuse("GUARD-LOAD", found.rule.id, f"{found.rule.id}: {found.message}")

    def _scanned(self, path: str) -> Finding | None:
        """The worst dangerous finding in a file, or None; remembered for as long as the file does not change."""
        try:
            stat = Path(path).stat()
        except OSError:
            return None
        key = (path, stat.st_size, stat.st_mtime_ns)
        if key not in self.verdicts:
            self.verdicts[key] = _worst(path, self.config)
        return self.verdicts[key]

    def _refuse(self, rule: str, subject: str, why: str) -> None:
        path = self._path()
        of = f" (last model file opened: {path})" if path else ""
        if self.mode == "warn":
            self.log.add(rule, subject, "warned", path)
            warnings.warn(f"mlsec: {why}{of}", RuntimeWarning, stacklevel=4)
            return
        self.log.add(rule, subject, "blocked", path)
        trusted = path if rule == "GUARD-LOAD" else subject
        raise UnsafeLoad(f"mlsec stopped this load: {why}{of}. If you trust it: guard().allow({trusted!r}, reason=…)")

    def _path(self) -> str:
        return str(getattr(self.last, "path", ""))

    def _reason(self, name: str) -> str:
        return self.allowed.get(name) or self.allowed.get(self._path()) or self.allowed.get("*", "")


def _today(module: str, name: str) -> tuple[str, str]:
    """The name in Python 3 of what a pickle of protocol 0 to 2 calls by its name in Python 2.

    The event comes before the unpickler's own renaming; a module that Python 3 has under the same name stays.
    """
    if module in sys.stdlib_module_names:
        return module, name
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name


def _inside_loader() -> bool:
    """True when a known loader, and not mlsec itself, is on the stack of this thread."""
    frame, seen = sys._getframe(2), False  # noqa: SLF001 - the stack has no other door
    for _ in range(STACK):
        name = frame.f_globals.get("__name__", "")
        if name.startswith("mlsec_nb.") and not name.startswith("mlsec_nb.jupyter.guard"):
            return False
        seen = seen or any(name == loader or name.startswith(loader + ".") for loader in LOADERS)
        if frame.f_back is None:
            break
        frame = frame.f_back
    return seen


def _is_own(module: str) -> bool:
    """True for the user's own classes: defined in the session, or imported from the working directory."""
    if module in ("__main__", "builtins"):
        return module == "__main__"
    file = getattr(sys.modules.get(module), "__file__", None)
    return bool(file) and Path(str(file)).resolve().is_relative_to(Path.cwd()) and "site-packages" not in str(file)


def _worst(path: str, config: Config) -> Finding | None:
    from mlsec_nb import executors
    from mlsec_nb.core import Artifact, Kind
    from mlsec_nb.io.files import LocalFile

    scanners = executors.chosen(replace(config, only=("models",)))
    scanned = executors.examine(Artifact(path, Kind.MODEL, LocalFile(path)), scanners, config)
    found = [judged.finding for judged in scanned.judged if judged.finding.severity.at_least(Severity.HIGH)]
    return max(found, key=lambda finding: finding.severity.rank, default=None)
