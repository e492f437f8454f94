"""The list of formats, and the one way into them."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from mlsec_nb.core import Report, UsageError

from .options import Options

Format = Callable[[Report, Options], str]


def _terminal() -> Format:
    from .terminal import render

    return render


def _json() -> Format:
    from .json import render

    return render


def _sarif() -> Format:
    from .sarif import render

    return render


def _html() -> Format:
    from .html import render

    return render


def _markdown() -> Format:
    from .markdown import render

    return render


def _junit() -> Format:
    from .junit import render

    return render


def _gitlab() -> Format:
    from .gitlab import render

    return render


def _github() -> Format:
    from .github import render

    return render


def _csv() -> Format:
    from .csv import render

    return render


def _cyclonedx() -> Format:
    from .cyclonedx import render

    return render


def _spdx() -> Format:
    from .spdx import render

    return render


# A format is imported when it is asked for: nobody needs all of them in one run.
FORMATS: Mapping[str, Callable[[], Format]] = {
    "terminal": _terminal,
    "json": _json,
    "sarif": _sarif,
    "html": _html,
    "markdown": _markdown,
    "junit": _junit,
    "gitlab": _gitlab,
    "github": _github,
    "csv": _csv,
    "cyclonedx": _cyclonedx,
    "spdx": _spdx,
}


def render(report: Report, format: str = "terminal", **options: Any) -> str:  # noqa: A002 - the word of the command line
    """The report in one of `FORMATS`, ending in a newline; `options` are those of `Options`."""
    if format not in FORMATS:
        near = difflib.get_close_matches(format, FORMATS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UsageError(f"unknown format {format!r}{hint}; formats are {', '.join(FORMATS)}")
    return FORMATS[format]()(report, Options(**options))
