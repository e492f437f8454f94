"""Images that docker or podman has on this machine, asked for through its socket.

https://docs.docker.com/reference/api/engine/, which podman answers too.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

from mlsec_nb.core import CannotRead, Content
from mlsec_nb.io import network
from mlsec_nb.io.kept import Kept, Sink

_SECONDS: Final = 600.0
_DESCRIPTION: Final = 8 << 20  # bytes
_OK: Final = 200


def sockets() -> Iterator[str]:
    """Where a daemon may listen; a variable of the environment is the only place when there is one."""
    for name in ("DOCKER_HOST", "CONTAINER_HOST"):
        if said := os.environ.get(name):
            if not said.startswith("unix://"):
                raise CannotRead(f"${name} names a daemon of another machine, and only one of this is asked")
            yield said.removeprefix("unix://")
            return
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}" if hasattr(os, "getuid") else "")
    home = Path.home()
    yield from ("/var/run/docker.sock", f"{runtime}/docker.sock", f"{home}/.docker/run/docker.sock",
                f"{runtime}/podman/podman.sock", "/run/podman/podman.sock")  # fmt: skip


def saved(name: str, kept: Kept, most: int) -> Content:
    """The archive of an image as `docker save` makes it, kept by the image's id; raises `CannotRead`."""
    asked = False
    for path in sockets():
        if not os.path.exists(path):
            continue
        asked = True
        daemon = _Daemon(path, quote(name, safe="/:@"))
        data = bytearray()
        if daemon.asked("json", data.extend, _DESCRIPTION) == _OK:
            known = f"{name} {_id(bytes(data))}"
            return kept.get(known) or kept.put(known, partial(daemon.save, most))
    if asked:
        raise CannotRead("is not with the daemon of this machine")
    raise CannotRead("no daemon listens on this machine", "tool-missing")


@dataclass(frozen=True, slots=True)
class _Daemon:
    path: str
    image: str

    def asked(self, what: str, sink: Sink, limit: int) -> int:
        url = f"http://localhost/images/{self.image}/{what}"
        return network.download(
            url, sink, offline=True, timeout=_SECONDS, limit=limit, socket_path=self.path
        ).status  # fmt: skip

    def save(self, limit: int, sink: Sink) -> None:
        if (status := self.asked("get", sink, limit)) != _OK:
            raise CannotRead(f"the daemon answered with status {status}")


def _id(body: bytes) -> str:
    try:
        found = json.loads(body).get("Id")
    except (ValueError, AttributeError, RecursionError) as error:
        raise CannotRead("the daemon answered with what is no JSON", "malformed") from error
    if not isinstance(found, str) or not found:
        raise CannotRead("the daemon does not say which image it is", "malformed")
    return found
