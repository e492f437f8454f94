"""What may be shown of a match: safe from birth."""

import hashlib
from dataclasses import dataclass
from typing import Self

from .masking import mask, mask_text


def keyed_digest(value: str, key: bytes) -> str:
    """64 bits of BLAKE2b under a key: equal values can be told equal, and guessing needs the key."""
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=key[:64], digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What may be shown of a match, and a keyed digest of what may not."""

    shown: str
    digest: str

    @classmethod
    def secret(cls, value: str, key: bytes, prefix: int = 0) -> Self:
        """A secret: `prefix` characters of it are public by its format, the rest is never kept."""
        return cls(mask(value, prefix), keyed_digest(value, key))

    @classmethod
    def excerpt(cls, text: str, key: bytes) -> Self:
        """A piece of code or text, with whatever may be a secret in it masked."""
        return cls(mask_text(text), keyed_digest(" ".join(text.split()), key))

    @classmethod
    def fact(cls, text: str, key: bytes = b"") -> Self:
        """Words of our own making (a name, a number, a version) that can hold no secret."""
        return cls(text, keyed_digest(text, key))
