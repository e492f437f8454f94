"""The list of formats, and the one way into them."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from mlsec_nb.core import Report, UsageError

from .csv import render as csv
from .github import render as github
from .gitlab import render as gitlab
from .html import render as html
from .json import render as json
from .junit import render as junit
from .markdown import render as markdown
from .options import Options
from .sarif import render as sarif
from .terminal import render as terminal

Format = Callable[[Report, Options], str]

FORMATS: Mapping[str, Format] = {
    "terminal": terminal,
    "json": json,
    "sarif": sarif,
    "html": html,
    "markdown": markdown,
    "junit": junit,
    "gitlab": gitlab,
    "github": github,
    "csv": csv,
}


def render(report: Report, format: str = "terminal", **options: Any) -> str:  # noqa: A002 - the word of the command line
    """The report in one of `FORMATS`, ending in a newline; `options` are those of `Options`."""
    if format not in FORMATS:
        near = difflib.get_close_matches(format, FORMATS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UsageError(f"unknown format {format!r}{hint}; formats are {', '.join(FORMATS)}")
    return FORMATS[format](report, Options(**options))
