"""What a scanner is: artifact in; findings, gaps and components out."""

from collections.abc import Iterator
from typing import Protocol

from .artifact import Artifact
from .component import Component
from .document import Document
from .finding import Finding
from .gap import Gap
from .rule import Rule


class Scanner(Protocol):
    """One room of `scanners/`; knows no other, holds no state between artifacts.

    `scan` may raise `CannotScan`: what it yielded before still counts.
    """

    @property
    def name(self) -> str: ...

    @property
    def rules(self) -> tuple[Rule, ...]: ...

    def wants(self, artifact: Artifact) -> bool: ...

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]: ...
