"""How a report reaches the user: which format, which file, what a terminal can show."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from mlsec_nb import reporters
from mlsec_nb.core import Report, UsageError
from mlsec_nb.io.files import write_atomic
from mlsec_nb.reporters.stages import Stage

BY_SUFFIX = {".gitlab.json": "gitlab", ".json": "json", ".sarif": "sarif", ".html": "html", ".htm": "html",
             ".md": "markdown", ".xml": "junit", ".csv": "csv", ".txt": "terminal"}  # fmt: skip


def format_of(name: str | None, output: str | None) -> str:
    """The format that was asked for, or that the file's suffix means, or `terminal`."""
    by_suffix = (form for suffix, form in BY_SUFFIX.items() if (output or "").lower().endswith(suffix))
    chosen = name or next(by_suffix, "terminal")
    if chosen not in reporters.FORMATS and chosen != "nbqa":
        raise UsageError(f"no format is called {chosen!r}; formats are {', '.join(reporters.FORMATS)}")
    return chosen


# Where a front end that shows reports in its own way takes them from a command.
_taken: ContextVar[list[Report] | None] = ContextVar("taken", default=None)


@contextmanager
def taking() -> Iterator[list[Report]]:
    """Inside the block, reports are put into the list instead of being shown; files are written as ever."""
    found: list[Report] = []
    token = _taken.set(found)
    try:
        yield found
    finally:
        _taken.reset(token)


def show(report: Report, name: str | None, output: str | None, *, verbose: int = 0,
         stages: tuple[Stage, ...] = (), loading: bool = False) -> None:  # fmt: skip
    """Write the report where the user wants it; a file is written whole or not at all."""
    chosen = format_of(name, output)
    taken = _taken.get()
    if taken is not None:
        taken.append(report)
        if not output or output == "-":
            return
    if output and output != "-":
        write(report, chosen, output, stages=stages)
        print(f"report: {Path(output).resolve().as_uri() if chosen == 'html' else output}", file=sys.stderr)
        return
    is_tty = sys.stdout.isatty()
    text(reporters.render(report, chosen, color=colored(), links=is_tty, width=width(), verbose=verbose > 0,
                          stages=stages, loading=loading))  # fmt: skip


def text(said: str) -> None:
    """Print what may hold what the terminal's encoding has no character for."""
    data = said if said.endswith("\n") else said + "\n"
    if (buffer := getattr(sys.stdout, "buffer", None)) is None:  # a stream of a kernel takes text alone
        sys.stdout.write(data)
    else:
        buffer.write(data.encode("utf-8", "backslashreplace"))
    sys.stdout.flush()


def width() -> int:
    """Columns of the terminal; 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100


def write(report: Report, name: str | None, output: str, *, stages: tuple[Stage, ...] = ()) -> None:
    """Write the report into a file, whole or not at all."""
    text = reporters.render(report, format_of(name, output), stages=stages)
    write_atomic(Path(output), text.encode("utf-8", "backslashreplace"))


def colored() -> bool:
    """Whether colours are wanted: https://no-color.org and FORCE_COLOR, else a terminal that is not dumb."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
