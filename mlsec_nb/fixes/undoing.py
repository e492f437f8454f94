"""What files were before they were mended; in the user's own state folder, for the user alone."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mlsec_nb.core import UsageError
from mlsec_nb.io.files import write_atomic

KEPT = 20  # runs of `mlsec fix --write` that can be taken back


def _folder() -> Path:
    """https://specifications.freedesktop.org/basedir-spec/latest: what is not portable and may hold secrets."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "mlsec" / "undo"


def remember(files: Mapping[str, tuple[bytes, bytes]], made: Iterable[str] = ()) -> Path:
    """Keep path → (before, after) of one run, and the files that it made; only the user can read it."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    rows = {
        str(Path(path).resolve()): {"before": before.hex(), "after": hashlib.sha256(after).hexdigest()}
        for path, (before, after) in files.items()
    } | {str(Path(path).resolve()): {"before": None, "after": _digest(Path(path))} for path in made}
    target = folder / f"{time.time_ns()}.json"
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(rows, file)
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink()
    return target


def undo() -> Sequence[str]:
    """Take the last run back and give the paths; a file that was changed since is left alone with a `UsageError`.

    A file that the run made is deleted.
    """
    kept = sorted(_folder().glob("*.json")) if _folder().is_dir() else []
    if not kept:
        raise UsageError("there is nothing to take back")
    rows = json.loads(kept[-1].read_text(encoding="ascii"))
    changed = [path for path, row in rows.items() if _digest(Path(path)) != row["after"]]
    if changed:
        raise UsageError(f"{changed[0]} was changed after it was mended; nothing was taken back")
    for path, row in rows.items():
        if row["before"] is None:
            Path(path).unlink()
        else:
            write_atomic(Path(path), bytes.fromhex(row["before"]))
    kept[-1].unlink()
    return sorted(rows)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
