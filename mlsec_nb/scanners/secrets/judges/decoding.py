"""Reads a short value that was given to a decoder: base64, hex, base32 or percent."""

import base64
import binascii
import re
import urllib.parse
from typing import Final

_DECODERS: Final = re.compile(r"decode|fromhex|unhex|a2b|atob|unquote|unescape|from_base64|frombase64", re.IGNORECASE)


def is_decoder(function: str) -> bool:
    """Whether a function's name says that it decodes."""
    return bool(_DECODERS.search(function))


def decoded(value: str) -> str:
    """The printable text behind a value, or nothing."""
    if "%" in value:
        return _printable(urllib.parse.unquote_to_bytes(value))
    for decode in (_hex, _base64, _base32):
        try:
            text = _printable(decode(value))
        except (binascii.Error, ValueError):
            continue
        if text:
            return text
    return ""


def _hex(value: str) -> bytes:
    return binascii.unhexlify(value)


def _base64(value: str) -> bytes:
    return base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)


def _base32(value: str) -> bytes:
    return base64.b32decode(value)


def _printable(data: bytes) -> str:
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""
