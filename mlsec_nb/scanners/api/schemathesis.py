"""Schemathesis as one more engine: out of process, if it is installed, and of what it says only the server errors.

Report: https://schemathesis.readthedocs.io (`st run --report json`). What else it reports are deviations from the
description, which a hardened server has, too.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mlsec_nb.core import CannotRead
from mlsec_nb.io import processes

from .asking import POLITE, Asker
from .story import Hit, Missed, Told
from .surface import Surface

_SECONDS: Final = 30
_TOOLS: Final = ("st", "schemathesis")
_SERVER_ERROR: Final = "ST101"
_LIMIT: Final = 16 << 20


def run(asker: Asker, found: Surface) -> Iterator[Told]:
    """Lets it ask what the description allows; a server that describes nothing cannot be asked so."""
    if not found.document_path:
        yield Missed("schemathesis was not run: no description of the interface was found", "unsupported")
        return
    tool = next((one for one in _TOOLS if processes.available(one)), "")
    if not tool:
        yield Missed("schemathesis is not installed: pip install 'mlsec_nb[api]'", "tool-missing")
        return
    if asker.credentials:
        yield Missed(
            "schemathesis asked without the credential: other programs of this machine would see it", "skipped"
        )
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        argv = [tool, "run", asker.url(found.document_path), "--max-time", str(_SECONDS), "--continue-on-failure",
                "--include-method", "GET", "--include-method", "POST", "--exclude-path-regex", _CHANGING,
                "--checks", "not_a_server_error", "--report", "json", "--report-json-path", str(report),
                "--no-color", "--seed", "1", "--max-redirects", "0"]  # fmt: skip
        argv += [] if asker.is_local else ["--rate-limit", f"{POLITE:g}/s"]
        try:
            ran = processes.run(argv, timeout=_SECONDS * 2, folder=folder)
            tree = json.loads(report.read_bytes()[:_LIMIT])
        except CannotRead as error:
            yield Missed(f"schemathesis was not run to its end: {error}", error.code)
            return
        except (OSError, ValueError):
            yield Missed(f"schemathesis gave no report: {ran.complaint or f'exit code {ran.code}'}", "failed")
            return
    yield from told(tree)


_CHANGING: Final = (
    "(?i)train|delete|remove|load|reset|restart|shutdown|stop|kill|purge|register|upload|update|create|deploy|admin"
)


def told(tree: Any) -> Iterator[Told]:
    """The server errors of a report."""
    failures = tree.get("failures") if isinstance(tree, dict) else None
    if not isinstance(failures, list):
        yield Missed("schemathesis gave a report of another shape", "malformed")
        return
    for failure in failures:
        if not isinstance(failure, dict) or failure.get("code") != _SERVER_ERROR:
            continue
        for operation in failure.get("operations") or ["?"]:
            words = str(operation.get("label", "?") if isinstance(operation, dict) else operation)[:200]
            yield Hit(
                "API-SCHEMATHESIS",
                words,
                "server error",
                f"A generated request to {words} ends in an error of the server",
            )
