"""Who we are to a registry: what `docker login`, `podman login` or `skopeo login` left in a file.

Programs that keep passwords (credential helpers) are not started.
"""

import base64
import binascii
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_LARGEST: Final = 1 << 20


def basic(host: str) -> str | None:
    """The value of an `Authorization` header for a host, None when nobody logged in there."""
    for table in _tables():
        auths = table.get("auths")
        for name, entry in auths.items() if isinstance(auths, dict) else ():
            said = entry.get("auth") if isinstance(entry, dict) else None
            if _host(str(name)) == host and isinstance(said, str) and _is_pair(said):
                return f"Basic {said}"
    return None


def has_helper(host: str) -> bool:
    """Whether a program is to be asked for the password of a host."""
    for table in _tables():
        helpers = table.get("credHelpers")
        if table.get("credsStore") or (isinstance(helpers, dict) and host in helpers):
            return True
    return False


def _tables() -> Iterator[dict[str, Any]]:
    """What each file holds, in the order in which podman and docker look for them."""
    home, get = Path.home(), os.environ.get
    places = [
        Path(get("XDG_CONFIG_HOME") or home / ".config") / "containers/auth.json",
        Path(get("DOCKER_CONFIG") or home / ".docker") / "config.json",
    ]
    if runtime := get("XDG_RUNTIME_DIR"):
        places.insert(0, Path(runtime) / "containers/auth.json")
    if named := get("REGISTRY_AUTH_FILE"):
        places.insert(0, Path(named))
    for path in places:
        try:
            table = json.loads(path.read_bytes()) if path.stat().st_size <= _LARGEST else None
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(table, dict):
            yield table


def _host(name: str) -> str:
    return name.rpartition("://")[2].partition("/")[0]


def _is_pair(said: str) -> bool:
    try:
        return b":" in base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        return False
