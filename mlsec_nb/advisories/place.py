"""Where the store is."""

import os
from pathlib import Path

ENVIRONMENT = "MLSEC_ADVISORIES"


def default_path() -> Path:
    """The file of the user's store: `$MLSEC_ADVISORIES`, else below `$XDG_DATA_HOME`."""
    if named := os.environ.get(ENVIRONMENT):
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "mlsec" / "advisories.sqlite"
