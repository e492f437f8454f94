"""Names of images that are not files: in a registry, or with a daemon of this machine.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
"""

import re
from dataclasses import dataclass
from typing import Final

from mlsec_nb.core import UsageError

REGISTRY, DAEMON = "docker://", "docker-daemon:"  # as skopeo and podman call them
_PART: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_SHAPE: Final = re.compile(
    rf"(?P<host>(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(?::\d{{1,5}})?)/(?P<repository>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?"
)
_NAME: Final = re.compile(r"[A-Za-z0-9][\w./:@-]{0,400}")
_LOOPBACK: Final = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a registry."""

    host: str
    repository: str
    tag: str
    digest: str

    @property
    def is_local(self) -> bool:
        """Whether the registry is a program of this machine, which is asked without TLS."""
        return is_loopback(self.host)

    @property
    def base(self) -> str:
        return f"{'http' if self.is_local else 'https'}://{self.host}/v2/{self.repository}"


def is_loopback(host: str) -> bool:
    return bool(_LOOPBACK.fullmatch(re.sub(r":\d+$", "", host)))


def is_reference(target: str) -> bool:
    return target.startswith((REGISTRY, DAEMON))


def reference(target: str) -> Reference:
    """`docker://HOST[:PORT]/NAME[:TAG][@DIGEST]`; raises `UsageError`, which does not repeat what may be a password."""
    found = _SHAPE.fullmatch(target.removeprefix(REGISTRY))
    host = found["host"] if found else ""
    if not found or not (host == "localhost" or re.search(r"[.:]", host)):
        raise UsageError(f"an image in a registry is called {REGISTRY}HOST/NAME:TAG, with the registry's own host")
    tag = found["tag"] or ("" if found["digest"] else "latest")
    return Reference(host, found["repository"], tag, found["digest"] or "")


def daemon_name(target: str) -> str:
    """`docker-daemon:NAME[:TAG]`; raises `UsageError`."""
    name = target.removeprefix(DAEMON)
    if not _NAME.fullmatch(name) or ".." in name or "//" in name:
        raise UsageError(f"an image of a daemon is called {DAEMON}NAME:TAG")
    return name
