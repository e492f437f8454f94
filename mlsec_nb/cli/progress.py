"""A progress bar on a terminal, for work that takes more than a second."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mlsec_nb.pipeline import Progress

DELAY = 1.0  # seconds before anything is shown
EVERY = 0.1


@contextmanager
def bar(*, quiet: bool) -> Iterator[Progress | None]:
    """A callback for the pipeline, or None where nobody watches; the line is wiped at the end."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    shown = _Bar()
    try:
        yield shown
    finally:
        shown.wipe()


class _Bar:
    def __init__(self) -> None:
        self.next = time.monotonic() + DELAY
        self.visible = False

    def __call__(self, done: int, total: int, path: str) -> None:
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + EVERY
        self.visible = True
        width = shutil.get_terminal_size((80, 24)).columns
        full = round(20 * done / total)
        name = "".join(c if c.isprintable() else "?" for c in path)
        line = f"{'━' * full}{'─' * (20 - full)} {done}/{total} {name}"
        sys.stderr.write(f"\r\x1b[2K{line[: width - 1]}")
        sys.stderr.flush()

    def wipe(self) -> None:
        if self.visible:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
