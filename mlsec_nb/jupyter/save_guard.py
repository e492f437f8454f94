"""The save guard of the server: every road to the disk (editor, autosave, collaboration, REST) passes here."""

import base64
import binascii
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tornado.web import HTTPError

from mlsec_nb.core import Finding, MlsecError, Severity

from . import audits
from .protocol import NotSaved, SaveGuardMode

EVENT = "https://schema.mlsec-nb.org/not-saved/v1"
SCHEMA = {
    "$id": EVENT,
    "version": "1",
    "title": "mlsec found a secret in what was about to be saved",
    "personal-data": True,
    "type": "object",
    "required": ["path", "message", "blocked"],
    "properties": {
        "path": {"type": "string", "title": "Path below the root of the server"},
        "message": {"type": "string", "title": "What was found, without the secret"},
        "blocked": {"type": "boolean", "title": "Whether the file was left as it was"},
    },
}
SHOWN = 3  # findings that are named in the message

Tell = Callable[[NotSaved], None]
Hook = Callable[..., None]


def hook(mode: SaveGuardMode, find: Callable[[str], Path], tell: Tell) -> Hook:
    """The pre-save hook; `find` gives the place of a path of the contents manager."""

    def mlsec_save_guard(*, model: dict[str, Any], path: str, **_more: Any) -> None:
        data = content(model)
        if data is None:
            return
        place = find(path)
        try:
            report = audits.live(data, place, notebook=model.get("type") == "notebook" or path.endswith(".ipynb"))
        except MlsecError as error:
            tell({"path": path, "message": f"mlsec could not look at {path}: {error}", "blocked": False})
            return
        secrets = [found for found in report.new if is_live_secret(found)]
        if secrets:
            _answer(mode, path, secrets, tell)

    return mlsec_save_guard


def is_live_secret(finding: Finding) -> bool:
    """What must not reach the disk; unsafe code may, it harms nobody by lying there."""
    return finding.scanner == "secrets" and finding.severity.at_least(Severity.HIGH)


def content(model: dict[str, Any]) -> bytes | None:
    """The bytes that are about to be written; None for a folder and for what has no content."""
    value = model.get("content")
    if model.get("type") == "directory" or value is None:
        return None
    if not isinstance(value, str):
        return json.dumps(value).encode()
    if model.get("format") == "base64":
        try:
            # A large upload comes in pieces, and only the first passes here: as far as it goes it is looked at.
            return base64.b64decode(value)
        except binascii.Error:
            return None
    return value.encode("utf-8", "surrogatepass")


def _answer(mode: SaveGuardMode, path: str, secrets: list[Finding], tell: Tell) -> None:
    named = "; ".join(_place(found) for found in secrets[:SHOWN])
    more = f" and {len(secrets) - SHOWN} more" if len(secrets) > SHOWN else ""
    count = "1 live secret" if len(secrets) == 1 else f"{len(secrets)} live secrets"
    words = f"{count} in {path} ({named}{more})"
    blocked = mode == "block"
    message = f"mlsec: not saved: {words}" if blocked else f"mlsec: saved with {words}"
    tell({"path": path, "message": message, "blocked": blocked})
    if blocked:
        raise HTTPError(400, message)


def _place(finding: Finding) -> str:
    cell = f"cell {finding.location.cell}, " if finding.location.cell else ""
    return f"{cell}{finding.rule.title}"
