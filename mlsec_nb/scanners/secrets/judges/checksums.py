"""Tokens that carry a checksum: a wrong one is no token of that vendor.

GitHub and npm: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
"""

import zlib
from typing import Final

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def base62(number: int, length: int) -> str:
    """A number in base 62, padded with zeros."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return digits.rjust(length, "0")


def crc32_base62(body: str) -> str:
    """The last 6 characters of a GitHub or npm token with this body (what stands between prefix and checksum)."""
    return base62(zlib.crc32(body.encode()), 6)


def has_crc32(token: str) -> bool:
    """True when the last 6 of the characters after the last underscore are the checksum of those before them."""
    body = token.rpartition("_")[2]
    return crc32_base62(body[:-6]) == body[-6:]
