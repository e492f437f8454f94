"""The content of an artifact that is an address: there is nothing to read, only somebody to ask."""

from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address of a server; asking it is a scanner's business."""

    url: str

    @property
    def size(self) -> int:
        return 0

    @property
    def local(self) -> None:
        return None

    def open(self) -> BinaryIO:
        return BytesIO()

    def read(self, limit: int) -> bytes:
        del limit
        return b""
