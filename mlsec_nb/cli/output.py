"""How a report reaches the user: which format, which file, what a terminal can show."""

import os
import shutil
import sys
from pathlib import Path

from mlsec_nb import reporters
from mlsec_nb.core import Report, UsageError
from mlsec_nb.io.files import write_atomic

BY_SUFFIX = {".gitlab.json": "gitlab", ".json": "json", ".sarif": "sarif", ".html": "html", ".htm": "html",
             ".md": "markdown", ".xml": "junit", ".csv": "csv", ".txt": "terminal"}  # fmt: skip


def format_of(name: str | None, output: str | None) -> str:
    """The format that was asked for, or that the file's suffix means, or `terminal`."""
    by_suffix = (form for suffix, form in BY_SUFFIX.items() if (output or "").lower().endswith(suffix))
    chosen = name or next(by_suffix, "terminal")
    if chosen not in reporters.FORMATS and chosen != "nbqa":
        raise UsageError(f"no format is called {chosen!r}; formats are {', '.join(reporters.FORMATS)}")
    return chosen


def show(report: Report, name: str | None, output: str | None, *, verbose: int = 0) -> None:
    """Write the report where the user wants it; a file is written whole or not at all."""
    chosen = format_of(name, output)
    if output and output != "-":
        write(report, chosen, output)
        print(f"report: {Path(output).resolve().as_uri() if chosen == 'html' else output}", file=sys.stderr)
        return
    is_tty = sys.stdout.isatty()
    width = shutil.get_terminal_size((100, 24)).columns if is_tty else 100
    text = reporters.render(report, chosen, color=colored(), links=is_tty, width=width, verbose=verbose > 0)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + (b"" if text.endswith("\n") else b"\n"))
    sys.stdout.flush()


def write(report: Report, name: str | None, output: str) -> None:
    """Write the report into a file, whole or not at all."""
    text = reporters.render(report, format_of(name, output))
    write_atomic(Path(output), text.encode("utf-8", "backslashreplace"))


def colored() -> bool:
    """Whether colours are wanted: https://no-color.org and FORCE_COLOR, else a terminal that is not dumb."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
