"""Decodes what code would decode from its own literals, within bounds and without running anything."""

import base64
import binascii
import codecs
import zlib
from collections.abc import Callable
from typing import Any

from .judge import Arguments
from .values import UNKNOWN, Value

MAX_DECODED = 65_536  # bytes; a hidden program is small
_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "base64.b64decode": base64.b64decode, "base64.standard_b64decode": base64.b64decode,
    "base64.urlsafe_b64decode": base64.urlsafe_b64decode, "base64.b32decode": base64.b32decode,
    "base64.b16decode": base64.b16decode, "base64.b85decode": base64.b85decode, "base64.a85decode": base64.a85decode,
    "base64.decodebytes": base64.decodebytes, "base64.decodestring": base64.decodebytes,
    "binascii.unhexlify": binascii.unhexlify, "binascii.a2b_hex": binascii.unhexlify,
    "binascii.a2b_base64": binascii.a2b_base64,
}  # fmt: skip
_CODECS = frozenset(
    [
        "rot13",
        "rot_13",
        "hex",
        "hex_codec",
        "base64",
        "base64_codec",
        "utf-8",
        "utf8",
        "ascii",
        "latin-1",
        "latin1",
        "unicode_escape",
        "unicode-escape",
        "utf-16",
        "zlib",
        "zlib_codec",
        "zip",
        "bz2",
    ]
)
DECODERS = frozenset(_BYTES) | frozenset(
    ["zlib.decompress", "gzip.decompress", "codecs.decode", "builtins.bytes.fromhex", "builtins.bytearray.fromhex"]
)

_FOLDED = DECODERS | {"builtins.bytes", "builtins.bytearray", "builtins.chr", "builtins.str"}


def fold(name: str, arguments: Arguments) -> Any:
    """The constant that a call gives when all it reads is known, else UNKNOWN."""
    base = arguments.target
    if base is None and name not in _FOLDED:
        return UNKNOWN
    leaf = name.rpartition(".")[2]
    first = arguments.get(0)
    try:
        if name in DECODERS and first is not None:
            return _decoded(name, first.const, arguments)
        if name in {"builtins.bytes", "builtins.bytearray"} and first is not None:
            return _numbers(first)
        if name == "builtins.chr" and first is not None and type(first.const) is int:
            return chr(first.const)
        if name == "builtins.str" and first is not None and isinstance(first.const, str | int):
            return str(first.const)
        if base is not None:
            return _method(leaf, base, arguments)
    except (
        ValueError,
        TypeError,
        LookupError,
        OverflowError,
        binascii.Error,
        zlib.error,
        EOFError,
        MemoryError,
        UnicodeError,
    ):
        return UNKNOWN
    return UNKNOWN


def _decoded(name: str, data: Any, arguments: Arguments) -> Any:
    if not isinstance(data, str | bytes) or len(data) > MAX_DECODED * 2:
        return UNKNOWN
    if name.endswith("fromhex"):
        return bytes.fromhex(data) if isinstance(data, str) else UNKNOWN
    if name == "codecs.decode":
        how = arguments.get("encoding", 1)
        return _codec(data, how.const if how is not None else "utf-8")
    if name in _BYTES:
        return _BYTES[name](data.encode("latin-1") if isinstance(data, str) else data)
    if not isinstance(data, bytes):
        return UNKNOWN
    return zlib.decompressobj(31 if name.startswith("gzip") else 15).decompress(data, MAX_DECODED)


def _codec(data: str | bytes, how: Any) -> Any:
    if not isinstance(how, str) or how.lower() not in _CODECS:
        return UNKNOWN
    low = how.lower()
    if low in {"zlib", "zlib_codec", "zip"}:
        return zlib.decompressobj().decompress(data, MAX_DECODED) if isinstance(data, bytes) else UNKNOWN
    if low == "bz2":
        return UNKNOWN
    if low.startswith(("rot", "unicode")):
        text = data if isinstance(data, str) else data.decode("latin-1")
        return (
            codecs.decode(text, "rot13") if low.startswith("rot") else text.encode("latin-1").decode("unicode_escape")
        )
    return codecs.decode(data.encode("latin-1") if isinstance(data, str) else data, low)


def _numbers(value: Value) -> Any:
    if value.items is None or not value.items or len(value.items) > MAX_DECODED:
        return value.const if isinstance(value.const, bytes) else UNKNOWN
    return bytes(item.const for item in value.items)


def _method(leaf: str, base: Value, arguments: Arguments) -> Any:
    first = arguments.get(0)
    if leaf == "join" and isinstance(base.const, str) and first is not None:
        if isinstance(first.const, str):
            return base.const.join(first.const)
        if first.items is not None and all(isinstance(item.const, str) for item in first.items):
            return base.const.join(item.const for item in first.items)
    if leaf in {"decode", "encode"} and isinstance(base.const, str | bytes):
        how = first.const if first is not None else "utf-8"
        if leaf == "encode" and isinstance(base.const, str):
            return base.const.encode(how if isinstance(how, str) and how.lower() in _CODECS else "utf-8")
        return _codec(base.const, how)
    if leaf in {"strip", "lower", "upper", "swapcase"} and isinstance(base.const, str | bytes) and not arguments.all:
        return getattr(base.const, leaf)()
    if leaf == "replace" and isinstance(base.const, str) and len(arguments.positional) == 2:
        old, new = (item.const for item in arguments.positional)
        return (
            base.const.replace(old, new)[:MAX_DECODED]
            if isinstance(old, str) and isinstance(new, str) and old
            else UNKNOWN
        )
    return UNKNOWN
