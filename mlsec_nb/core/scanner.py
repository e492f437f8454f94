"""What a scanner is: artifact in; findings, gaps and components out."""

from collections.abc import Iterator
from typing import Protocol

from .artifact import Artifact
from .component import Component
from .document import Document
from .finding import Finding
from .gap import Gap
from .inside import Inside
from .rule import Rule


class Scanner(Protocol):
    """One room of `scanners/`; knows no other, holds no state between artifacts.

    `scan` may raise `CannotScan`: what it yielded before still counts. What it yields as `Inside` is read and shown to
    all scanners as if it were an artifact of its own.
    """

    @property
    def name(self) -> str: ...

    @property
    def rules(self) -> tuple[Rule, ...]: ...

    def wants(self, artifact: Artifact) -> bool: ...

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component | Inside]: ...
