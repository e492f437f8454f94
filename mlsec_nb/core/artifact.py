"""One thing that is audited, and the door to its bytes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Protocol


class Kind(StrEnum):
    """What an artifact is; decides which scanners look at it."""

    NOTEBOOK = "notebook"
    SOURCE = "source"  # program text
    TEXT = "text"  # any other text: configuration, prose, logs
    MANIFEST = "manifest"  # requirements, lock files, environments
    MODEL = "model"
    DATA = "data"
    IMAGE = "image"  # a container image, as archive, layout or root filesystem
    IAC = "iac"  # Terraform, Kubernetes, Dockerfile, CI workflows
    API = "api"  # an endpoint or its OpenAPI description
    BINARY = "binary"  # none of the above, and not text


TEXT_KINDS = frozenset({Kind.NOTEBOOK, Kind.SOURCE, Kind.TEXT, Kind.MANIFEST, Kind.IAC, Kind.API})


class Content(Protocol):
    """The bytes of an artifact: lazy, bounded, and sendable to another process."""

    @property
    def size(self) -> int:
        """Bytes, as known before reading."""
        ...

    @property
    def local(self) -> str | None:
        """A path on this machine that can be memory-mapped, or None."""
        ...

    def open(self) -> BinaryIO:
        """A seekable stream at its start; raises `CannotRead`."""
        ...

    def read(self, limit: int) -> bytes:
        """All bytes; raises `CannotRead` when there are more than `limit` of them."""
        ...


@dataclass(frozen=True, slots=True)
class Artifact:
    """One thing that is audited; `path` is what the user would type, with forward slashes."""

    path: str
    kind: Kind
    content: Content

    @property
    def is_text(self) -> bool:
        return self.kind in TEXT_KINDS
