"""Every file that exempts vulnerabilities, read once for a run."""

from collections.abc import Sequence
from pathlib import Path

from . import ignore_files, vex
from .exempting import Exemptions


def read_exemptions(root: Path, documents: Sequence[str] = ()) -> Exemptions:
    """What the ignore files in a folder and VEX `documents`, relative to it, say; raises `UsageError`."""
    return Exemptions(ignore_files.read(root), vex.read([root / name for name in documents]))
